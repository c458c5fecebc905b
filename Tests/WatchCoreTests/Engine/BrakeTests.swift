// The host-wide brake: one automatic rollback at a time, and none for a common cause.

import Testing

@testable import WatchCore

@Suite struct BrakeTests {
    /// Two services with 1.0.0 good; each has its own error rate and version.
    private final class Host {
        var errorRates: [String: Double] = [:]
        var versions: [String: String] = [:]
    }

    private func world(
        _ host: Host, shop: ServiceConfiguration = World.service("shop"),
        blog: ServiceConfiguration = World.service("blog"), more: [ServiceConfiguration] = [],
        answer: ((World, StepTask) -> TaskResult?)? = nil
    ) -> World {
        let world = World(World.configuration(services: [shop, blog] + more))
        world.logs = { world, service in
            world.batch(50, errors: Int(50 * (host.errorRates[service] ?? 0)))
        }
        world.reads = { _, service, _ in World.says(host.versions[service] ?? "1.0.0") }
        world.answer =
            answer ?? { _, task in
                if task.title.hasPrefix("method") {
                    host.versions[task.service] = task.variables["to.version"]
                    host.errorRates[task.service] = 0
                }
                return TaskResult(ending: .exited(0))
            }
        #expect(world.pass(upTo: 120) { $0.kinds("release.good").count == 2 + more.count })
        return world
    }

    private func breaks(_ host: Host, _ service: String, _ version: String = "2.0.0") {
        host.versions[service] = version
        host.errorRates[service] = 0.4
    }

    private func incident(_ world: World, _ service: String) -> IncidentRecord? {
        world.engine.openIncidents.first { $0.service == service }
    }

    @Test func oneAutomaticRollbackAtATimeTheNextWaits() {
        let host = Host()
        let world = world(host) { _, task in
            task.service == "shop" ? nil : .init(ending: .exited(0))
        }
        breaks(host, "shop")
        #expect(world.pass(upTo: 30) { !$0.tasks.isEmpty })
        world.pass(70)
        breaks(host, "blog")
        #expect(world.pass(upTo: 30) { self.incident($0, "blog")?.reason == "busy" })
        world.pass(30)
        #expect(world.tasks.allSatisfy { $0.service == "shop" })
        // The first one ends; what waited is decided anew.
        host.versions["shop"] = "1.0.0"
        host.errorRates["shop"] = 0
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        #expect(world.pass(upTo: 90) { $0.tasks.contains { $0.service == "blog" } })
        #expect(
            world.kinds("decision").filter { $0.service == "blog" }.map(\.reason)
                == ["busy", "trigger:storm"])
    }

    @Test func whatWaitsForTheBrakeAndWasDeniedIsNotDone() {
        let host = Host()
        let world = world(host) { _, task in
            task.service == "shop" ? nil : .init(ending: .exited(0))
        }
        breaks(host, "shop")
        #expect(world.pass(upTo: 30) { !$0.tasks.isEmpty })
        world.pass(70)
        breaks(host, "blog")
        #expect(world.pass(upTo: 30) { self.incident($0, "blog")?.reason == "busy" })
        world.command(.deny(incident: incident(world, "blog")?.id ?? "", comment: "no"))
        host.versions["shop"] = "1.0.0"
        host.errorRates["shop"] = 0
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        world.pass(120)
        #expect(world.tasks.allSatisfy { $0.service == "shop" })
    }

    @Test func servicesThatBreakWithinAMinuteHaveACommonCause() {
        let host = Host()
        let world = world(host) { _, _ in nil }
        breaks(host, "shop")
        #expect(world.pass(upTo: 30) { self.incident($0, "shop") != nil })
        world.pass(30)
        breaks(host, "blog")
        #expect(world.pass(upTo: 30) { self.incident($0, "blog")?.reason == "common-cause" })
    }

    /// The first one is still under way: what breaks a minute later only has to wait for it.
    @Test(arguments: [(59, "common-cause"), (60, "busy")])
    func aMinuteIsTheEdgeOfACommonCause(_ apart: Int, _ reason: String) {
        let host = Host()
        let world = world(host) { _, _ in nil }
        breaks(host, "shop")
        world.pass(apart)
        breaks(host, "blog")
        #expect(world.pass(upTo: 30) { self.incident($0, "blog") != nil })
        let began = ["shop", "blog"].compactMap { incident(world, $0)?.breaches.first?.began }
        #expect(began.count == 2 && began[1] - began[0] == .seconds(Double(apart)))
        #expect(incident(world, "blog")?.reason == reason)
    }

    @Test func servicesThatBreakMoreThanAMinuteApartHaveNone() {
        let host = Host()
        let world = world(host)
        breaks(host, "shop")
        #expect(world.pass(upTo: 60) { self.incident($0, "shop")?.state == .recovered })
        world.pass(61)
        breaks(host, "blog")
        #expect(world.pass(upTo: 60) { self.incident($0, "blog")?.state == .recovered })
    }

    @Test func aBreachThatHasClearedWithinTheMinuteCounts() {
        let host = Host()
        let world = world(host)
        // No release is blamed for the first one.
        host.errorRates["blog"] = 0.4
        #expect(world.pass(upTo: 30) { self.incident($0, "blog") != nil })
        host.errorRates["blog"] = 0
        #expect(world.pass(upTo: 40) { self.incident($0, "blog")?.state == .cleared })
        breaks(host, "shop")
        #expect(world.pass(upTo: 30) { self.incident($0, "shop") != nil })
        #expect(incident(world, "shop")?.reason == "common-cause")
    }

    @Test(arguments: [true, false])
    func aBreachThatHasClearedCountsThroughARestart(sameBoot: Bool) {
        let host = Host()
        var quick = World.service("blog")
        for index in quick.triggers.indices { quick.triggers[index].judgement.clearFor = .zero }
        let world = world(host, blog: quick)
        host.errorRates["blog"] = 0.4
        #expect(world.pass(upTo: 30) { self.incident($0, "blog") != nil })
        host.errorRates["blog"] = 0
        #expect(world.pass(upTo: 40) { self.incident($0, "blog")?.state == .cleared })
        world.restart(sameBoot: sameBoot)
        breaks(host, "shop")
        #expect(world.pass(upTo: 30) { self.incident($0, "shop") != nil })
        #expect(incident(world, "shop")?.reason == "common-cause")
    }

    @Test func aCommonCauseIsAskedForAgainBeforeTheFirstStep() {
        let gate = Gate(
            name: "migration", action: .unit(name: "gate", with: nil), timeout: .minutes(2))
        let host = Host()
        let gated = World.plan(gates: [gate])
        let world = World(
            World.configuration(
                services: [World.service("shop"), World.service("blog")], plan: gated))
        world.logs = { world, service in
            world.batch(50, errors: Int(50 * (host.errorRates[service] ?? 0)))
        }
        world.reads = { _, service, _ in World.says(host.versions[service] ?? "1.0.0") }
        world.answer = { _, _ in nil }
        #expect(world.pass(upTo: 120) { $0.kinds("release.good").count == 2 })
        breaks(host, "shop")
        #expect(world.pass(upTo: 30) { !$0.tasks.isEmpty })
        breaks(host, "blog")
        #expect(world.pass(upTo: 30) { self.incident($0, "blog") != nil })
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        world.pass(3)
        #expect(incident(world, "shop")?.reason == "common-cause")
        #expect(world.methodTasks.isEmpty)
    }

    @Test(arguments: [true, false])
    func whereOneDependsOnTheOtherThereIsNoCommonCause(_ isDirect: Bool) {
        let host = Host()
        var shop = World.service("shop")
        var api = World.service("api")
        shop.dependsOn = [isDirect ? "blog" : "api"]
        api.dependsOn = ["blog"]
        let world = world(host, shop: shop, more: isDirect ? [] : [api])
        breaks(host, "blog")
        host.errorRates["shop"] = 0.4
        #expect(world.pass(upTo: 90) { self.incident($0, "blog")?.state == .recovered })
        #expect(!world.kinds("decision").contains { $0.reason == "common-cause" })
    }

    @Test func aCommonAnnouncedDeploymentIsNoCommonCause() {
        let host = Host()
        let world = world(host)
        for service in ["shop", "blog"] {
            world.command(
                .announce(
                    service: service, release: ReleaseIdentity(version: "2.0.0"), fields: [:]))
            breaks(host, service)
        }
        #expect(
            world.pass(upTo: 200) { world in
                world.kinds("incident.recovered").count == 2
            })
        #expect(world.kinds("decision").contains { $0.reason == "busy" })
        #expect(!world.kinds("decision").contains { $0.reason == "common-cause" })
    }

    @Test func aBreachOfSeverityHighIsGraveEnough() {
        let host = Host()
        let high = World.trigger("storm", "error_rate(access, 10s) > 25%", .high, .page)
        let world = world(host, blog: World.service("blog", triggers: [high]))
        host.errorRates["blog"] = 0.4
        #expect(world.pass(upTo: 60) { self.incident($0, "blog") != nil })
        breaks(host, "shop")
        #expect(world.pass(upTo: 60) { self.incident($0, "shop") != nil })
        #expect(incident(world, "shop")?.reason == "common-cause")
    }

    @Test(arguments: [TriggerConfiguration.Mode.page, .shadow])
    func onlyBreachesOfHighOrCriticalCountAndShadowNever(_ mode: TriggerConfiguration.Mode) {
        let host = Host()
        let severity: Severity = mode == .shadow ? .critical : .medium
        let mild = World.trigger("storm", "error_rate(access, 10s) > 25%", severity, mode)
        let down = World.trigger("down", "failing(health) > 60%")
        let world = world(host, blog: World.service("blog", triggers: [mild, down]))
        host.errorRates["blog"] = 0.4
        breaks(host, "shop")
        #expect(world.pass(upTo: 60) { self.incident($0, "shop")?.state == .recovered })
    }

    @Test func shadowSaysThatACommonCauseWouldHaveKeptItFromActing() {
        let host = Host()
        let storm = World.trigger("storm", "error_rate(access, 10s) > 25%", .critical, .shadow)
        let world = world(host, blog: World.service("blog", triggers: [storm]))
        breaks(host, "shop")
        #expect(world.pass(upTo: 30) { self.incident($0, "shop") != nil })
        breaks(host, "blog")
        #expect(world.pass(upTo: 30) { !$0.kinds("would-have-acted").isEmpty })
        #expect(world.kinds("would-have-acted").map(\.reason) == ["shadow:page"])
    }

    @Test func aRollbackThatPeopleApprovedDoesNotHoldTheBrake() {
        let host = Host()
        let storm = World.trigger("storm", "error_rate(access, 10s) > 25%", .critical, .page)
        let world = world(host, shop: World.service("shop", triggers: [storm])) { _, _ in nil }
        breaks(host, "shop")
        #expect(world.pass(upTo: 30) { self.incident($0, "shop") != nil })
        world.command(
            .approve(incident: incident(world, "shop")?.id ?? "", method: nil, comment: ""))
        world.pass(70)
        breaks(host, "blog")
        #expect(world.pass(upTo: 30) { self.incident($0, "blog")?.state == .rollingBack })
    }
}
