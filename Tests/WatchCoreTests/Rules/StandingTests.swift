// DESIGN §5 "Standing" and what "Readiness" says of releases, sentence by sentence.

import Testing

@testable import WatchCore

@Suite struct StandingTests {
    private static let storm = World.trigger("storm", "error_rate(access, 10s) > 25%")

    private func world(_ triggers: TriggerConfiguration...) -> World {
        World(World.configuration(services: [World.service(triggers: triggers)]))
    }

    private func baked(_ world: World, _ version: String = "1.0.0") -> Duration {
        world.state.book.release(version: version)?.baked ?? .zero
    }

    @Test func aReleaseBecomesGoodAfterSoMuchEvidence() {
        let world = world(Self.storm)
        #expect(world.pass(upTo: 60) { $0.standing("1.0.0") == .good })
        // Healthy five seconds after its first read, and from then on for twenty.
        #expect(world.now.boot == .seconds(10_000 + 1 + 5 + 20))
        #expect(world.kinds("release.good").count == 1)
    }

    @Test func timeInWhichNoGraveTriggerIsHealthyDoesNotCount() {
        let world = world(
            Self.storm, World.trigger("mild", "count(access, 5s) > 1000000", .medium))
        world.requestsPerSecond = 1
        world.pass(60)
        // Too few requests to judge; that a mild trigger is healthy says nothing.
        #expect(world.verdict("mild") == .healthy)
        #expect(baked(world) == .zero)
        world.requestsPerSecond = 50
        #expect(world.pass(upTo: 40) { $0.standing("1.0.0") == .good })
    }

    @Test func aHealthyShadowTriggerIsEvidenceAndItsBreachIsNone() {
        let world = world(
            World.trigger("shadow", "error_rate(access, 10s) > 25%", .critical, .shadow),
            World.trigger("other", "count(access, 5s) > 1", .critical, .shadow))
        #expect(world.pass(upTo: 60) { $0.standing("1.0.0") == .good })
        #expect(world.verdict("other") == .breached)
    }

    @Test func aBreachOfAGraveTriggerStartsTheBakeAgain() {
        let world = world(Self.storm, World.trigger("high", "errors(access, 5s) > 0", .high, .page))
        world.pass(20)
        #expect(baked(world) >= .seconds(13))
        world.errorRate = 0.1
        world.pass(1)
        #expect(world.verdict("high") == .breached)
        #expect(baked(world) == .zero)
        world.errorRate = 0
        world.pass(10)
        #expect(world.verdict("high") == .healthy)
        world.pass(18)
        #expect(world.standing("1.0.0") == .baking)
        #expect(world.pass(upTo: 10) { $0.standing("1.0.0") == .good })
    }

    @Test func aBreachOfAMildTriggerDoesNot() {
        let world = world(Self.storm, World.trigger("mild", "count(access, 5s) > 1", .medium))
        #expect(world.pass(upTo: 60) { $0.standing("1.0.0") == .good })
        #expect(world.verdict("mild") == .breached)
    }

    @Test func timeInWhichTheVersionIsMixedDoesNotCount() {
        let world = world(Self.storm)
        world.pass(8)
        world.pass(reading: "2.0.0", "1.0.0", "2.0.0")
        let before = baked(world, "2.0.0")
        for _ in 0..<20 { world.pass(reading: "1.0.0", "2.0.0") }
        #expect(baked(world, "2.0.0") == before)
        world.pass(10)
        #expect(world.pass(upTo: 40) { $0.standing("2.0.0") == .good })
    }

    @Test func timeInWhichASignalOfAnAutoTriggerIsBlindDoesNotCount() {
        let world = world(
            Self.storm, World.trigger("down", "failing(health) > 60%"))
        world.pass(10)
        world.finds = { _, _, _ in .error("name not resolved") }
        world.pass(3)
        let before = baked(world)
        world.pass(60)
        #expect(world.verdict("storm") == .healthy)
        #expect(baked(world) == before)
    }

    @Test func blindnessOfATriggerThatOnlyPagesDoesNotMatter() {
        let world = world(
            Self.storm, World.trigger("down", "failing(health) > 60%", .high, .page))
        world.finds = { _, _, _ in .error("name not resolved") }
        #expect(world.pass(upTo: 60) { $0.standing("1.0.0") == .good })
    }

    @Test func timeInWhichWatchdDidNotRunDoesNotCount() {
        let world = world(Self.storm)
        world.pass(16)
        let before = baked(world)
        #expect(before > .zero)
        world.restart(off: 3600)
        world.pass(1)
        #expect(baked(world) == before)
        // Nor does time that the host slept through.
        world.suspend(3600)
        world.pass(1)
        #expect(baked(world) == before)
        #expect(world.pass(upTo: 60) { $0.standing("1.0.0") == .good })
    }

    @Test func timeInWhichNobodyKnowsWhatRunsDoesNotCount() {
        let world = world(Self.storm)
        world.pass(10)
        world.sourceAnswers = false
        world.pass(2)
        let before = baked(world)
        world.pass(60)
        #expect(baked(world) == before)
    }

    @Test func aBreachSinceTheCheckpointStartsTheBakeAgainAcrossACrash() {
        let world = world(Self.storm)
        world.pass(20)
        let checkpoint = world.engine.checkpoint(at: world.now)
        world.errorRate = 0.6
        #expect(world.pass(upTo: 10) { $0.incident != nil })
        world.crash()
        world.engine.restore(checkpoint, isSameBoot: true, at: world.now)
        #expect(baked(world) == .zero)
    }

    @Test func untilOneIsGoodThereIsNoKnownGood() {
        let world = world(Self.storm)
        world.pass(10)
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { $0.incident != nil })
        #expect(world.lastDecision?.reason == "no-known-good")
    }

    @Test func goodStaysGoodWhenReplaced() {
        let world = world(Self.storm)
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(5)
        #expect(world.standing("1.0.0") == .good)
        #expect(world.state.book.lastKnownGood?.identity.version == "1.0.0")
    }

    @Test func aTargetThatLastRanLongAgoIsOnlyOffered() {
        var service = World.service(triggers: [Self.storm])
        service.targetWithin = .minutes(5)
        service.suspectFor = .hours(5)
        let world = World(World.configuration(services: [service]))
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(5)
        // It does not become good, so that 1.0.0 stays the target.
        world.requestsPerSecond = 0
        world.pass(310)
        world.requestsPerSecond = 50
        world.errorRate = 0.6
        #expect(world.pass(upTo: 30) { $0.incident != nil })
        #expect(world.lastDecision?.reason == "target-stale")
        #expect(world.incident?.state == .awaitingApproval)
        #expect(world.methodTasks.isEmpty)
    }

    @Test func whenATargetLastRanOutlivesARestart() {
        var service = World.service(triggers: [Self.storm])
        service.targetWithin = .minutes(5)
        let world = World(World.configuration(services: [service]))
        #expect(world.bakeFirst())
        // Nothing happens for long, so nothing is stored but the checkpoint.
        world.pass(600)
        world.restart(sameBoot: false, off: 30)
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { $0.incident != nil })
        #expect(world.lastDecision?.decision == "rollback")
    }

    @Test func threeReleasesInARowReplacedBeforeTheyWereGoodAreAReadinessProblem() {
        let world = world(Self.storm)
        #expect(world.bakeFirst())
        for version in ["1.1.0", "1.2.0", "1.3.0"] {
            world.deploy(version)
            world.pass(15)
        }
        #expect(world.status?.readiness.problem == nil)
        world.deploy("1.4.0")
        world.pass(5)
        #expect(world.status?.readiness.problem?.contains("shorten `bake`") ?? false)
        #expect(world.kinds("readiness.problem").last?.reason == "bake-too-long")
        // A rollback would still work, and to which release is said.
        #expect(world.status?.readiness.ready ?? false)
        #expect(world.status?.readiness.target == "1.0.0")
        #expect(world.pass(upTo: 60) { $0.standing("1.4.0") == .good })
        world.deploy("1.5.0")
        world.pass(5)
        #expect(world.status?.readiness.problem == nil)
    }

    @Test func badIsSetWhenARollbackAwayFromItWasVerified() {
        let world = world(Self.storm)
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { !$0.methodTasks.isEmpty })
        #expect(world.standing("2.0.0") == .baking)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.standing("2.0.0") == .bad)
        #expect(world.kinds("release.bad").count == 1)
    }

    @Test func aRollbackThatDidNotHelpMarksNothingBad() {
        let world = world(Self.storm)
        #expect(world.bakeFirst())
        world.answer = { world, task in
            world.version = task.variables["to.version"] ?? world.version
            return TaskResult(ending: .exited(0))
        }
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 200) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "not-the-release")
        #expect(world.standing("2.0.0") == .baking)
    }

    @Test func badIsSetByAPersonAndLiftedByOne() {
        let world = world(Self.storm)
        #expect(world.bakeFirst())
        world.command(.mark(service: "shop", version: "1.0.0", .bad, reason: "data loss"))
        #expect(world.standing("1.0.0") == .bad)
        #expect(world.state.book.lastKnownGood == nil)
        world.pass(60)
        // No time heals it.
        #expect(world.standing("1.0.0") == .bad)
        world.command(.mark(service: "shop", version: "1.0.0", .good, reason: "it was the disk"))
        #expect(world.standing("1.0.0") == .good)
    }

    @Test func itSticksToTheIdentity() {
        let world = world(Self.storm)
        world.reads = { world, _, _ in World.says(world.version, "c1") }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        // The same version built from another commit is another release.
        world.reads = { world, _, _ in World.says(world.version, "c2") }
        world.deploy("2.0.0")
        world.pass(30)
        #expect(world.kinds("release.bad-redeployed").isEmpty)
        world.reads = { world, _, _ in World.says(world.version, "c1") }
        world.pass(5)
        #expect(world.kinds("release.bad-redeployed").count == 1)
    }

    @Test func aFalseAlarmLiftsIt() {
        let world = world(Self.storm)
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        world.command(.falseAlarm(incident: world.incident?.id ?? "", comment: "a load test"))
        #expect(world.standing("2.0.0") == .baking)
        #expect(world.incident?.state == .recovered)
        #expect(world.incident?.isFalseAlarm ?? false)
    }

    @Test func whileARollbackFromItIsUnderWayAReleaseIsQuarantined() {
        let world = world(Self.storm)
        #expect(world.bakeFirst())
        var held: StepTask?
        world.answer = { _, task in
            held = task
            return nil
        }
        world.deploy("2.0.0", errorRate: 0.6)
        let from = ReleaseIdentity(version: "2.0.0")
        #expect(!(world.engine.services["shop"]?.isQuarantined(from) ?? true))
        #expect(world.pass(upTo: 60) { _ in held != nil })
        #expect(world.standing("2.0.0") == .baking)
        #expect(world.engine.services["shop"]?.isQuarantined(from) ?? false)
        world.answer = { $0.obey($1) }
        if let held, let result = world.obey(held) { world.finish(held, result) }
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(!(world.engine.services["shop"]?.isQuarantined(from) ?? true))
        #expect(world.standing("2.0.0") == .bad)
    }

    @Test func aBadReleaseDeployedAgainIsPagedAtOnce() {
        let world = world(Self.storm)
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        let before = world.messages.count
        world.deploy("2.0.0")
        world.pass(2)
        let page = world.messages.dropFirst(before).first?.message
        #expect(page?.kind == .page)
        #expect(page?.title.contains("bad release 2.0.0 was deployed again") ?? false)
        // Never on sight.
        world.pass(30)
        #expect(world.methodTasks.count == 1)
    }

    @Test func andItIsGuardedLikeAnyOther() {
        let limits = Limits(maxRollbacks: 5, per: .hours(24), cooldown: .zero)
        let world = World(
            World.configuration(
                services: [World.service(triggers: [Self.storm])], limits: limits))
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { $0.methodTasks.count == 2 })
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }
}
