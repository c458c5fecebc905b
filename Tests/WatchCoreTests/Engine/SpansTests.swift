// A plan stops other services, works, and starts them again, whatever happens in between. While
// they are down nobody is paged for them and nothing is rolled back because of it.

import Testing

@testable import WatchCore

@Suite struct SpansTests {
    private static func step(_ name: String, check: Bool = false) -> Step {
        Step(
            name: name, action: .unit(name: name, with: nil), timeout: .seconds(10),
            check: check ? .unit(name: "check-\(name)", with: nil) : nil)
    }

    private static func span(_ service: String) -> Span {
        Span(
            service: service, stop: step("stop-\(service)"), start: step("start-\(service)"))
    }

    private static func plan(
        methods: [Method]? = nil, probes: [String] = ["health"], order: [String]? = nil
    ) -> Plan {
        var plan = World.plan(
            before: [step("maintenance-on")], methods: methods, after: [step("maintenance-off")])
        plan.spans = ["web", "api"].map(span)
        plan.startOrder = order
        plan.verify.probes = probes
        return plan
    }

    /// `shop` has the plan; `api` and `web` are stopped by it, and have one of their own.
    private func world(_ plan: Plan = plan()) -> World {
        var own = World.plan(methods: [Method(name: "own", steps: [Self.step("own")])])
        own.name = "own"
        let others = ["api", "web"].map { name in
            var service = World.service(
                name, triggers: [World.trigger("storm", "error_rate(access, 10s) > 25%")])
            service.plan = "own"
            return service
        }
        var configuration = World.configuration(
            services: [World.service()] + others, plan: plan)
        configuration.plans.append(own)
        let world = World(configuration)
        world.errorRates = ["api": 0, "web": 0]
        world.reads = { world, service, _ in
            .version(service == "shop" ? world.version : "1", commit: nil, fields: [:])
        }
        world.finds = { world, service, _ in
            guard service != "shop" else {
                return world.probePasses ? .pass : .fail("status 500")
            }
            return world.errorRates[service] == 0 ? .pass : .fail("connection refused")
        }
        world.answer = Self.answer
        #expect(world.pass(upTo: 120) { $0.kinds("release.good").count == 3 })
        return world
    }

    /// Stops take errors with them, starts end those.
    private static func answer(_ world: World, _ task: StepTask) -> TaskResult? {
        guard case .unit(let name, _) = task.action else { return nil }
        for service in ["api", "web"] {
            if name == "stop-\(service)" { world.errorRates[service] = 1 }
            if name == "start-\(service)" { world.errorRates[service] = 0 }
        }
        return world.obey(task)
    }

    private func titles(_ world: World) -> [String] { world.tasks.map(\.title) }

    private func run(_ world: World) {
        world.deploy("2.0.0", errorRate: 0.9)
        #expect(world.pass(upTo: 60) { !$0.tasks.isEmpty })
    }

    private func record(_ world: World, of service: String) -> IncidentRecord? {
        world.records.values.first { $0.service == service }
    }

    private static let whole = [
        "before: maintenance-on", "stop web: stop-web", "stop api: stop-api",
        "method symlink: activate", "start api: start-api", "start web: start-web",
        "after: maintenance-off",
    ]

    // MARK: - The order

    @Test func theyAreStoppedBeforeTheMethodAndStartedBeforeAfter() {
        let world = world()
        run(world)
        #expect(titles(world) == Self.whole)
        #expect(world.pass(upTo: 90) { $0.kinds("incident.recovered").count == 1 })
        #expect(titles(world) == Self.whole)
    }

    @Test func aDeclaredOrderCounts() {
        let world = world(Self.plan(order: ["web", "api"]))
        run(world)
        #expect(titles(world)[4...5] == ["start web: start-web", "start api: start-api"])
    }

    @Test func aDryRunTellsStopsAndStartsInOrder() {
        let world = world()
        world.deploy("2.0.0")
        world.pass(5)
        let reply = world.command(
            .rollback(service: "shop", to: nil, reason: "", dryRun: true, force: false))
        let lines = reply.plan ?? []
        let parts = lines.filter { $0.hasPrefix("st") || $0.hasPrefix("method symlink") }
        #expect(
            parts.map { String($0.prefix { $0 != ":" }) } == [
                "stop web", "stop api", "method symlink", "start api", "start web",
            ])
    }

    // MARK: - What goes wrong

    @Test func aStopThatFailsKeepsTheMethodFromRunningAndWhatWasStoppedIsStarted() {
        let world = world()
        world.answer = { world, task in
            task.title == "stop api: stop-api"
                ? TaskResult(ending: .exited(1)) : Self.answer(world, task)
        }
        run(world)
        #expect(
            titles(world) == [
                "before: maintenance-on", "stop web: stop-web", "stop api: stop-api",
                "start api: start-api", "start web: start-web", "after: maintenance-off",
            ])
        #expect(record(world, of: "shop")?.state == .handedOver)
        #expect(record(world, of: "shop")?.reason == "before-failed")
        #expect(
            record(world, of: "shop")?.rollbacks.last?.note?.contains("api could not be stopped")
                ?? false)
    }

    @Test func whatWasNeverStoppedIsNotStarted() {
        let world = world()
        world.answer = { world, task in
            task.title == "stop web: stop-web"
                ? TaskResult(ending: .exited(1)) : Self.answer(world, task)
        }
        run(world)
        #expect(titles(world).suffix(2) == ["start web: start-web", "after: maintenance-off"])
        #expect(!titles(world).contains("start api: start-api"))
    }

    @Test func aStopThatMayFailIsGoneOnAfter() {
        var plan = Self.plan()
        plan.spans?[0].stop.onFailure = .continue
        let world = world(plan)
        world.answer = { world, task in
            task.title == "stop web: stop-web"
                ? TaskResult(ending: .exited(1)) : Self.answer(world, task)
        }
        run(world)
        #expect(titles(world) == Self.whole)
    }

    @Test func aStartThatFailsKeepsNoOtherFromBeingTried() {
        let world = world()
        world.answer = { world, task in
            task.title == "start api: start-api"
                ? TaskResult(ending: .exited(1)) : Self.answer(world, task)
        }
        run(world)
        #expect(titles(world) == Self.whole)
        #expect(world.kinds("after.failed").count == 1)
    }

    @Test func anAbortInTheMiddleOfTheStopsStartsWhatWasStopped() {
        let world = world()
        world.answer = { world, task in
            task.title == "stop api: stop-api" ? nil : Self.answer(world, task)
        }
        run(world)
        let hung = world.tasks.last
        #expect(hung?.title == "stop api: stop-api")
        world.command(.abort(rollback: hung?.rollback ?? "", reason: "no"))
        world.answer = Self.answer
        if let hung { world.finish(hung, TaskResult(ending: .cancelled)) }
        #expect(
            titles(world).suffix(3) == [
                "start api: start-api", "start web: start-web", "after: maintenance-off",
            ])
        #expect(!titles(world).contains { $0.hasPrefix("method") })
    }

    @Test(arguments: [
        "stop web: stop-web", "stop api: stop-api", "method symlink: activate",
        "start api: start-api", "start web: start-web", "after: maintenance-off",
    ])
    func aCrashAtAnyStepStartsThemInTheEnd(title: String) {
        let world = world()
        world.answer = { world, task in
            task.title == title ? nil : Self.answer(world, task)
        }
        run(world)
        #expect(world.tasks.last?.title == title)
        let before = world.tasks.count
        // What became of it nobody knows: it is no step that may be run twice.
        world.answer = { world, task in
            task.title == title
                ? TaskResult(ending: .unknown("the host went down")) : Self.answer(world, task)
        }
        world.crash(sameBoot: false)
        #expect(world.pass(upTo: 400) { $0.state.rollback == nil })
        let names = titles(world)
        #expect(names.filter { $0 == title }.count <= 2)
        #expect(names.dropFirst(before).filter { $0 == title }.count <= 1)
        let stopped = names.contains("stop api: stop-api")
        #expect(names.contains("start web: start-web"))
        #expect(names.contains("start api: start-api") == stopped)
        #expect(names.last == "after: maintenance-off")
    }

    @Test func theNextMethodFindsThemStoppedToo() {
        let methods = [
            Method(name: "first", steps: [Self.step("nothing")]),
            Method(name: "second", steps: [World.step("activate")]),
        ]
        let world = world(Self.plan(methods: methods))
        run(world)
        #expect(world.pass(upTo: 60) { $0.methodTasks.count == 2 })
        let names = titles(world)
        #expect(
            names.suffix(6) == [
                "stop web: stop-web", "stop api: stop-api", "method second: activate",
                "start api: start-api", "start web: start-web", "after: maintenance-off",
            ])
        #expect(names.filter { $0 == "before: maintenance-on" }.count == 1)
        #expect(Set(world.tasks.map(\.id)).count == world.tasks.count)
    }

    // MARK: - The services meanwhile

    /// The method takes `seconds`; then all goes on.
    private func holdMethod(_ world: World, _ seconds: Int) {
        world.answer = { world, task in
            task.title == "method symlink: activate" ? nil : Self.answer(world, task)
        }
        run(world)
        world.pass(seconds)
        world.answer = Self.answer
        guard let task = world.tasks.last, let result = Self.answer(world, task) else { return }
        world.finish(task, result)
    }

    @Test func nobodyIsPagedForThemAndNothingIsRolledBackBecauseOfIt() {
        let world = world()
        holdMethod(world, 40)
        // It was seen and recorded.
        #expect(record(world, of: "api") != nil)
        #expect((record(world, of: "api")?.muted ?? 0) > 0)
        #expect(record(world, of: "api")?.mutedBy?.hasPrefix("stopped-by:shop-") ?? false)
        #expect(world.pass(upTo: 400) { $0.records.values.allSatisfy { $0.state == .closed } })
        #expect(world.messages.allSatisfy { $0.message.service == "shop" })
        #expect(world.tasks.allSatisfy { $0.service == "shop" })
        #expect(world.kinds("span.began").count == 2)
        #expect(world.kinds("span.ended").count == 2)
    }

    @Test func evenASuspectOneIsNotRolledBackWhileItIsDown() {
        let world = world()
        world.reads = { world, service, _ in
            .version(service == "shop" ? world.version : "2", commit: nil, fields: [:])
        }
        world.pass(10)
        holdMethod(world, 40)
        #expect(record(world, of: "api")?.reason == "busy")
        #expect(world.pass(upTo: 400) { $0.records.values.allSatisfy { $0.state == .closed } })
        #expect(world.tasks.allSatisfy { $0.service == "shop" })
    }

    @Test func oneThatDoesNotComeBackIsPagedWhenItWasJudgedAnew() {
        let world = world()
        world.answer = { world, task in
            let result = Self.answer(world, task)
            if task.title == "start api: start-api" { world.errorRates["api"] = 1 }
            return result
        }
        run(world)
        let isTold = { (world: World) in
            world.messages.contains { $0.message.service == "api" }
        }
        #expect(world.pass(upTo: 300, until: isTold))
        let page = world.messages.first { $0.message.service == "api" }?.message
        #expect(page?.kind == .page)
        let ended = world.kinds("span.ended").last?.time
        #expect((page?.time ?? .seconds(0)) >= (ended ?? .seconds(0)))
    }

    @Test func aPersonMayNotRollBackWhatIsStopped() {
        let world = world()
        world.answer = { world, task in
            task.title == "stop api: stop-api" ? nil : Self.answer(world, task)
        }
        run(world)
        let reply = world.command(
            .rollback(service: "api", to: "0", reason: "", dryRun: false, force: true))
        #expect(reply.status == .refused)
        #expect(reply.reason == "busy")
    }

    @Test func nothingBeginsWhileOneOfThemIsRolledBackItself() {
        let world = world()
        world.answer = { world, task in task.service == "api" ? nil : Self.answer(world, task) }
        world.command(.rollback(service: "api", to: "0", reason: "", dryRun: false, force: true))
        world.deploy("2.0.0", errorRate: 0.9)
        #expect(world.pass(upTo: 60) { $0.lastDecision?.service == "shop" })
        #expect(world.lastDecision?.reason == "busy")
        world.pass(20)
        #expect(world.kinds("decision").filter { $0.service == "shop" }.count == 1)
        let byHand = world.command(
            .rollback(service: "shop", to: nil, reason: "", dryRun: false, force: true))
        #expect(byHand.reason == "busy")
        #expect(world.tasks.allSatisfy { $0.service == "api" })
    }

    @Test func theirProbesAreAskedByVerification() {
        let world = world(Self.plan(probes: ["health", "api/health"]))
        world.answer = { world, task in
            let result = Self.answer(world, task)
            if task.title == "start api: start-api" { world.errorRates["api"] = 1 }
            return result
        }
        run(world)
        world.pass(30)
        #expect(world.state.rollback != nil)
        world.errorRates["api"] = 0
        #expect(world.pass(upTo: 60) { $0.kinds("incident.recovered").count == 1 })
    }
}
