// DESIGN "Verification", sentence by sentence: landed, cured, and what follows when not.

import Testing

@testable import WatchCore

@Suite struct VerificationTests {
    private func world(
        _ plan: Plan = World.plan(), service: ServiceConfiguration = World.service(),
        limits: Limits = Limits(maxRollbacks: 2, per: .hours(24), cooldown: .minutes(30)),
        answer: @escaping (World, StepTask) -> TaskResult? = { $0.obey($1) }
    ) -> World {
        let world = World(
            World.configuration(services: [service], plan: plan, limits: limits))
        world.answer = answer
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        return world
    }

    /// Two sources: a link and an endpoint.
    private var twoSources: ServiceConfiguration {
        World.service(version: [World.source("/link"), World.source("/endpoint")])
    }

    // MARK: - Landed

    @Test func aLinkJustSetProvesNothingWhileTheEndpointStillNamesFrom() {
        let world = world(service: twoSources)
        var endpoint = "2.0.0"
        world.reads = { world, _, source in World.says(source == 0 ? world.version : endpoint) }
        #expect(world.pass(upTo: 60) { $0.kinds("verify.landing").count == 1 })
        world.pass(8)
        #expect(world.kinds("verify.landed").isEmpty)
        endpoint = "1.0.0"
        world.pass(4)
        #expect(world.kinds("verify.landed").count == 1)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }

    @Test func aSourceThatDoesNotAnswerIsNotWaitedFor() {
        let world = world(service: twoSources)
        world.reads = { world, _, source in source == 0 ? World.says(world.version) : World.silent }
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }

    @Test func noSourceThatAnswersIsNotLanded() {
        let world = world { world, task in
            world.sourceAnswers = false
            return world.obey(task)
        }
        #expect(world.pass(upTo: 60) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "not-landed")
        #expect(world.methodTasks.count == 2)
    }

    @Test func aSourceThatDisagreedBeforeTheRollbackIsLeftOut() {
        let world = world(service: twoSources)
        world.reads = { world, _, source in World.says(source == 0 ? world.version : "0.9.0") }
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
    }

    @Test func anAnnouncementIsNoProofOfLanding() {
        let world = world { world, task in
            TaskResult(ending: .exited(0))
        }
        #expect(world.pass(upTo: 60) { !$0.kinds("verify.landing").isEmpty })
        world.announce("1.0.0")
        world.pass(5)
        #expect(world.kinds("verify.landed").isEmpty)
    }

    @Test func aContraryReadLaterTakesLandedBack() {
        var plan = World.plan()
        plan.verify.landWithin = .seconds(30)
        let world = world(plan)
        #expect(world.pass(upTo: 60) { !$0.kinds("verify.landed").isEmpty })
        world.pass(reading: "2.0.0")
        #expect(world.kinds("verify.not-landed").count == 1)
        // Two releases answer in turn, so landing takes 10 equal reads.
        world.version = "1.0.0"
        world.pass(12)
        #expect(world.kinds("verify.landed").count == 2)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }

    @Test func whatLandsAndIsGoneAgainAndAgainIsNotLanded() {
        let world = world()
        #expect(world.pass(upTo: 60) { !$0.methodTasks.isEmpty })
        for _ in 0..<60 where world.methodTasks.count == 1 {
            world.pass(reading: "1.0.0", "1.0.0", "1.0.0", "2.0.0")
        }
        #expect(world.methodTasks.count == 2)
        #expect(world.kinds("verify.landed").count <= 4)
    }

    @Test func landedMustBeSeenWithinItsTime() {
        let plan = World.plan(methods: [Method(name: "symlink", steps: [World.step("nothing")])])
        let world = world(plan)
        #expect(world.pass(upTo: 60) { !$0.kinds("verify.landing").isEmpty })
        let began = world.now
        #expect(world.pass(upTo: 60) { $0.incident?.state == .handedOver })
        #expect(world.now.boot - began.boot >= plan.verify.landWithin)
        #expect(world.now.boot - began.boot <= plan.verify.landWithin + .seconds(2))
    }

    // MARK: - The method's own check

    private func checked(_ changes: Method.Changes? = nil) -> Plan {
        var method = Method(name: "switch off", steps: [World.step("flag")])
        method.check = .unit(name: "is-off", with: nil)
        method.changes = changes
        return World.plan(methods: [method])
    }

    @Test func aFlagLandsWhenItsCheckPasses() {
        var checks = 0
        let world = world(checked(.flag)) { world, task in
            guard case .unit("is-off", _) = task.action else {
                world.errorRate = 0
                return TaskResult(ending: .exited(0))
            }
            checks += 1
            return TaskResult(ending: .exited(checks < 3 ? 1 : 0))
        }
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(checks == 3)
        #expect(world.version == "2.0.0")
        // The release that ran runs still, and was not rolled back from.
        #expect(world.state.book.running?.release.version == "2.0.0")
        #expect(world.state.book.release(version: "2.0.0")?.standing == .baking)
        // Asked again and again, it is one line of the record.
        let titles = world.incident?.rollbacks.last?.steps.map(\.title) ?? []
        #expect(titles == ["method switch off: flag", "check of method switch off"])
    }

    @Test func aFlagWhoseCheckNeverPassesHasNotLanded() {
        let world = world(checked(.flag)) { _, task in
            if case .unit("is-off", _) = task.action { return TaskResult(ending: .exited(1)) }
            return TaskResult(ending: .exited(0))
        }
        #expect(world.pass(upTo: 60) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "not-landed")
    }

    @Test func theCheckStandsInWhereNoSourceIsLeft() {
        let world = world(checked()) { world, task in
            if case .unit("flag", _) = task.action {
                world.version = "1.0.0"
                world.errorRate = 0
                world.sourceAnswers = false
            }
            return TaskResult(ending: .exited(0))
        }
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.state.book.running?.release.version == "1.0.0")
    }

    @Test func aSourceThatContradictsTheCheckIsBelieved() {
        let world = world(checked()) { _, _ in TaskResult(ending: .exited(0)) }
        #expect(world.pass(upTo: 60) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "not-landed")
    }

    @Test func aCheckOfWhichNothingIsKnownIsAskedAgain() {
        var isFirst = true
        let world = world(checked(.flag)) { world, task in
            guard case .unit("is-off", _) = task.action else {
                world.errorRate = 0
                return TaskResult(ending: .exited(0))
            }
            defer { isFirst = false }
            return TaskResult(ending: isFirst ? .unknown("reboot") : .exited(0))
        }
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }

    // MARK: - Cured

    @Test func settlingLastsUntilTheProbesPassSoASlowBootIsNoFailure() {
        let world = world { world, task in
            let result = world.obey(task)
            world.probePasses = false
            return result
        }
        #expect(world.pass(upTo: 60) { !$0.kinds("verify.landed").isEmpty })
        world.pass(30)
        #expect(world.kinds("verify.settled").isEmpty)
        #expect(world.incident?.state == .verifying)
        world.probePasses = true
        #expect(world.pass(upTo: 30) { $0.incident?.state == .recovered })
    }

    @Test func probesThatNeverPassAreNotCured() {
        let world = world { world, task in
            let result = world.obey(task)
            world.probePasses = false
            return result
        }
        #expect(world.pass(upTo: 120) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "not-the-release")
    }

    @Test func samplesBeforeTheEndOfTheSettlingDoNotCount() {
        var plan = World.plan()
        plan.verify.settle = .seconds(6)
        let world = world(plan) { world, task in
            world.version = "1.0.0"
            world.errorRate = 0.9
            return TaskResult(ending: .exited(0))
        }
        #expect(world.pass(upTo: 60) { !$0.kinds("verify.landed").isEmpty })
        world.pass(5)
        // The 502s of the restart end with the settling.
        world.errorRate = 0
        #expect(world.pass(upTo: 20) { $0.incident?.state == .recovered })
    }

    @Test func everyTriggerOfTheIncidentMustBeFalseAlsoThoseThatJoinedMeanwhile() {
        var service = World.service()
        service.triggers.append(
            World.trigger("busy", "rate(access, 5s) > 100", .low, .page))
        let world = world(service: service)
        #expect(world.pass(upTo: 60) { !$0.methodTasks.isEmpty })
        world.requestsPerSecond = 200
        #expect(world.pass(upTo: 90) { $0.incident?.state == .handedOver })
        #expect(world.incident?.breaches.contains { $0.trigger == "busy" } ?? false)
        #expect(world.incident?.rollbacks.last?.note?.contains("busy") ?? false)
    }

    @Test func whatWasNeverTrueSinceButIsUnknownIsNamedAndDoesNotFailIt() {
        let world = world { world, task in
            let result = world.obey(task)
            // Traffic goes to zero: the ratio cannot be known.
            world.requestsPerSecond = 0
            return result
        }
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        let unconfirmed = world.incident?.unconfirmed ?? []
        #expect(unconfirmed == ["storm", "error_rate(access, 5s) < 1%"])
        #expect(
            world.kinds("incident.recovered").last?.text.contains("(unconfirmed: storm") ?? false)
    }

    @Test func whatWasTrueAndIsFalseForLongDoesNotFailItEither() {
        var service = World.service()
        service.triggers.append(World.trigger("busy", "rate(access, 5s) > 100", .low, .page))
        let world = world(service: service)
        #expect(world.pass(upTo: 60) { !$0.methodTasks.isEmpty })
        world.requestsPerSecond = 200
        #expect(world.pass(upTo: 60) { !$0.kinds("verify.settled").isEmpty })
        world.pass(6)
        #expect(world.verdict("busy") == .breached)
        world.requestsPerSecond = 0
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        #expect(world.incident?.unconfirmed == ["storm", "error_rate(access, 5s) < 1%"])
    }

    @Test func whatIsFalseTooBrieflyAtTheTimeOutIsNamedToo() {
        var plan = World.plan()
        plan.verify.clearFor = .seconds(30)
        plan.verify.timeout = .seconds(31)
        let world = world(plan)
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        #expect(world.incident?.unconfirmed.isEmpty == false)
    }

    @Test func whatWasTrueOnceMoreAndIsNotClearLongEnoughFailsIt() {
        var plan = World.plan()
        plan.verify.clearFor = .seconds(20)
        plan.verify.timeout = .seconds(40)
        let world = world(plan)
        #expect(world.pass(upTo: 60) { !$0.kinds("verify.settled").isEmpty })
        world.pass(8)
        world.errorRate = 0.5
        world.pass(6)
        world.errorRate = 0
        #expect(world.pass(upTo: 60) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "not-the-release")
    }

    // MARK: - What follows

    @Test func landedInVainEndsTheQuarantine() {
        let world = world { world, task in
            let result = world.obey(task)
            world.errorRate = 0.4
            return result
        }
        #expect(world.pass(upTo: 180) { $0.incident?.state == .handedOver })
        let from = ReleaseIdentity(version: "2.0.0")
        #expect(!(world.engine.services["shop"]?.isQuarantined(from) ?? true))
    }

    @Test(arguments: ["success", "failure", "restart"])
    func afterRunsAlwaysAndBeforeVerification(_ how: String) {
        let world = world(World.plan(after: [World.step("open")])) { world, task in
            if task.title.hasPrefix("after") { return TaskResult(ending: .exited(0)) }
            switch how {
            case "failure": return TaskResult(ending: .exited(1))
            case "restart": return nil
            default: return world.obey(task)
            }
        }
        #expect(world.pass(upTo: 60) { !$0.methodTasks.isEmpty })
        if how == "restart" {
            world.crash()
            world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        }
        world.pass(2)
        #expect(world.tasks.contains { $0.title == "after: open" })
        let after = world.events.firstIndex { $0.text == "after: open" }
        let landing = world.events.firstIndex { $0.kind == "verify.landing" }
        #expect((after ?? .max) < (landing ?? .min))
    }

    @Test func beforeALaterMethodAThirdReleaseEndsIt() {
        let world = world { world, task in
            if task.title.contains("redeploy") { return world.obey(task) }
            return TaskResult(ending: .exited(0))
        }
        #expect(world.pass(upTo: 60) { !$0.kinds("verify.landing").isEmpty })
        world.pass(8)
        // Read once, and not often enough to be a deployment.
        world.version = "2.0.1"
        world.pass(2)
        #expect(world.methodTasks.count == 1)
        #expect(world.incident?.state == .handedOver)
        #expect(world.incident?.reason == "release-changed")
    }

    @Test func theBudgetEndsItBeforeTheNextMethod() {
        var plan = World.plan(after: [World.step("open")])
        plan.budget = .seconds(5)
        let world = world(plan) { _, _ in TaskResult(ending: .exited(0)) }
        #expect(world.pass(upTo: 60) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "budget")
        #expect(world.methodTasks.count == 1)
        // Nothing was run since it was.
        #expect(world.tasks.filter { $0.title == "after: open" }.count == 1)
    }

    @Test func whenTheTargetRunsAlreadyItGoesStraightToVerification() {
        let gate = Gate(
            name: "migration", action: .unit(name: "gate", with: nil), timeout: .seconds(5))
        let world = world(World.plan(gates: [gate])) { _, _ in nil }
        #expect(world.pass(upTo: 30) { $0.tasks.count == 1 })
        world.pass(10)
        // Somebody was faster.
        world.deploy("1.0.0")
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.methodTasks.isEmpty)
        #expect(world.kinds("verify.early").count == 1)
    }

    @Test func aPersonIsShownTheReleaseThatRunsNowAndTheGatesAreAskedAgain() {
        let gate = Gate(
            name: "migration", action: .unit(name: "gate", with: nil), timeout: .seconds(5))
        let world = World(World.configuration(plan: World.plan(gates: [gate])))
        world.answer = { _, _ in nil }
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(5)
        world.command(.rollback(service: "shop", to: nil, reason: "", dryRun: false, force: false))
        world.deploy("2.0.1")
        world.answer = { $0.obey($1) }
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.kinds("rollback.from-changed").count == 1)
        #expect(world.tasks.filter { $0.title.hasPrefix("gate") }.count == 2)
        #expect(world.tasks[1].variables["from.version"] == "2.0.1")
        #expect(world.state.book.release(version: "2.0.1")?.standing == .bad)
        #expect(world.state.book.release(version: "2.0.0")?.standing == .baking)
    }
}
