// DESIGN §5 "Whose samples" and "Enough data", sentence by sentence: whose requests a verdict is
// made of, and how many it needs.

import Testing

@testable import WatchCore

@Suite struct WhoseSamplesTests {
    private func service(
        warmUp: Double = 30, _ triggers: [TriggerConfiguration]? = nil
    ) -> ServiceConfiguration {
        var service = World.service(
            triggers: triggers ?? [
                World.trigger("storm", "error_rate(access, 60s) > 25%"),
                World.trigger("down", "failing(health) > 60%"),
                World.trigger("gone", "up(health) < 1"),
            ])
        service.judgement.warmUp = .seconds(warmUp)
        for index in service.triggers.indices {
            service.triggers[index].judgement.warmUp = .seconds(warmUp)
        }
        return service
    }

    private func world(warmUp: Double = 30) -> World {
        World(World.configuration(services: [service(warmUp: warmUp)]))
    }

    @Test func windowsRestartWhenADeploymentOfAnotherReleaseBegins() {
        let world = world()
        world.pass(60)
        #expect(world.verdict("storm") == .healthy)
        world.deploy("2.0.0")
        world.pass(2)
        #expect(world.verdict("storm") == .insufficient)
        #expect(world.verdict("down") == .insufficient)
        world.pass(30)
        #expect(world.verdict("storm") == .healthy)
        #expect(world.verdict("down") == .healthy)
    }

    @Test func theSameReleaseAnnouncedAgainRestartsNothing() {
        let world = world()
        world.pass(700)
        let restarted = world.engine.services["shop"]?.restarted
        world.announce("1.0.0")
        #expect(world.deployments.count == 2)
        #expect(world.engine.services["shop"]?.restarted == restarted)
        #expect(world.verdict("storm") == .healthy)
        #expect(world.verdict("down") == .healthy)
    }

    @Test func windowsRestartWhenARollbackHasSettled() {
        let world = World()
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { !$0.kinds("verify.settled").isEmpty })
        #expect(world.engine.services["shop"]?.restarted == world.now.boot)
    }

    @Test func windowsRestartWhenWatchdStartsWithoutACheckpoint() {
        let world = world()
        world.pass(60)
        world.crash()
        world.pass(1)
        #expect(world.verdict("storm") == .insufficient)
        #expect(world.verdict("down") == .insufficient)
    }

    @Test func withACheckpointTheyGoOn() {
        let world = world()
        world.pass(60)
        world.restart(off: 2)
        world.pass(2)
        #expect(world.verdict("storm") == .healthy)
        #expect(world.verdict("down") == .healthy)
    }

    @Test func windowsAreCutBackToTheFirstOfTheAgreeingReads() {
        // Asked every ten seconds: the change counts ten seconds after its first read.
        var service = service(
            warmUp: 5, [World.trigger("storm", "count(access, 60s) > 100000", .critical, .page)])
        service.version = [World.source(every: 10)]
        let world = World(World.configuration(services: [service]))
        #expect(world.pass(upTo: 90) { $0.now.boot.second % 10 == 9 && $0.runs != nil })
        world.version = "2.0.0"
        #expect(world.pass(upTo: 30) { $0.runs == "2.0.0" })
        let began = world.deployments.last?.began.boot
        #expect(began == world.now.boot - .seconds(10))
        #expect(world.engine.services["shop"]?.restarted == began)
        // What came since is its own: ten seconds of it are there at once.
        let samples = world.status?.triggers.first?.readings.values.first?.samples ?? 0
        #expect((450...550).contains(samples))
    }

    @Test func theFirstBadSecondIsCountedFromTheFirstReadOn() {
        var service = World.service()
        service.version = [World.source(every: 10)]
        let world = World(World.configuration(services: [service]), armed: false)
        #expect(world.pass(upTo: 90) { $0.now.boot.second % 10 == 8 && $0.runs != nil })
        world.pass(30)
        // One bad second of the release before, which is not the next one's.
        world.errorRate = 0.1
        world.pass(1)
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { $0.incident != nil && $0.runs == "2.0.0" })
        #expect(world.pass(upTo: 30) { $0.incident?.release?.version == "2.0.0" })
        let began = world.deployments.last?.began.wall
        let firstBad = world.incident?.firstBad
        #expect(began.flatMap { at in firstBad.map { $0 - at } } == .zero)
    }

    @Test func aBreachThatEndedSinceTheCheckpointDoesNotComeBackWithIt() {
        let world = World(armed: false)
        world.pass(20)
        world.errorRate = 0.6
        #expect(world.pass(upTo: 20) { $0.verdict("storm") == .breached })
        let checkpoint = world.engine.checkpoint(at: world.now)
        world.errorRate = 0
        #expect(world.pass(upTo: 60) { $0.incident?.state == .cleared })
        world.crash()
        world.engine.restore(checkpoint, isSameBoot: true, at: world.now)
        #expect(world.verdict("storm") != .breached)
        // And one that goes on is a breach with an incident.
        world.errorRate = 0.6
        #expect(world.pass(upTo: 30) { $0.verdict("storm") == .breached })
        #expect(world.incident?.breaches.last?.cleared == nil)
    }

    @Test func aDeploymentBeginsAtItsAnnouncement() {
        let world = world()
        world.pass(60)
        world.announce("2.0.0")
        #expect(world.engine.services["shop"]?.restarted == world.now.boot)
        #expect(world.deployments.last?.began == world.now)
        // The read that comes later begins nothing anew.
        world.version = "2.0.0"
        world.pass(32)
        #expect(world.verdict("storm") == .healthy)
    }

    @Test func aWindowAnswersOnlyWhenItCoversItsWidthOrTheWarmUp() {
        let narrow = World.trigger("narrow", "count(access, 10s) >= 0", .critical, .page)
        let wide = World.trigger("wide", "count(access, 60s) >= 0", .critical, .page)
        let world = World(
            World.configuration(services: [service(warmUp: 30, [narrow, wide])]))
        // The release is known from the first second on.
        world.pass(10)
        #expect(world.verdict("narrow") == .insufficient)
        world.pass(1)
        #expect(world.verdict("narrow") == .breached)
        world.pass(19)
        #expect(world.verdict("wide") == .insufficient)
        world.pass(1)
        #expect(world.verdict("wide") == .breached)
    }

    @Test func failingAndUpWaitForTheWarmUpToo() {
        let world = world()
        world.probePasses = false
        world.pass(30)
        #expect(world.verdict("down") == .insufficient)
        #expect(world.verdict("gone") == .insufficient)
        world.pass(1)
        #expect(world.verdict("down") == .breached)
        #expect(world.verdict("gone") == .breached)
    }

    @Test func warmUpIsTimeThatWasCovered() {
        let world = world()
        world.pass(11)
        world.suspend(60)
        world.pass(20)
        #expect(world.verdict("down") == .insufficient)
        #expect(world.verdict("storm") == .insufficient)
        world.pass(1)
        #expect(world.verdict("down") == .healthy)
        // What was before has left the window by now.
        #expect(world.verdict("storm") == .insufficient)
        world.pass(10)
        #expect(world.verdict("storm") == .healthy)
    }

    @Test func aWarmUpOfZeroAnswersAtOnce() {
        let world = World(
            World.configuration(services: [
                service(warmUp: 0, [World.trigger("down", "failing(health) > 60%")])
            ]))
        world.pass(1)
        #expect(world.verdict("down") == .healthy)
    }

    /// `failing` and `up` are judged by what the probe said of the release that runs: with a
    /// warm-up of nothing, too.
    @Test func withoutAWarmUpNoReleaseIsJudgedByTheProbesOfTheOneBefore() {
        let world = World(World.configuration(services: [service(warmUp: 0)]), armed: false)
        /// What the probe says at the very moment of a deployment is the new release's.
        func deploy(_ version: String) {
            world.finds = { _, _, _ in nil }
            world.pass(1)
            world.version = version
            world.announce(version)
            world.finds = nil
        }
        #expect(world.bakeFirst())
        world.probePasses = false
        #expect(world.pass(upTo: 10) { $0.verdict("down") == .breached })
        #expect(world.verdict("gone") == .breached)
        // A fix, which is well.
        deploy("2.0.0")
        #expect(world.verdict("down") == .insufficient)
        #expect(world.verdict("gone") == .insufficient)
        #expect(world.status?.signals.first { $0.name == "health" }?.state == .failing)
        world.probePasses = true
        world.pass(1)
        #expect(world.verdict("down") == .healthy)
        #expect(world.verdict("gone") == .healthy)
        // One that is not has two failures of its own before it is called failing.
        deploy("3.0.0")
        world.probePasses = false
        world.pass(1)
        #expect(world.verdict("down") == .insufficient)
        world.pass(1)
        #expect(world.verdict("down") == .breached)
    }

    /// The release that a rollback put back, too: what the bad one left behind is not its fault.
    @Test func afterARollbackHasSettledProbesSpeakAnew() {
        var service = service(warmUp: 0, [World.trigger("down", "failing(deep) > 50%")])
        var deep = service.probes[0]
        deep.name = "deep"
        deep.every = .seconds(50)
        deep.failures = 1
        service.probes.append(deep)
        let world = World(World.configuration(services: [service]))
        world.finds = { world, _, _ in world.version == "2.0.0" ? .fail("status 500") : .pass }
        #expect(world.pass(upTo: 300) { !$0.kinds("release.good").isEmpty })
        world.version = "2.0.0"
        // It is asked once before the verification's time is up, and passes: two passes in a row
        // would be needed if its failure still counted.
        #expect(world.pass(upTo: 120) { !$0.kinds("verify.settled").isEmpty })
        #expect(world.verdict("down") != .healthy)
        #expect(world.pass(upTo: 70) { $0.incident?.state == .recovered })
        world.pass(120)
        #expect(world.incident == nil)
        #expect(world.kinds("trigger.breached").count == 1)
    }

    @Test func aFixDeployedIntoAnOpenIncidentIsJudgedByItsOwnRequests() {
        let world = World(armed: false)
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { $0.incident != nil })
        world.pass(30)
        world.deploy("2.0.1")
        world.pass(2)
        #expect(world.verdict("storm") == .insufficient)
        #expect(world.incident?.state == .superseded)
        world.pass(10)
        #expect(world.verdict("storm") == .healthy)
    }

    // MARK: - Enough data

    @Test func ratiosAndPercentilesNeedSamplesAndCountsDoNot() {
        let triggers = [
            World.trigger("ratio", "error_rate(access, 10s) > 25%", .critical, .page),
            World.trigger("latency", "p95(access, 10s) > 1s", .critical, .page),
            World.trigger("count", "count(access, 10s) < 1000", .critical, .page),
            World.trigger("rate", "rate(access, 10s) < 1000", .critical, .page),
            World.trigger("errors", "errors(access, 10s) < 1000", .critical, .page),
            World.trigger("probe", "error_rate(health, 10s) > 25%", .critical, .page),
        ]
        let world = World(World.configuration(services: [service(warmUp: 5, triggers)]))
        world.requestsPerSecond = 1
        world.pass(20)
        #expect(world.verdict("ratio") == .insufficient)
        #expect(world.verdict("latency") == .insufficient)
        #expect(world.verdict("count") == .breached)
        #expect(world.verdict("rate") == .breached)
        #expect(world.verdict("errors") == .breached)
        // Three are enough of a probe.
        #expect(world.verdict("probe") == .healthy)
    }

    @Test func fastRechecksDecideAProbesStateAndAreNoSamplesOfItsWindow() {
        var service = World.service(triggers: [
            World.trigger("down", "failing(health) > 60%", .critical, .page)
        ])
        service.probes[0].every = .seconds(10)
        let world = World(World.configuration(services: [service]))
        world.pass(20)
        let before = world.status?.signals.first { $0.name == "health" }?.count
        world.probePasses = false
        world.probe("shop", isRecheck: true)
        #expect(world.verdict("down") == .healthy)
        world.probe("shop", isRecheck: true)
        #expect(world.verdict("down") == .breached)
        #expect(world.status?.signals.first { $0.name == "health" }?.count == before)
        #expect(world.status?.signals.first { $0.name == "health" }?.errorRate == 0)
    }

    @Test func silenceIsInsufficientAndItsCountsAreZero() {
        let triggers = [
            World.trigger("ratio", "error_rate(access, 10s) > 25%", .critical, .page),
            World.trigger("count", "count(access, 10s) < 1", .critical, .page),
            World.trigger("rate", "rate(access, 10s) <= 0", .critical, .page),
        ]
        let world = World(World.configuration(services: [service(warmUp: 5, triggers)]))
        world.requestsPerSecond = 0
        world.pass(12)
        #expect(world.verdict("ratio") == .insufficient)
        #expect(world.verdict("count") == .breached)
        #expect(world.verdict("rate") == .breached)
    }

    @Test func aLogThatNobodyReadsYetHasNoCountEither() {
        let triggers = [World.trigger("count", "count(access, 10s) < 1", .critical, .page)]
        let world = World(World.configuration(services: [service(warmUp: 5, triggers)]))
        world.logs = { _, _ in nil }
        world.pass(30)
        #expect(world.verdict("count") == .insufficient)
    }

    // MARK: - Outcomes of a probe

    @Test func anErrorIsNoSampleAndDoesNotMoveFailures() {
        let world = World(
            World.configuration(services: [
                service(warmUp: 5, [World.trigger("down", "failing(health) > 60%")])
            ]))
        world.pass(10)
        let before = world.status?.signals.first { $0.name == "health" }?.count
        world.finds = { _, _, _ in .error("name not resolved") }
        world.pass(2)
        world.finds = { _, _, _ in .fail("status 502") }
        world.pass(1)
        world.finds = { _, _, _ in .error("name not resolved") }
        world.pass(2)
        // Errors neither count as failures nor forgive one.
        #expect(world.verdict("down") == .healthy)
        let after = world.status?.signals.first { $0.name == "health" }?.count
        #expect(after == (before ?? 0) + 1)
        world.finds = { _, _, _ in .fail("status 502") }
        world.pass(1)
        #expect(world.verdict("down") == .breached)
    }

    @Test func threeErrorsInARowMakeTheProbeBlind() {
        let world = World(
            World.configuration(services: [
                service(warmUp: 5, [World.trigger("down", "failing(health) > 60%")])
            ]))
        world.pass(10)
        world.finds = { _, _, _ in .error("name not resolved") }
        world.pass(2)
        #expect(world.verdict("down") == .healthy)
        world.pass(1)
        #expect(world.verdict("down") == .blind)
        // A refused connection is a fact about the target.
        world.finds = { _, _, _ in .fail("connection refused") }
        world.pass(2)
        #expect(world.verdict("down") == .breached)
    }
}
