// The decision table and the conditions under which watchd may act, each by its reason code.

import Testing

@testable import WatchCore

@Suite struct DecisionTests {
    /// A world whose 1.0.0 is good and whose 2.0.0 is bad enough for a rollback.
    private func stormy(
        _ configuration: Configuration = World.configuration(), armed: Bool = true,
        change: (World) -> Void = { _ in }
    ) -> World {
        let world = World(configuration, armed: armed)
        #expect(world.bakeFirst())
        change(world)
        world.deploy("2.0.0", errorRate: 0.4)
        world.pass(20)
        return world
    }

    /// The reason is a stable code in the decision, in incident and status, and in the page.
    private func expectPage(_ world: World, _ reason: String) {
        #expect(world.methodTasks.isEmpty)
        #expect(world.lastDecision?.decision == "page")
        #expect(world.lastDecision?.reason == reason)
        #expect(world.incident?.reason == reason)
        #expect(world.status?.incident?.reason == reason)
        #expect(world.lastPage?.fields.contains(Message.Field("reason", reason)) ?? false)
    }

    @Test(arguments: ["disarmed", "trigger:storm", "trigger:slow"])
    func theReasonIsInStatusIncidentAndPage(_ reason: String) {
        let isSlow = reason == "trigger:slow"
        let name = isSlow ? "slow" : "storm"
        let trigger = World.trigger(
            name, "error_rate(access, 10s) > 25%", isSlow ? .high : .critical,
            reason == "trigger:storm" ? .page : .auto)
        let world = stormy(
            World.configuration(services: [World.service(triggers: [trigger])]),
            armed: reason != "disarmed")
        expectPage(world, reason)
    }

    @Test func disarmedPagesAndNothingElse() {
        expectPage(stormy(armed: false), "disarmed")
    }

    @Test func aServiceCanBeDisarmedByItself() {
        let world = stormy { $0.command(.disarm(service: "shop", for: nil, reason: "migration")) }
        expectPage(world, "disarmed")
    }

    @Test func disarmingForATimeEndsByItself() {
        let world = stormy {
            $0.command(.disarm(service: nil, for: .seconds(2), reason: "a moment"))
            $0.pass(3)
        }
        #expect(world.lastDecision?.decision == "rollback")
    }

    @Test func armingDecidesNothingAboutAnOldBreach() {
        let world = stormy(armed: false)
        world.command(.arm(service: nil, reason: "late"))
        world.pass(30)
        #expect(world.methodTasks.isEmpty)
    }

    @Test func withoutAKnownGoodReleaseItPages() {
        let world = World()
        world.pass(5)
        world.deploy("2.0.0", errorRate: 0.4)
        world.pass(20)
        expectPage(world, "no-known-good")
    }

    @Test func aReleaseThatRanWhenWatchdCameIsNoSuspect() {
        let world = World()
        world.pass(5)
        world.errorRate = 0.4
        world.pass(20)
        expectPage(world, "no-release-suspect")
    }

    @Test func aReleaseIsSuspectOnlyForItsTime() {
        let configuration = World.configuration()
        let world = World(configuration)
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(3700)
        world.errorRate = 0.4
        world.pass(20)
        expectPage(world, "no-release-suspect")
    }

    @Test func troubleThatWasThereBeforeIsNotTheReleasesFault() {
        let world = World()
        #expect(world.bakeFirst())
        world.errorRate = 0.4
        world.pass(15)
        world.deploy("2.0.0", errorRate: 0.4)
        world.pass(20)
        expectPage(world, "breach-predates-release")
    }

    @Test func nobodyRollsBackARollback() {
        let world = stormy()
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        world.errorRate = 0.5
        world.pass(30)
        #expect(world.methodTasks.count == 1)
        #expect(world.lastDecision?.reason == "probation")
    }

    @Test func aPageInProbationGoesToTheNextStepOfItsRouteToo() {
        var configuration = World.configuration()
        configuration.policy[.critical]?.respondWithin = .seconds(30)
        let world = stormy(configuration)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        world.errorRate = 0.5
        world.pass(90)
        #expect(world.messages.contains { $0.channel == "mail" && $0.message.kind == .page })
    }

    @Test func aGoodReleaseComeBackByOtherHandsIsNoSuspect() {
        let world = World()
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(60)
        world.deploy("1.0.0", errorRate: 0.5)
        world.pass(20)
        expectPage(world, "no-release-suspect")
    }

    @Test func redeployingTheSameVersionIsAChangeOfConfiguration() {
        let world = World()
        #expect(world.bakeFirst())
        world.command(
            .announce(
                service: "shop", release: ReleaseIdentity(version: "1.0.0"), fields: [:]))
        world.errorRate = 0.5
        world.pass(20)
        #expect(world.methodTasks.isEmpty)
    }

    @Test func cooldownHoldsTheNextOneBack() {
        let world = stormy()
        #expect(world.pass(upTo: 60) { $0.incident == nil || $0.incident?.state == .recovered })
        #expect(world.pass(upTo: 90) { $0.incident == nil })
        world.deploy("3.0.0", errorRate: 0.5)
        world.pass(20)
        #expect(world.lastDecision?.reason == "cooldown")
        #expect(world.methodTasks.count == 1)
    }

    /// A rollback that takes long does not use it up.
    @Test func cooldownIsCountedFromTheEndOfTheRollback() {
        var step = World.step("activate")
        step.timeout = .minutes(8)
        let plan = World.plan(methods: [Method(name: "link", steps: [step])])
        let world = World(
            World.configuration(
                plan: plan, limits: Limits(maxRollbacks: 9, per: .hours(24), cooldown: .minutes(4)))
        )
        #expect(world.bakeFirst())
        world.answer = { _, _ in nil }
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 60) { !$0.tasks.isEmpty })
        world.pass(360)
        world.answer = { $0.obey($1) }
        world.finish(world.tasks[0], world.obey(world.tasks[0]) ?? TaskResult(ending: .exited(1)))
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.pass(upTo: 90) { $0.incident == nil })
        // Two minutes after its end, nine after its beginning.
        world.deploy("3.0.0", errorRate: 0.5)
        #expect(world.pass(upTo: 30) { $0.lastDecision?.reason == "cooldown" })
        #expect(world.methodTasks.count == 1)
    }

    @Test func theLimitHoldsAcrossARestart() {
        let limits = Limits(maxRollbacks: 1, per: .hours(24), cooldown: .zero)
        let world = stormy(World.configuration(limits: limits))
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.pass(upTo: 90) { $0.incident == nil })
        world.crash(sameBoot: false)
        world.pass(10)
        world.deploy("3.0.0", errorRate: 0.5)
        world.pass(20)
        #expect(world.lastDecision?.reason == "limit-reached")
    }

    @Test func whenNoSourceAnswersItPagesOnly() {
        let world = World()
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(3)
        world.sourceAnswers = false
        world.errorRate = 0.5
        world.pass(20)
        expectPage(world, "release-unknown")
    }

    /// Both breach in one second, and no rollback is begun, wherever the veto stands.
    @Test(arguments: [true, false]) func aVetoForbidsIt(isFirst: Bool) {
        var triggers = World.service().triggers
        triggers.insert(
            World.trigger("frozen", "error_rate(access, 10s) > 25%", .critical, .veto),
            at: isFirst ? 0 : triggers.endIndex)
        let world = World(World.configuration(services: [World.service(triggers: triggers)]))
        world.pass(40)
        _ = world.pass(upTo: 100) { !$0.kinds("release.good").isEmpty }
        world.command(
            .mark(service: "shop", version: "1.0.0", .good, reason: "known"))
        world.deploy("2.0.0", errorRate: 0.4)
        world.pass(20)
        #expect(world.kinds("rollback.began").isEmpty)
        expectPage(world, "vetoed")
    }

    @Test func pageModePagesAndOffersTheCommand() {
        let triggers = [World.trigger("storm", "error_rate(access, 10s) > 25%", .critical, .page)]
        let world = stormy(World.configuration(services: [World.service(triggers: triggers)]))
        expectPage(world, "trigger:storm")
        #expect(world.messages.last?.message.text.contains("watchctl approve shop-") ?? false)
    }

    @Test func shadowModeRecordsWhatItWouldHaveDone() {
        let triggers = [
            World.trigger("storm", "error_rate(access, 10s) > 25%", .critical, .shadow),
            World.trigger("down", "failing(health) > 60%"),
        ]
        let world = stormy(World.configuration(services: [World.service(triggers: triggers)]))
        #expect(world.incident == nil)
        #expect(world.messages.isEmpty)
        #expect(world.kinds("would-have-acted").first?.reason == "shadow:rollback")
    }

    @Test func lowSeverityIsRecordedAndNobodyIsWoken() {
        let triggers = [
            World.trigger("storm", "error_rate(access, 10s) > 25%", .low),
            World.trigger("down", "failing(health) > 60%"),
        ]
        let world = stormy(World.configuration(services: [World.service(triggers: triggers)]))
        #expect(world.lastDecision?.decision == "record")
        #expect(world.messages.isEmpty)
    }

    @Test func twoServicesThatBreakTogetherHaveACommonCause() {
        let configuration = World.configuration(services: [
            World.service("shop"), World.service("blog"),
        ])
        let world = World(configuration)
        #expect(world.pass(upTo: 120) { $0.kinds("release.good").count == 2 })
        world.deploy("2.0.0", errorRate: 0.4)
        world.pass(40)
        #expect(world.methodTasks.isEmpty)
        #expect(world.kinds("decision").contains { $0.reason == "common-cause" })
    }

    @Test func tooFewRequestsDecideNothing() {
        let world = World()
        #expect(world.bakeFirst())
        world.requestsPerSecond = 1
        world.pass(20)
        world.deploy("2.0.0", errorRate: 1)
        world.pass(30)
        #expect(world.incident == nil)
        let storm = world.status?.triggers.first { $0.name == "storm" }
        #expect(storm?.verdict == .insufficient)
        #expect(storm?.note?.contains("of 20 samples") ?? false)
    }
}
