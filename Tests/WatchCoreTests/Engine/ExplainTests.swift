// `explain`: why the verdict is what it is, for somebody who was woken for it; and notices of what
// a rule asks for and never comes.

import Testing

@testable import WatchCore

@Suite struct ExplainTests {
    private func world(_ when: String, confidence: Double? = nil) -> World {
        var trigger = World.trigger("storm", when)
        trigger.judgement.confidence = confidence
        var service = World.service(triggers: [trigger])
        service.slo = 0.99
        return World(World.configuration(services: [service]))
    }

    private func why(_ world: World) -> [String] {
        world.engine.explain(service: "shop", trigger: "storm", at: world.now)?.why ?? []
    }

    @Test func aHealthyTriggerSaysWhatItMeasured() {
        let world = world("error_rate(access, 10s) > 25%")
        world.pass(20)
        let why = why(world)
        #expect(why.first?.hasPrefix("healthy for ") ?? false)
        #expect(why.first?.hasSuffix("the condition is false") ?? false)
        #expect(why.dropFirst().first?.hasPrefix("error_rate(access, 10s) is 0 % of ") ?? false)
    }

    @Test func aBreachSaysWhatItIsMadeOfAndWhenItClears() {
        let world = world("error_rate(access, 10s) > 25%")
        world.pass(20)
        world.errorRate = 0.5
        world.pass(15)
        #expect(why(world).first?.hasSuffix("the condition is true") ?? false)
        world.errorRate = 0
        world.pass(9)
        #expect(
            why(world).first?.contains("the condition has been false for ") ?? false,
            "\(why(world))")
        #expect(why(world).first?.hasSuffix("after 5s of it") ?? false)
    }

    @Test func unknownClearsNothingAndSaysSo() {
        let world = world("error_rate(access, 10s) > 25%")
        world.pass(20)
        world.errorRate = 0.5
        world.pass(15)
        world.logs = { _, _ in StreamBatch(source: .unreadable("permission denied")) }
        world.pass(5)
        let why = why(world)
        #expect(why.first?.hasSuffix("the condition is unknown now, which clears nothing") ?? false)
        #expect(
            why.last
                == "error_rate(access, 10s) is not known: blind (unreadable: permission denied)")
    }

    @Test func tooLittleDataSaysHowMuchIsMissing() {
        let world = world("error_rate(access, 10s) > 25%")
        world.requestsPerSecond = 1
        world.pass(30)
        let why = why(world)
        #expect(why.first?.hasPrefix("not decided for ") ?? false)
        #expect(why.dropFirst().first?.hasSuffix(" of 20 samples") ?? false)
    }

    @Test func warmingUpSaysSinceWhen() {
        let world = world("error_rate(access, 10s) > 25%")
        world.pass(3)
        #expect(why(world).last?.contains("(warm_up)") ?? false)
    }

    @Test func confidenceIsExplainedWhereItIsUsed() {
        let world = world("error_rate(access, 10s) > 25%", confidence: 0.95)
        world.errorRate = 0.28
        world.requestsPerSecond = 25
        world.pass(20)
        let why = why(world)
        #expect(why.contains { $0.contains("surely at least ") }, "\(why)")
        #expect(why.last?.contains("95 % sure") ?? false)
    }

    @Test func statusHasTheFiguresOfNowNotOfTheLastChange() {
        let world = world("error_rate(access, 10s) > 25%")
        world.pass(20)
        world.errorRate = 0.1
        world.pass(15)
        #expect(
            abs((world.status?.triggers.first?.readings.values.first?.value ?? 0) - 0.1) < 0.001)
    }

    @Test func anIncidentKeepsWhatMadeItABreach() {
        let world = world("error_rate(access, 10s) > 25% or failing(health) > 60%")
        world.pass(20)
        world.errorRate = 1
        world.pass(10)
        let breach = world.incident?.breaches.first
        #expect(breach?.when == "error_rate(access, 10s) > 25% or failing(health) > 60%")
        #expect(breach?.why?.count == 1)
        #expect(breach?.why?.first?.hasSuffix("more than 25%") ?? false)
    }

    // MARK: - What never comes

    private func notices(_ world: World) -> [String] { world.status?.notices ?? [] }

    @Test func aPatternThatMatchedNothingSinceStartIsNoticed() {
        let world = world("matches(access.panik, 10s) >= 1")
        world.pass(50)
        #expect(notices(world) == [])
        world.pass(20)
        #expect(
            notices(world).first?.hasPrefix("pattern 'access.panik' has matched no line") ?? false)
        #expect(
            world.engine.explain(service: "shop", trigger: "storm", at: world.now)?.notices
                == notices(world))
        world.restart()
        world.logs = { world, _ in
            var batch = world.batch(10)
            batch.slices[0].patterns = ["panik": 1]
            return batch
        }
        world.pass(1)
        world.logs = nil
        world.pass(200)
        #expect(notices(world) == [])
        world.restart()
        #expect(notices(world) == [])
    }

    @Test func aStreamWithoutALineIsNoticed() {
        let world = world("error_rate(access, 10s) > 25%")
        world.requestsPerSecond = 0
        world.pass(70)
        #expect(
            notices(world).first?.hasPrefix("stream 'access' has had no line since") ?? false)
        world.requestsPerSecond = 5
        world.pass(2)
        #expect(notices(world) == [])
    }

    @Test func aStreamOfWhichNoLineCountsIsNoticed() {
        let world = world("error_rate(access, 10s) > 25%")
        world.logs = { _, _ in StreamBatch(lines: 5) }
        world.pass(70)
        #expect(notices(world).first?.contains("none of them was counted") ?? false)
    }

    @Test func aProbeWithoutAResultIsNoticedOnce() {
        let world = world("failing(health) > 60% and up(health) < 1")
        world.finds = { _, _, _ in nil }
        world.pass(70)
        #expect(notices(world) == ["probe 'health' has never had a result"])
    }

    @Test func ofWhatNoRuleAsksNothingIsSaid() {
        let world = world("failing(health) > 60%")
        world.requestsPerSecond = 0
        world.pass(100)
        #expect(notices(world) == [])
    }
}
