// A service that the configuration no longer has, by a reload or while watchd was off: nobody looks
// after it any more, so what is open of it ends in a defined way, and people hear of it.

import Testing

@testable import WatchCore

@Suite struct RemovedServiceTests {
    private static let shop = World.service(triggers: [
        World.trigger("storm", "error_rate(access, 10s) > 25%")
    ])
    private static let without = World.configuration(services: [World.service("blog")])

    private func load(_ world: World, _ configuration: Configuration, byReload: Bool) {
        if byReload {
            world.perform(world.engine.reconfigure(to: configuration, at: world.now))
        } else {
            world.engine = Engine(
                configuration: configuration, stored: world.stored, storedBootID: "a",
                bootID: "a", now: world.now)
            world.perform(world.engine.resume(at: world.now))
        }
    }

    private func resolved(_ world: World) -> Int {
        world.messages.count { $0.message.kind == .resolve }
    }

    /// `storm` is breached, nothing may act, and people were told.
    private func paged() -> World {
        let world = World(
            World.configuration(services: [Self.shop, World.service("blog")]), armed: false)
        #expect(world.bakeFirst())
        world.errorRates = ["shop": 0.5]
        #expect(world.pass(upTo: 40) { !$0.pages.isEmpty })
        world.errorRates = [:]
        return world
    }

    /// 2.0.0 is bad; its rollback has come as far as `title`, which does not answer.
    private func rollingBack(_ title: String, plan: Plan) -> World {
        let world = World(
            World.configuration(services: [Self.shop, World.service("blog")], plan: plan))
        world.reads = { world, service, _ in
            World.says(service == "shop" ? world.version : "1.0.0")
        }
        world.answer = { world, task in task.title == title ? nil : world.obey(task) }
        #expect(world.bakeFirst())
        world.version = "2.0.0"
        world.errorRates = ["shop": 0.5]
        #expect(world.pass(upTo: 60) { $0.tasks.last?.title == title })
        return world
    }

    private func shopIncident(_ world: World) -> IncidentRecord? {
        world.engine.openIncidents.first { $0.service == "shop" }
    }

    @Test(arguments: [true, false]) func itsIncidentEndsWithTheResolveMessage(byReload: Bool) {
        let world = paged()
        let id = world.id
        load(world, Self.without, byReload: byReload)
        world.pass(2)
        #expect(world.records[id]?.state == .closed)
        #expect(resolved(world) == 1)
        #expect(world.stored.services["shop"]?.incident == nil)
        // It is no news when watchd starts again, or the service comes back.
        load(world, Self.without, byReload: false)
        load(world, world.configuration, byReload: true)
        world.pass(30)
        #expect(shopIncident(world) == nil)
        #expect(resolved(world) == 1)
    }

    @Test(arguments: [true, false]) func itsBlindIncidentEndsToo(byReload: Bool) {
        let world = World(
            World.configuration(services: [Self.shop, World.service("blog")]), armed: false)
        #expect(world.bakeFirst())
        world.logs = { world, service in
            service == "shop"
                ? StreamBatch(source: .unreadable("permission denied")) : world.batch(50)
        }
        #expect(world.pass(upTo: 320) { !$0.engine.openBlindIncidents.isEmpty })
        load(world, Self.without, byReload: byReload)
        #expect(world.engine.openBlindIncidents.isEmpty)
        #expect(resolved(world) == 1)
    }

    @Test(arguments: [true, false])
    func aRollbackThatHasTouchedNothingIsGivenUp(byReload: Bool) {
        let gate = Gate(
            name: "slow", action: .unit(name: "gate", with: nil), timeout: .minutes(1))
        let world = rollingBack("gate slow", plan: World.plan(gates: [gate]))
        let id = shopIncident(world)?.id ?? ""
        load(world, Self.without, byReload: byReload)
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        world.pass(20)
        #expect(world.methodTasks.isEmpty)
        #expect(world.cancelled.contains(world.tasks[0].id))
        #expect(world.records[id]?.state == .closed)
        #expect(world.records[id]?.rollbacks.last?.state == .aborted)
        #expect(world.stored.services["shop"]?.rollback == nil)
    }

    @Test(arguments: [true, false])
    func aRollbackFinishesTheMethodOfItsStoredPlanAndIsHandedOver(byReload: Bool) {
        let plan = World.plan(
            methods: [
                Method(name: "link", steps: [World.step("drain"), World.step("activate")]),
                Method(name: "redeploy", steps: [World.step("activate")]),
            ], after: [World.step("open")])
        let world = rollingBack("method link: drain", plan: plan)
        let id = shopIncident(world)?.id ?? ""
        load(world, Self.without, byReload: byReload)
        #expect(shopIncident(world)?.state == .rollingBack)
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        world.pass(3)
        #expect(
            Set(world.tasks.map(\.title))
                == ["method link: drain", "method link: activate", "after: open"])
        #expect(shopIncident(world)?.state == .handedOver)
        #expect(shopIncident(world)?.reason == "not-configured")
        let page = world.messages.last { $0.message.kind == .page }?.message
        #expect(page?.title == "shop: rollback handed over to people, not-configured")
        #expect(page?.text.contains("is not configured any more") ?? false)
        #expect(world.stored.services["shop"]?.rollback == nil)
        // It waits for people through a restart, and they can end it.
        load(world, Self.without, byReload: false)
        world.pass(60)
        #expect(shopIncident(world)?.state == .handedOver)
        #expect(world.command(.resolve(incident: id, comment: "it is gone")).status == .done)
        #expect(world.records[id]?.state == .closed)
        #expect(resolved(world) == 1)
    }

    @Test func aRollbackThatIsBeingVerifiedIsHandedOverAtOnce() {
        let world = rollingBack("method symlink: activate", plan: World.plan())
        world.finish(world.tasks[0], world.obey(world.tasks[0]) ?? .init(ending: .cancelled))
        world.pass(2)
        #expect(shopIncident(world)?.state == .verifying)
        load(world, Self.without, byReload: true)
        #expect(shopIncident(world)?.state == .handedOver)
        #expect(shopIncident(world)?.reason == "not-configured")
        #expect(world.methodTasks.count == 1)
    }

    @Test func whatIsHandedOverIsShownAndClosesLikeAnyOther() {
        let world = rollingBack("method symlink: activate", plan: World.plan())
        let id = shopIncident(world)?.id ?? ""
        load(world, Self.without, byReload: true)
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        world.pass(2)
        let daemon = StatusReport.Daemon(
            version: "test", pid: 1, started: world.now.wall, configuration: "",
            stateDirectory: "")
        func shown() -> [String] {
            world.engine.status(daemon: daemon, at: world.now).services.map(\.name)
        }
        #expect(shown() == ["blog", "shop"])
        world.pass(14 * 60)
        world.command(.acknowledge(incident: id, comment: ""))
        #expect(shopIncident(world) != nil)
        #expect(world.pass(upTo: 90) { self.shopIncident($0) == nil })
        #expect(shown() == ["blog"])
    }

    @Test func aServiceThatComesBackInTimeHasItsRollbackVerified() {
        let world = rollingBack("method symlink: activate", plan: World.plan())
        load(world, Self.without, byReload: true)
        load(world, world.configuration, byReload: true)
        world.errorRates = [:]
        world.finish(world.tasks[0], world.obey(world.tasks[0]) ?? .init(ending: .cancelled))
        #expect(world.pass(upTo: 90) { self.shopIncident($0)?.state == .recovered })
        #expect(world.methodTasks.count == 1)
    }

    @Test func anUnconfiguredServiceWithNothingOpenTakesNoCommands() {
        let world = paged()
        load(world, Self.without, byReload: false)
        let reply = world.command(
            .declare(service: "shop", severity: .high, reason: "is it there?"))
        #expect(reply.status == .notFound)
    }
}
