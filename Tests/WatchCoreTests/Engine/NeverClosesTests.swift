// What must not keep an incident open for ever, nor leave people without the message that it is
// over: rules and services that are configured no more.

import Testing

@testable import WatchCore

@Suite struct NeverClosesTests {
    private static let storm = World.trigger(
        "storm", "error_rate(access, 5s) > 25%", .critical, .page)
    private static let down = World.trigger("down", "failing(health) > 60%", .critical, .page)

    private func configuration(
        _ triggers: [TriggerConfiguration], more: [String] = []
    ) -> Configuration {
        World.configuration(
            services: [World.service(triggers: triggers)] + more.map { World.service($0) })
    }

    /// `storm` is breached, and people were told.
    private func broken(_ configuration: Configuration) -> World {
        let world = World(configuration)
        #expect(world.bakeFirst())
        world.errorRate = 0.5
        #expect(world.pass(upTo: 40) { !$0.pages.isEmpty })
        world.errorRate = 0
        return world
    }

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

    @Test(arguments: [true, false])
    func aRuleThatIsRemovedEndsItsBreach(byReload: Bool) {
        let world = broken(configuration([Self.storm, Self.down]))
        load(world, configuration([Self.down]), byReload: byReload)
        #expect(world.kinds("trigger.removed").map(\.trigger) == [Self.storm.name])
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        #expect(resolved(world) == 1)
    }

    @Test(arguments: [true, false])
    func aRuleThatBecomesShadowEndsItsBreach(byReload: Bool) {
        let world = broken(configuration([Self.storm, Self.down]))
        var shadow = Self.storm
        shadow.mode = .shadow
        load(world, configuration([shadow, Self.down]), byReload: byReload)
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        #expect(resolved(world) == 1)
    }

    /// What is stored of it belongs to the boot that runs, else an old release would be a suspect.
    @Test func aServiceThatComesBackAfterARebootIsAsOldAsItWas() {
        let all = World.configuration(services: [World.service(), World.service("blog")])
        let world = World(all)
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(30)
        world.now = Moment(
            boot: world.now.boot + .hours(100), wall: world.now.wall + .hours(100))
        world.pass(5)
        let without = World.configuration(services: [World.service("blog")])
        load(world, without, byReload: true)
        world.now = Moment(boot: .seconds(50), wall: world.now.wall + .minutes(1))
        world.engine = Engine(
            configuration: without, stored: world.stored, storedBootID: "a", bootID: "b",
            now: world.now)
        world.perform(world.engine.resume(at: world.now))
        world.perform(
            world.engine.reconfigure(to: all, stored: world.stored.services, at: world.now))
        let age = world.now.boot - (world.state.book.running?.began.boot ?? world.now.boot)
        #expect(age > .hours(100))
        world.errorRate = 0.6
        #expect(world.pass(upTo: 60) { !$0.kinds("decision").isEmpty })
        #expect(world.lastDecision?.reason == "no-release-suspect")
        #expect(world.methodTasks.isEmpty)
    }

    @Test func aServiceThatIsRemovedEndsItsIncident() {
        let world = broken(configuration([Self.storm], more: ["blog"]))
        let id = world.id
        load(world, World.configuration(services: [World.service("blog")]), byReload: true)
        #expect(world.records[id]?.state == .closed)
        #expect(resolved(world) == 1)
        // It is no news when the service comes back.
        load(world, configuration([Self.storm]), byReload: true)
        world.pass(30)
        #expect(world.incident == nil)
        #expect(resolved(world) == 1)
    }

    /// The quarter of an hour of a handed-over incident goes on through a crash.
    @Test func allClearIsCountedThroughACrash() {
        let world = World()
        world.answer = { world, task in
            let result = world.obey(task)
            world.errorRate = 0.4
            return result
        }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 240) { $0.incident?.state == .handedOver })
        world.command(.acknowledge(incident: world.id, comment: ""))
        world.errorRate = 0
        world.pass(10 * 60)
        #expect(world.stored.services["shop"]?.incident?.allClearSince != nil)
    }
}
