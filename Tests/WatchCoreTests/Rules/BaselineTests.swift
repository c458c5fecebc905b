// DESIGN "Baseline", each sentence by itself.

import Testing

@testable import WatchCore

@Suite struct BaselineTests {
    private static let triggers = [
        World.trigger("storm", "error_rate(access, 10s) > 25%"),
        World.trigger(
            "worse", "error_rate(access, 10s) > baseline(error_rate(access, 10s)) + 10%", .low),
        World.trigger("slow", "p95(access, 10s) > 1.5 * baseline(p95(access, 10s))", .low),
        World.trigger("probes", "p50(health, 10s) > 5 * baseline(p50(health, 10s))", .low),
    ]

    private func world(_ triggers: [TriggerConfiguration] = triggers) -> World {
        var service = World.service(triggers: triggers)
        service.baselineWindow = .minutes(10)
        return World(World.configuration(services: [service]), armed: false)
    }

    /// 1.0.0 ran healthy for so long, then 2.0.0 was deployed and is known.
    private func deployed(after seconds: Int, errorRate: Double = 0) -> World {
        let world = world()
        world.errorRate = errorRate
        world.pass(seconds)
        world.deploy("2.0.0")
        world.pass(10)
        return world
    }

    private func reading(
        _ world: World, _ function: SignalFunction, _ signal: String = "access", needed: Int = 20
    ) -> Reading? {
        var service = world.engine.services["shop"]
        return service?.baselineReading(of: function, signal: signal, needed: needed)
    }

    private func isUnknown(_ world: World) -> Bool {
        reading(world, .errorRate)?.value == nil
    }

    @Test func itIsTheLastKnownGoodsFigureAndNotTheRunningOnes() {
        let world = deployed(after: 120, errorRate: 0.04)
        world.errorRate = 0.2
        world.pass(60)
        let reading = reading(world, .errorRate)
        #expect(reading?.value.map { abs($0 - 0.04) < 0.001 } ?? false, "\(reading as Any)")
        #expect((reading?.samples ?? 0) >= 90 * 50)
        #expect(world.status?.triggers.first { $0.name == "worse" }?.verdict == .breached)
    }

    @Test func halfSlowerIsSeen() {
        let world = deployed(after: 120)
        func slow() -> VerdictName? { world.verdict("slow") }
        world.logs = { world, _ in world.batch(50, latency: 0.029) }
        world.pass(20)
        #expect(slow() == .healthy)
        world.logs = { world, _ in world.batch(50, latency: 0.031) }
        world.pass(20)
        #expect(slow() == .breached)
    }

    @Test func tenPointsAboveAreSeen() {
        let world = deployed(after: 120, errorRate: 0.04)
        func worse() -> VerdictName? { world.verdict("worse") }
        world.errorRate = 0.12
        world.pass(20)
        #expect(worse() == .healthy)
        world.errorRate = 0.16
        world.pass(20)
        #expect(worse() == .breached)
    }

    @Test func percentilesComeFromTheMergedSlices() {
        let world = deployed(after: 120)
        let p95 = reading(world, .percentile(95))?.value ?? 0
        #expect(abs(p95 - 0.02) <= 0.0002)
        let p50 = reading(world, .percentile(50), "health", needed: 3)?.value ?? 0
        #expect(abs(p50 - 0.005) <= 0.00005)
        #expect(reading(world, .rate)?.value.map { abs($0 - 50) < 1 } ?? false)
    }

    @Test func whileNothingIsKnownGoodItIsUnknown() {
        let world = world()
        world.pass(10)
        #expect(isUnknown(world))
        // The running release itself is good now: it is no baseline for itself.
        world.pass(100)
        #expect(world.state.book.releases.first?.standing == .good)
        #expect(isUnknown(world))
        let slow = world.status?.triggers.first { $0.name == "slow" }
        #expect(slow?.verdict == .insufficient)
    }

    @Test func tenTimesMinSamplesAreNeeded() {
        let world = deployed(after: 60)
        #expect(reading(world, .errorRate, needed: 20)?.value != nil)
        let few = reading(world, .errorRate, needed: 400)
        #expect(few?.gap == .tooFewSamples(needed: 4000))
        #expect(reading(world, .percentile(95), needed: 400)?.gap == .tooFewSamples(needed: 4000))
        #expect(reading(world, .errorRate, needed: 0)?.value != nil)
        #expect(reading(world, .errorRate, "nobody")?.gap == .noData)
    }

    @Test func aRatiosBaselineIsAtLeastATenthOfAPercent() {
        let world = deployed(after: 120)
        #expect(reading(world, .errorRate)?.value == 0.001)
        #expect(reading(world, .successRate)?.value == 1)
    }

    @Test func onlyHealthyTimeCounts() {
        let world = world()
        world.pass(120)
        // Half an hour of an outage that is not the release's fault, and its run-up.
        world.errorRate = 0.4
        world.pass(600)
        world.errorRate = 0
        world.pass(60)
        world.deploy("2.0.0")
        world.pass(10)
        #expect(reading(world, .errorRate)?.value == 0.001)
        #expect((reading(world, .errorRate)?.samples ?? 0) >= 130 * 50)
    }

    @Test func timeWithAMixedOrUnknownVersionIsNoBaseline() {
        let world = world()
        world.pass(60)
        world.sourceAnswers = false
        world.errorRate = 0.2
        world.pass(120)
        world.sourceAnswers = true
        world.errorRate = 0
        world.pass(20)
        world.deploy("2.0.0")
        world.pass(10)
        let value = reading(world, .errorRate)?.value
        // What came in before the sources were missed still counts.
        #expect(value.map { $0 < 0.02 } ?? false, "\(value as Any)")
    }

    @Test func whatTheNextReleaseDidBeforeItWasKnownIsNotItsPredecessors() {
        let world = world()
        world.pass(120)
        world.version = "2.0.0"
        // It is known by its second read; its first second is as bad as the others.
        world.errorRate = 0.2
        world.pass(30)
        #expect(world.state.book.running?.release.version == "2.0.0")
        #expect(reading(world, .errorRate)?.value == 0.001)
    }

    @Test func lateLinesOfTheReleaseBeforeDoNotCountForTheNext() {
        let world = deployed(after: 120)
        for _ in 0..<60 {
            let second = world.now.boot.second - 80
            let slice = StreamBatch.Slice(
                second: second, count: 50, errors: 50, latency: LatencySketch())
            world.handle(
                .stream(
                    service: "shop", stream: "access", StreamBatch(slices: [slice], lines: 50)))
            world.pass(1)
        }
        world.deploy("3.0.0")
        world.pass(10)
        #expect(world.state.book.lastKnownGood?.identity.version == "2.0.0")
        #expect(reading(world, .errorRate)?.value == 0.001)
    }

    @Test func aReleaseThatIsReplacedBeforeItIsGoodDoesNotAnswer() {
        let world = deployed(after: 120, errorRate: 0.04)
        world.errorRate = 0.1
        world.pass(5)
        world.deploy("3.0.0")
        world.pass(10)
        #expect(world.state.book.lastKnownGood?.identity.version == "1.0.0")
        #expect(reading(world, .errorRate)?.value.map { abs($0 - 0.04) < 0.001 } ?? false)
    }

    @Test func badReleasesGiveTheMemoryBack() {
        let world = deployed(after: 120)
        world.command(.mark(service: "shop", version: "1.0.0", .bad, reason: "test"))
        world.pass(2)
        #expect(isUnknown(world))
        #expect(world.state.baselines?.isEmpty ?? true)
        #expect(world.stored.services["shop"]?.baselines?.isEmpty ?? true)
    }

    @Test func onlyAFewReleasesAreKept() {
        let world = world()
        for number in 1...8 {
            world.deploy("1.\(number)")
            world.pass(60)
        }
        #expect((world.state.baselines ?? []).count == ServiceEngine.baselinesKept)
        #expect(world.state.book.lastKnownGood?.identity.version == "1.7")
        #expect(!isUnknown(world))
    }

    @Test func aReleaseThatComesBackGoesOnWithItsOwn() {
        let world = deployed(after: 120, errorRate: 0.04)
        world.pass(60)
        // Back to 1.0.0, and away again before it showed anything new.
        world.deploy("1.0.0")
        world.pass(15)
        world.deploy("2.1.0")
        world.pass(10)
        #expect(world.state.book.lastKnownGood?.identity.version == "1.0.0")
        let value = reading(world, .errorRate)?.value
        #expect(value.map { abs($0 - 0.04) < 0.005 } ?? false, "\(value as Any)")
    }
}

// MARK: - Durable

extension BaselineTests {
    /// Else no rollback to the only good release could be seen to have cured what was slow.
    @Test func whatARollbackPutThereIsComparedWithItselfAsItWas() {
        let slow = World.trigger("slow", "p95(access, 10s) > 1.5 * baseline(p95(access, 10s))")
        var service = World.service(triggers: [Self.triggers[0], slow])
        service.baselineWindow = .minutes(10)
        let world = World(World.configuration(services: [service]))
        world.logs = { world, _ in
            world.batch(50, latency: world.version == "1.0.0" ? 0.02 : 0.05)
        }
        world.pass(120)
        world.deploy("2.0.0")
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        #expect(world.state.book.lastKnownGood == nil)
        #expect(world.incident?.unconfirmed == [])
        #expect(world.verdict("slow") == .healthy)
    }

    @Test(arguments: [true, false])
    func itSurvivesRestartAndReboot(sameBoot: Bool) {
        let world = deployed(after: 120, errorRate: 0.04)
        let before = reading(world, .percentile(95))
        world.crash(sameBoot: sameBoot)
        world.pass(5)
        #expect(reading(world, .percentile(95)) == before)
        #expect(before?.value != nil)
    }

    @Test(arguments: [true, false])
    func whatTheRunningReleaseGatheredIsInTheCheckpoint(sameBoot: Bool) {
        let world = world()
        world.errorRate = 0.04
        world.pass(120)
        let checkpoint = world.engine.checkpoint(at: world.now)
        world.crash(sameBoot: sameBoot)
        world.engine.restore(checkpoint, isSameBoot: sameBoot, at: world.now)
        world.pass(10)
        world.deploy("2.0.0")
        world.pass(10)
        let reading = reading(world, .errorRate)
        #expect((reading?.samples ?? 0) > 90 * 50, "\(reading as Any)")
    }

    @Test func aReleaseThatWasReplacedWhileWatchdWasDownLeavesItsOwnToo() {
        let world = world()
        world.errorRate = 0.04
        world.pass(120)
        let checkpoint = world.engine.checkpoint(at: world.now)
        world.crash()
        world.engine.restore(checkpoint, isSameBoot: true, at: world.now)
        world.deploy("2.0.0")
        world.pass(10)
        #expect(world.state.book.lastKnownGood?.identity.version == "1.0.0")
        #expect(reading(world, .errorRate)?.value.map { abs($0 - 0.04) < 0.001 } ?? false)
    }

    @Test func aCheckpointOfAnotherReleaseIsNotTakenUp() {
        let world = world()
        world.errorRate = 0.1
        world.pass(60)
        let checkpoint = world.engine.checkpoint(at: world.now)
        world.deploy("2.0.0")
        world.pass(60)
        world.crash()
        world.engine.restore(checkpoint, isSameBoot: true, at: world.now)
        world.deploy("3.0.0")
        world.pass(10)
        #expect(world.state.book.lastKnownGood?.identity.version == "2.0.0")
        #expect(isUnknown(world))
    }

    @Test func aSignalThatIsMeasuredInAnotherWayHasNoneYet() {
        let world = deployed(after: 120)
        #expect(!isUnknown(world))
        var next = world.configuration
        next.services[0].streams[0].error = nil
        world.perform(world.engine.reconfigure(to: next, at: world.now))
        world.pass(2)
        #expect(isUnknown(world))
        #expect(reading(world, .percentile(50), "health", needed: 3)?.value != nil)
        #expect(world.stored.services["shop"]?.baselines == world.state.baselines)
    }

    @Test func aReloadKeepsIt() {
        let world = deployed(after: 120)
        let before = reading(world, .percentile(95))
        var next = world.configuration
        next.services[0].bake = .minutes(5)
        world.perform(world.engine.reconfigure(to: next, at: world.now))
        world.pass(2)
        #expect(reading(world, .percentile(95)) == before)
    }

    @Test func whatNoExpressionAsksABaselineOfIsNotGathered() {
        let world = world([World.trigger("storm", "error_rate(access, 10s) > 25%")])
        world.pass(60)
        world.deploy("2.0.0")
        world.pass(10)
        #expect(world.state.baselines == nil)
        #expect(world.engine.services["shop"]?.baseline == BaselineGathering())
    }
}
