// A plan that stops other services stops others still when it is drilled, and those that are
// stopped for real do not notice.

import Testing

@testable import WatchCore

@Suite struct DrillSpansTests {
    let host = DrillHost()

    private func world() -> World {
        func unit(_ name: String) -> Step {
            var step = Step(
                name: name, action: .unit(name: name, with: World.template("${vars.database}")),
                timeout: .seconds(10))
            step.check = .exec([World.template("/bin/is")], credential())
            return step
        }
        func credential() -> ProgramSettings {
            var settings = ProgramSettings()
            settings.environment = [
                ExecCheck.Variable(name: "DB", value: World.template("${credential:db}"))
            ]
            return settings
        }
        var drill = World.drill
        drill.spans = ["web": "web-drill", "api": "api-drill"]
        var plan = World.drilledPlan(drill)
        plan.spans = ["web", "api"].map {
            Span(service: $0, stop: unit("stop"), start: unit("start"))
        }
        plan.startOrder = ["web", "api"]
        plan.verify.probes = ["health", "web/health"]
        let others = ["web", "api", "web-drill", "api-drill"].map { name in
            var service = World.service(
                name, triggers: [World.trigger("storm", "error_rate(access, 10s) > 25%")])
            service.plan = nil
            return service
        }
        return World.withDrill(host, plan: plan, others: others)
    }

    @Test func theCopiesAreStoppedAndStartedInOrder() {
        let world = world()
        #expect(world.drill().status == .done)
        #expect(world.pass(upTo: 60) { $0.drillStatus?.last != nil })
        #expect(world.drillStatus?.last?.outcome == .passed)
        let titles = world.tasks.map(\.title)
        #expect(
            titles.filter { $0.contains("-drill: ") } == [
                "stop web-drill: stop", "stop api-drill: stop", "start web-drill: start",
                "start api-drill: start",
            ], "\(titles)")
        #expect(!titles.contains { $0.hasPrefix("stop web:") || $0.hasPrefix("stop api:") })
        let stop = world.tasks.first { $0.title == "stop web-drill: stop" }
        #expect(stop?.variables["vars.database"] == "drill_db")
    }

    /// Who is stopped is muted meanwhile, and nobody else.
    @Test func whatIsStoppedForRealIsGuardedMeanwhile() {
        let world = world()
        host.holds = ["method symlink: activate"]
        world.drill()
        #expect(world.pass(upTo: 30) { $0.tasks.last?.title == "method symlink: activate" })
        let pages = world.messages.count
        host.errorRates = ["web": 0.9, "web-drill": 0.9]
        #expect(world.pass(upTo: 60) { $0.incident(of: "web") != nil })
        world.pass(5)
        let told = world.messages.dropFirst(pages).map(\.message)
        #expect(told.contains { $0.service == "web" })
        #expect(!told.contains { $0.service == "web-drill" })
    }

    @Test func theirProbesAreAskedWhetherItHelped() {
        let world = world()
        world.finds = { _, service, _ in
            service == "web-drill" ? .fail("status 500") : .pass
        }
        world.drill()
        #expect(world.pass(upTo: 120) { $0.drillStatus?.last != nil })
        #expect(world.drillStatus?.last?.outcome == .failed)
    }

    @Test func noCredentialOfTheRealOnesIsUsed() {
        let plan = world().configuration.plans[0]
        let checks = (plan.rehearsed(with: plan.drill ?? World.drill).spans ?? [])
            .flatMap { [$0.stop.check, $0.start.check] }
        let secrets = checks.compactMap { $0 }.flatMap(\.templates).flatMap(\.secrets)
        #expect(secrets == Array(repeating: .credential("drill-db"), count: 4))
    }
}
