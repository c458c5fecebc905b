// DESIGN §5 "Suspicion", sentence by sentence: when the running deployment may be the cause.

import Testing

@testable import WatchCore

@Suite struct SuspicionTests {
    /// 1.0.0 is good; what is deployed next may be blamed.
    private func baked(_ configuration: Configuration = World.configuration()) -> World {
        let world = World(configuration)
        #expect(world.bakeFirst())
        return world
    }

    @Test func aDeploymentOfTodayIsSuspect() {
        let world = baked()
        world.deploy("2.0.0")
        world.pass(2)
        #expect(world.suspicion == nil)
    }

    @Test func itBeganWithinSuspectFor() {
        let world = baked()
        world.deploy("2.0.0")
        world.pass(3600)
        #expect(world.suspicion == nil)
        world.pass(5)
        #expect(world.suspicion == "no-release-suspect")
    }

    @Test func aTriggerMayOverrideIt() {
        var service = World.service()
        service.triggers[0].suspectFor = .minutes(1)
        let world = baked(World.configuration(services: [service]))
        world.deploy("2.0.0")
        world.pass(60)
        #expect(world.suspicion == nil)
        world.pass(5)
        #expect(world.suspicion == "no-release-suspect")
    }

    private func grave(_ severity: Severity) -> Configuration {
        World.configuration(services: [
            World.service(triggers: [
                World.trigger("storm", "error_rate(access, 10s) > 25%", severity)
            ])
        ])
    }

    @Test(arguments: [Severity.high, .critical])
    func noGraveTriggerWasBreachedAtItsAnnouncement(_ severity: Severity) {
        let world = baked(grave(severity))
        world.errorRate = 0.6
        world.pass(20)
        world.announce("2.0.0")
        world.pass(1)
        #expect(world.suspicion == "breach-predates-release")
    }

    @Test(arguments: [Severity.high, .critical])
    func noGraveTriggerWasBreachedAtTheLastReadOfTheReleaseBefore(_ severity: Severity) {
        let world = baked(grave(severity))
        world.errorRate = 0.6
        world.pass(20)
        world.deploy("2.0.0")
        world.pass(3)
        #expect(world.suspicion == "breach-predates-release")
    }

    @Test func aBreachBetweenThatReadAndTheFirstNewOneDoesNotPredateIt() {
        // Asked every ten seconds; the release breaks at once.
        let source = World.source(every: 10)
        let world = baked(
            World.configuration(services: [World.service(version: [source])]))
        #expect(world.pass(upTo: 20) { $0.now.boot.second % 10 == 0 })
        world.deploy("2.0.0", errorRate: 1)
        #expect(world.pass(upTo: 9) { $0.verdict("storm") == .breached })
        #expect(world.pass(upTo: 60) { $0.runs == "2.0.0" })
        #expect(world.suspicion == nil)
    }

    /// Between two reads a trigger may flap.
    @Test func breachesThatFollowedUponItDoNotHideTheOneThatPredates() {
        let source = World.source(every: 45)
        let world = baked(
            World.configuration(services: [World.service(version: [source])]))
        #expect(world.pass(upTo: 50) { $0.now.boot.second % 45 == 38 })
        world.errorRate = 0.6
        #expect(world.pass(upTo: 20) { $0.now.boot.second % 45 == 1 })
        #expect(world.verdict("storm") == .breached)
        for rate in [0.6, 0] {
            world.errorRate = 0
            #expect(world.pass(upTo: 30) { $0.verdict("storm") == .healthy })
            world.errorRate = rate
            #expect(rate == 0 || world.pass(upTo: 20) { $0.verdict("storm") == .breached })
        }
        world.deploy("2.0.0")
        #expect(world.pass(upTo: 100) { $0.runs == "2.0.0" })
        #expect(world.suspicion == "breach-predates-release")
    }

    @Test func whatWasAnnouncedWasThereThoughNoSourceReadIt() {
        let world = baked()
        world.errorRate = 0.6
        world.pass(20)
        // The source falls silent over a fix that is good, and answers again with the next.
        world.sourceAnswers = false
        world.errorRate = 0
        world.announce("1.0.1")
        world.pass(120)
        #expect(world.verdict("storm") == .healthy)
        world.sourceAnswers = true
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { $0.runs == "2.0.0" })
        #expect(world.suspicion == nil)
    }

    @Test func aBreachThatEndedBetweenTheReadsPredatesItAllTheSame() {
        let source = World.source(every: 30)
        let world = baked(
            World.configuration(services: [World.service(version: [source])]))
        #expect(world.pass(upTo: 30) { $0.now.boot.second % 30 == 20 })
        world.errorRate = 0.6
        world.pass(8)
        world.errorRate = 0
        // Breached when 1.0.0 was read for the last time, over before 2.0.0 was.
        #expect(world.pass(upTo: 30) { $0.now.boot.second % 30 == 0 })
        #expect(world.verdict("storm") == .breached)
        world.deploy("2.0.0")
        #expect(world.pass(upTo: 25) { $0.verdict("storm") == .healthy })
        #expect(world.pass(upTo: 60) { $0.runs == "2.0.0" })
        #expect(world.suspicion == "breach-predates-release")
    }

    @Test func aBreachOfAMildOrShadowTriggerDoesNotExcuseARelease() {
        var service = World.service()
        service.triggers += [
            World.trigger("mild", "count(access, 5s) > 1", .medium),
            World.trigger("shadow", "count(access, 5s) > 1", .critical, .shadow),
        ]
        let world = baked(World.configuration(services: [service]))
        #expect(world.verdict("mild") == .breached)
        #expect(world.verdict("shadow") == .breached)
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { !$0.methodTasks.isEmpty })
    }

    @Test func theSameReleaseAnnouncedAgainIsAChangeOfConfiguration() {
        let world = baked()
        world.deploy("2.0.0")
        world.pass(700)
        #expect(world.suspicion == nil)
        world.announce("2.0.0")
        #expect(world.deployments.count == 3)
        #expect(world.suspicion == "same-release")
        // Its windows go on: it is the same program.
        #expect(world.verdict("storm") == .healthy)
        world.errorRate = 0.6
        world.pass(30)
        #expect(world.methodTasks.isEmpty)
        #expect(world.lastDecision?.reason == "same-release")
    }

    @Test func anAnnouncementThatComesAfterTheReadIsThatDeployment() {
        let world = baked()
        world.deploy("2.0.0", errorRate: 0.6)
        world.pass(3)
        world.announce("2.0.0")
        #expect(world.deployments.count == 2)
        #expect(world.deployments.last?.origin == .announced(by: "root"))
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }

    @Test func noRollbackPutItThere() {
        let world = baked()
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.runs == "1.0.0")
        #expect(world.suspicion == "no-release-suspect")
    }

    @Test func itIsNoGoodReleaseComeBack() {
        let world = baked()
        world.deploy("2.0.0")
        world.pass(60)
        world.deploy("1.0.0")
        world.pass(3)
        #expect(world.suspicion == "no-release-suspect")
    }

    @Test func aReleaseThatWatchdFoundIsNoSuspect() {
        let world = World()
        world.pass(5)
        #expect(world.suspicion == "no-release-suspect")
    }
}
