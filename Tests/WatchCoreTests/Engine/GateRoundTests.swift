// Whether a rollback would work tonight is known today: gates are asked dry, and what changes for
// longer than one round is told.

import Testing

@testable import WatchCore

@Suite struct GateRoundTests {
    private static let gates = [
        Gate(
            name: "migration", action: .unit(name: "gate", with: World.template("${to.version}")),
            timeout: .seconds(20)),
        Gate(name: "target", action: .unit(name: "has", with: nil), timeout: .seconds(10)),
    ]

    private func world(gates: [Gate] = gates) -> World {
        let world = World(World.configuration(plan: World.plan(gates: gates)))
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(30)
        return world
    }

    private func plan(_ world: World) -> ServiceStatus.PlanReadiness? {
        world.status?.readiness.plans?.first
    }

    private func lowMessages(_ world: World) -> [Message] {
        world.messages.map(\.message).filter { $0.severity == .low }
    }

    @Test func gatesAreAskedAboutTheReleasesOfNow() {
        let world = world()
        #expect(plan(world)?.asked == nil)
        #expect(plan(world)?.unasked == true)
        world.pass(60)
        #expect(plan(world)?.unasked == nil)
        let asked = world.dryTasks.suffix(2)
        #expect(asked.map(\.title) == ["gate migration", "gate target"])
        #expect(asked.first?.variables["to.version"] == "1.0.0")
        #expect(asked.first?.variables["from.version"] == "2.0.0")
        #expect(plan(world)?.works ?? false)
        #expect(plan(world)?.asked != nil)
        #expect(plan(world)?.text.contains("its gates say go") ?? false)
        #expect(world.tasks.isEmpty)
        #expect(Set(world.dryTasks.map(\.id)).count == world.dryTasks.count)
    }

    /// Nobody would ever say again that it works.
    @Test(arguments: ["another plan", "no plan", "no service"])
    func whatWasToldOfAPlanThatIsGoneIsTakenBack(_ what: String) {
        let world = world()
        world.answerDry = { _, _ in TaskResult(ending: .exited(10)) }
        #expect(world.pass(upTo: 2000) { !$0.kinds("readiness.told").isEmpty })
        var next = world.engine.configuration
        switch what {
        case "another plan":
            var plan = World.plan()
            plan.name = "other"
            next.plans = [plan]
            next.services[0].plan = "other"
        case "no plan": next.services[0].plan = nil
        default: next.services = []
        }
        world.perform(world.engine.reconfigure(to: next, at: world.now))
        world.pass(1300)
        let told = lowMessages(world).filter { $0.dedupKey.contains("readiness") }
        #expect(told.map(\.kind).prefix(1) == [.page])
        #expect(told.last?.kind == .resolve)
        #expect(Set(told.map(\.dedupKey)).count == 1)
    }

    /// A gate may ask the database that the neighbour's rollback is restoring.
    @Test func noFurtherGateIsAskedWhenANeighbourBeginsToRollBackBetweenTwo() {
        let world = World(
            World.configuration(
                services: [World.service(), World.service("api")],
                plan: World.plan(gates: Self.gates)))
        world.answerDry = { _, _ in nil }
        world.answer = { _, _ in nil }
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        #expect(world.pass(upTo: 120) { !$0.dryTasks.filter { $0.service == "api" }.isEmpty })
        guard let asked = world.dryTasks.last(where: { $0.service == "api" }) else { return }
        world.command(
            .rollback(service: "shop", to: nil, reason: "now", dryRun: false, force: false))
        let before = world.dryTasks.count
        world.finish(asked, TaskResult(ending: .exited(0)))
        world.pass(30)
        #expect(world.dryTasks.count == before)
        #expect(!world.tasks.isEmpty)
    }

    /// Data that would be lost is named before anybody approves, not after.
    @Test func whatGatesSaidIsInTheOffer() {
        let restore = Method(
            name: "restore", loses: "what was written since the backup", approve: "cto",
            steps: [World.step("activate")])
        let plan = World.plan(gates: Self.gates, methods: [restore])
        let world = World(World.configuration(plan: plan))
        world.answerDry = { _, task in
            TaskResult(
                ending: .exited(0),
                output: task.title == "gate migration" ? "33 rows since 02:00\n" : "")
        }
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(90)
        world.errorRate = 0.4
        #expect(world.pass(upTo: 60) { $0.incident?.state == .awaitingApproval })
        let page = world.messages.last { $0.message.kind == .page }?.message.text ?? ""
        #expect(page.contains("loses: what was written since the backup"))
        #expect(page.contains("Its gates said: migration: 33 rows since 02:00."))
    }

    @Test func whatGatesSaidInARollbackIsInTheOfferThatFollows() {
        let restore = Method(
            name: "restore", loses: "orders", approve: "cto", steps: [World.step("activate")])
        let plan = World.plan(
            gates: Self.gates,
            methods: [Method(name: "link", steps: [World.step("link")]), restore])
        let world = World(World.configuration(plan: plan))
        world.answer = { _, task in
            TaskResult(
                ending: .exited(0), output: task.title == "gate target" ? "34 rows by now" : "")
        }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 120) { $0.incident?.state == .handedOver })
        let page = world.messages.last { $0.message.kind == .page }?.message.text ?? ""
        #expect(page.contains("Its gates said: target: 34 rows by now."))
    }

    @Test func whatAGatePrintsIsToldInOneLine() {
        let world = world()
        world.answerDry = { _, _ in
            TaskResult(ending: .exited(10), output: "backup is 9 h old\nthe limit is 4 h\n")
        }
        world.pass(60)
        #expect(plan(world)?.text.hasSuffix(": backup is 9 h old; the limit is 4 h") ?? false)
    }

    // MARK: - Values that plans need

    private func needing(_ field: String, loses: String? = nil) -> World {
        let needs = Step(
            name: "promote", action: .unit(name: "promote", with: World.template("${\(field)}")),
            timeout: .seconds(10), idempotent: true)
        var methods = [Method(name: "promote", steps: [needs])]
        if let loses {
            methods[0].loses = loses
            methods.append(Method(name: "link", steps: [World.step("activate")]))
        }
        let world = World(World.configuration(plan: World.plan(methods: methods)))
        // Only what is deployed from now on says which deployment it is.
        world.reads = { world, _, _ in
            .version(
                world.version, commit: nil,
                fields: world.version == "1.0.0" ? [:] : ["deployment": "dpl-\(world.version)"])
        }
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(30)
        return world
    }

    @Test func aFieldThatWasNeverCapturedOfTheKnownGoodReleaseIsKnownBeforehand() {
        let world = needing("to.deployment")
        #expect(plan(world)?.works == false)
        #expect(plan(world)?.reason == "value-missing:to.deployment")
        #expect(plan(world)?.text.contains("step promote needs ${to.deployment}") ?? false)
        #expect(plan(world)?.text.contains("1.0.0") ?? false)
        world.pass(1400)
        #expect(lowMessages(world).map(\.title).contains { $0.contains("value-missing") })
        // The next good release has it.
        #expect(world.pass(upTo: 120) { $0.kinds("release.good").count == 2 })
        world.deploy("3.0.0")
        world.pass(90)
        #expect(plan(world)?.works ?? false)
    }

    @Test func oneOfTheReleaseThatRunsIsThereAndOneMethodThatAsksPeopleIsNotNeeded() {
        #expect(plan(needing("from.deployment"))?.works ?? false)
        #expect(plan(needing("to.deployment", loses: "orders"))?.works ?? false)
    }

    @Test func theyAreAskedEveryTenMinutes() {
        let world = world()
        world.pass(60)
        let before = world.dryTasks.count
        world.pass(600)
        #expect(world.dryTasks.count == before + 2)
    }

    @Test func oneThatForbidsItIsTheReasonAndTheRestIsNotAsked() {
        let world = world()
        world.answerDry = { _, task in
            TaskResult(ending: .exited(task.title == "gate migration" ? 11 : 0), output: "0042")
        }
        world.pass(60)
        #expect(world.dryTasks.last?.title == "gate migration")
        #expect(plan(world)?.works == false)
        #expect(plan(world)?.reason == "gate-blocked:migration")
        #expect(world.status?.readiness.ready == false)
        #expect(world.status?.readiness.reason == "gate-blocked:migration")
        #expect(plan(world)?.text.contains("forward fix: 0042") ?? false)
        // It is no incident of the service.
        #expect(world.incident == nil)
    }

    @Test func oneBadRoundIsNoNewsTwoAreAndTheEndIsToldInTheSamePlaces() {
        let world = world()
        world.answerDry = { _, _ in TaskResult(ending: .exited(12), output: "ask the dba") }
        world.pass(61)
        #expect(lowMessages(world).isEmpty)
        world.pass(600)
        #expect(lowMessages(world).map(\.kind) == [.page])
        #expect(
            lowMessages(world).first?.title
                == "shop: a rollback would not work now, gate-consult:migration")
        #expect(world.messages.last?.channel == "chat")
        world.pass(1800)
        #expect(lowMessages(world).count == 1)
        world.crash()
        world.pass(1800)
        #expect(lowMessages(world).count == 1)
        world.answerDry = { _, _ in TaskResult(ending: .exited(0)) }
        world.pass(1260)
        #expect(lowMessages(world).map(\.kind) == [.page, .resolve])
        #expect(Set(lowMessages(world).map(\.dedupKey)).count == 1)
        world.answerDry = { _, _ in TaskResult(ending: .exited(0)) }
        world.pass(1800)
        #expect(lowMessages(world).count == 2)
    }

    @Test func aGateThatDoesNotAnswerForbidsIt() {
        let world = world()
        world.answerDry = { _, _ in nil }
        #expect(world.pass(upTo: 120) { !$0.dryTasks.isEmpty })
        #expect(plan(world)?.works ?? false)
        world.pass(55)
        #expect(plan(world)?.reason == "gate-blocked:migration")
    }

    @Test func noGateIsAskedWhileARollbackRuns() {
        let world = world()
        world.answer = { _, _ in nil }
        world.errorRate = 0.9
        #expect(world.pass(upTo: 60) { $0.incident?.state == .rollingBack })
        let before = world.dryTasks.count
        world.pass(100)
        #expect(world.state.hasRollback)
        #expect(world.dryTasks.count == before)
    }

    @Test func oneThatIsBeingAskedIsStoppedForARollback() {
        let world = world()
        world.answerDry = { _, _ in nil }
        #expect(world.pass(upTo: 120) { !$0.dryTasks.isEmpty })
        world.answer = { _, _ in nil }
        #expect(
            world.command(
                .rollback(service: "shop", to: nil, reason: "x", dryRun: false, force: false)
            ).status == .done)
        world.pass(1)
        #expect(world.cancelled == world.dryTasks.suffix(1).map(\.id))
    }

    @Test func theFirstReleaseThatBakesIsNoNews() {
        let world = World(World.configuration(plan: World.plan(gates: Self.gates)))
        world.errorRate = 0.1
        world.pass(1500)
        #expect(lowMessages(world).isEmpty)
    }

    @Test func aMaintenanceKeepsItBack() {
        let world = world()
        world.command(
            .maintain(
                QuietRequest(service: "shop", trigger: nil, lasts: .hours(1), reason: "move")))
        world.answerDry = { _, _ in TaskResult(ending: .exited(10)) }
        world.pass(1800)
        #expect(lowMessages(world).isEmpty)
        world.pass(3600)
        #expect(lowMessages(world).map(\.kind) == [.page])
    }

    /// As in the rollback itself: one finds the backup, the next counts what it lacks.
    @Test func whatAGateSavesTheNextOneKnows() {
        var settings = ProgramSettings()
        settings.saves = [JourneyCheck.Saved(name: "backup", source: .pattern("b[0-9]+"))]
        let found = Gate(
            name: "backup", action: .exec([World.template("/usr/lib/find")], settings),
            timeout: .seconds(10))
        let losses = Gate(
            name: "losses",
            action: .exec([World.template("/usr/lib/count"), World.template("${backup}")]),
            timeout: .seconds(10))
        let world = world(gates: [found, losses])
        world.answerDry = { _, task in
            var result = TaskResult(ending: .exited(0), output: "said")
            if task.title == "gate backup" { result.saved = ["backup": "b17", "other": "x"] }
            return result
        }
        world.pass(120)
        let asked = world.dryTasks.filter { $0.title == "gate losses" }
        #expect(asked.last?.variables["backup"] == "b17")
        #expect(asked.last?.variables["other"] == nil)
        #expect(plan(world)?.works ?? false)
    }
}
