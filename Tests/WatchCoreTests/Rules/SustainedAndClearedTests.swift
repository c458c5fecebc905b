// DESIGN §5 "Sustained and cleared" (`for` aside) and "Time", sentence by sentence.

import Testing

@testable import WatchCore

@Suite struct SustainedAndClearedTests {
    private func world(
        _ triggers: TriggerConfiguration..., armed: Bool = false
    ) -> World {
        World(World.configuration(services: [World.service(triggers: triggers)]), armed: armed)
    }

    private static let storm = World.trigger("storm", "error_rate(access, 10s) > 25%")

    @Test func aBreachClearsWhenItsExpressionWasFalseForClearFor() {
        let world = world(Self.storm)
        world.pass(10)
        world.errorRate = 0.6
        #expect(world.pass(upTo: 20) { $0.verdict("storm") == .breached })
        world.errorRate = 0
        // The window forgets within ten seconds, and then it must be false for five.
        var falseSince: Instant?
        #expect(
            world.pass(upTo: 30) { world in
                let value = world.status?.triggers.first?.readings.values.first?.value ?? 1
                if value <= 0.25, falseSince == nil { falseSince = world.now.boot }
                return world.verdict("storm") == .healthy
            })
        #expect(falseSince.map { world.now.boot - $0 } == .seconds(5))
    }

    @Test func throughUnknownItsVerdictStaysBreached() {
        let world = world(Self.storm)
        world.pass(10)
        world.errorRate = 0.6
        #expect(world.pass(upTo: 20) { $0.verdict("storm") == .breached })
        world.requestsPerSecond = 0
        world.pass(60)
        #expect(world.verdict("storm") == .breached)
        world.logs = { _, _ in StreamBatch(source: .unreadable("no such file")) }
        world.pass(60)
        #expect(world.verdict("storm") == .breached)
    }

    /// The stream says only once that it cannot be read.
    @Test func aReloadThatChangesAWindowForgetsNoBlindness() {
        let world = world(Self.storm)
        world.pass(10)
        world.logs = { _, _ in StreamBatch(source: .unreadable("no such file")) }
        world.pass(5)
        #expect(world.verdict("storm") == .blind)
        world.logs = { _, _ in nil }
        var configuration = world.configuration
        configuration.services[0].triggers[0].when = World.expression(
            "error_rate(access, 20s) > 50%")
        world.perform(world.engine.reconfigure(to: configuration, at: world.now))
        world.pass(5)
        #expect(world.verdict("storm") == .blind)
    }

    @Test func onlyADeploymentOfAnotherReleaseEndsItEarly() {
        let world = world(Self.storm)
        #expect(world.bakeFirst())
        world.errorRate = 0.6
        #expect(world.pass(upTo: 20) { $0.verdict("storm") == .breached })
        world.pass(700)
        // The same release is no other.
        world.announce("1.0.0")
        #expect(world.verdict("storm") == .breached)
        world.announce("1.0.1")
        #expect(world.verdict("storm") == .insufficient)
        #expect(world.incident?.breaches.allSatisfy { $0.cleared != nil } ?? false)
    }

    @Test func afterItTheNewSamplesClearIt() {
        let world = world(Self.storm)
        #expect(world.bakeFirst())
        world.errorRate = 0.6
        #expect(world.pass(upTo: 20) { $0.verdict("storm") == .breached })
        world.deploy("1.0.1")
        world.pass(2)
        #expect(world.verdict("storm") == .insufficient)
        #expect(world.pass(upTo: 10) { $0.verdict("storm") == .healthy })
        #expect(world.kinds("trigger.insufficient").last?.trigger == "storm")
        #expect(world.kinds("trigger.cleared").last?.trigger == "storm")
    }

    @Test func orBeginABreachAnew() {
        let world = world(Self.storm)
        #expect(world.bakeFirst())
        world.errorRate = 0.6
        #expect(world.pass(upTo: 20) { $0.verdict("storm") == .breached })
        world.version = "1.0.1"
        world.pass(2)
        #expect(world.verdict("storm") == .insufficient)
        #expect(world.pass(upTo: 10) { $0.verdict("storm") == .breached })
        #expect(world.kinds("trigger.breached").count == 2)
        #expect(world.incident?.breaches.count == 2)
    }

    @Test func aVetoIsNeverEndedByADeployment() {
        let world = world(
            World.trigger("loss", "errors(access, 10s) >= 1", .critical, .veto), Self.storm)
        #expect(world.bakeFirst())
        world.errorRate = 0.6
        #expect(world.pass(upTo: 20) { $0.verdict("loss") == .breached })
        world.deploy("1.0.1")
        world.pass(2)
        #expect(world.verdict("loss") == .breached)
        #expect(world.verdict("storm") == .insufficient)
        // Its own samples clear it, as ever.
        #expect(world.pass(upTo: 30) { $0.verdict("loss") == .healthy })
    }

    @Test func eachTriggerHasItsOwnJudgement() {
        var slow = World.trigger("slow", "error_rate(access, 10s) > 25%")
        slow.judgement.clearFor = .seconds(30)
        slow.judgement.minSamplesOfStream = 100
        let world = world(Self.storm, slow)
        world.pass(10)
        world.errorRate = 0.6
        #expect(world.pass(upTo: 20) { $0.verdict("slow") == .breached })
        world.errorRate = 0
        #expect(world.pass(upTo: 40) { $0.verdict("storm") == .healthy })
        #expect(world.verdict("slow") == .breached)
        #expect(world.pass(upTo: 40) { $0.verdict("slow") == .healthy })
        world.requestsPerSecond = 5
        world.pass(20)
        #expect(world.verdict("storm") == .healthy)
        #expect(world.verdict("slow") == .insufficient)
    }

    // MARK: - Time

    @Test func aGapOfTheClockOverFiveSecondsIsUncovered() {
        let world = world(Self.storm, World.trigger("down", "failing(health) > 60%"))
        world.pass(30)
        world.suspend(5)
        world.handle(.tick)
        #expect(world.verdict("storm") == .healthy)
        world.pass(30)
        world.suspend(6)
        world.handle(.tick)
        #expect(world.verdict("storm") == .insufficient)
        world.pass(11)
        #expect(world.verdict("storm") == .healthy)
    }

    @Test func aCommandAfterAGapFindsItUncoveredToo() {
        let world = world(Self.storm)
        world.pass(30)
        world.suspend(60)
        world.command(.declare(service: "shop", severity: .low, reason: "woke up"))
        #expect(world.verdict("storm") == .insufficient)
    }

    @Test func theStateOfAProbeFromBeforeALongSleepIsStale() {
        let world = world(World.trigger("down", "failing(health) > 60%"))
        world.pass(30)
        #expect(world.verdict("down") == .healthy)
        world.suspend(3600)
        world.handle(.tick)
        #expect(world.verdict("down") == .insufficient)
        world.pass(1)
        #expect(world.verdict("down") == .healthy)
    }

    @Test func nobodyWatchedABreachClear() {
        let world = world(Self.storm)
        world.pass(10)
        world.errorRate = 0.6
        #expect(world.pass(upTo: 20) { $0.verdict("storm") == .breached })
        world.errorRate = 0
        world.pass(10)
        #expect(world.verdict("storm") == .breached)
        world.suspend(60)
        world.handle(.tick)
        #expect(world.verdict("storm") == .breached)
        // It answers again after the warm-up of five seconds, and is false for five more.
        world.pass(9)
        #expect(world.verdict("storm") == .breached)
        world.pass(2)
        #expect(world.verdict("storm") == .healthy)
    }

    @Test func verdictsAreComputedWhenABatchArrivesAndAtEveryWholeSecond() {
        let world = world(World.trigger("storm", "errors(access, 10s) >= 30"))
        world.pass(10)
        world.handle(
            .stream(service: "shop", stream: "access", world.batch(50, errors: 50)))
        #expect(world.verdict("storm") == .breached)
        let deadline = world.engine.nextDeadline(after: .seconds(17.25))
        #expect(deadline == .seconds(18))
        #expect(world.engine.nextDeadline(after: .seconds(18)) == .seconds(19))
    }

    @Test func verdictsAreComputedWhenAResultArrives() {
        let world = world(World.trigger("down", "failing(health) > 60%"))
        world.pass(10)
        world.probePasses = false
        world.probe("shop")
        #expect(world.verdict("down") == .healthy)
        world.probe("shop")
        #expect(world.verdict("down") == .breached)
        #expect(world.kinds("trigger.breached").count == 1)
    }

    private func line(_ world: World, secondsAgo: Int64) -> StreamBatch {
        let slice = StreamBatch.Slice(
            second: world.now.boot.second - secondsAgo, count: 1, errors: 1,
            latency: LatencySketch())
        return StreamBatch(slices: [slice], lines: 1)
    }

    @Test func aLineGoesIntoItsSliceAsLongAsAWindowCoversIt() {
        let world = world(World.trigger("storm", "errors(access, 30s) >= 1"))
        world.pass(60)
        world.handle(.stream(service: "shop", stream: "access", line(world, secondsAgo: 31)))
        world.handle(.tick)
        #expect(world.verdict("storm") == .healthy)
        world.handle(.stream(service: "shop", stream: "access", line(world, secondsAgo: 28)))
        #expect(world.verdict("storm") == .breached)
        // It counted for its own second, not for the one it came in.
        world.pass(4)
        #expect(world.status?.triggers.first?.readings.values.first?.value == 0)
    }

    @Test func linesThatAreLateOrEarlyAreLeftOutAndMakeAStreamBlind() {
        let world = world(World.trigger("storm", "errors(access, 10s) >= 1"))
        world.requestsPerSecond = 0
        world.pass(60)
        for _ in 0..<20 {
            world.handle(.stream(service: "shop", stream: "access", line(world, secondsAgo: 90)))
        }
        #expect(world.verdict("storm") == .blind)
        world.pass(61)
        #expect(world.verdict("storm") == .healthy)
        for _ in 0..<20 {
            world.handle(.stream(service: "shop", stream: "access", line(world, secondsAgo: -11)))
        }
        #expect(world.verdict("storm") == .blind)
        world.pass(30)
        #expect(world.kinds("trigger.breached").isEmpty)
    }
}
