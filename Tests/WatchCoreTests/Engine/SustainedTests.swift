// `for`: the rule must also have been true in 90 % of the seconds of the last so long.

import Testing

@testable import WatchCore

@Suite struct SustainedTests {
    private func world(_ span: Int, mode: TriggerConfiguration.Mode = .page) -> World {
        var trigger = World.trigger("storm", "errors(access, 5s) > 0", .critical, mode)
        trigger.sustainedFor = .seconds(span)
        trigger.judgement = Judgement(warmUp: .zero, clearFor: .seconds(5))
        return World(World.configuration(services: [World.service(triggers: [trigger])]))
    }

    private var breaches: (World) -> Int { { $0.kinds("trigger.breached").count } }

    @Test func itMustBeTrueInNineOfTenSeconds() {
        let world = world(100)
        world.pass(20)
        world.errorRate = 0.5
        world.pass(89)
        #expect(breaches(world) == 0)
        #expect(world.verdict("storm") == .healthy)
        world.pass(2)
        #expect(breaches(world) == 1)
    }

    @Test func oneGoodSampleDoesNotResetIt() {
        let world = world(100)
        world.pass(20)
        world.errorRate = 0.5
        world.pass(60)
        // Five seconds of the window, and a second of calm.
        world.errorRate = 0
        world.pass(6)
        world.errorRate = 0.5
        world.pass(33)
        #expect(breaches(world) == 1)
    }

    @Test func whatIsTrueHalfOfTheTimeNeverFires() {
        let world = world(60)
        for _ in 0..<10 {
            world.errorRate = 0.5
            world.pass(15)
            world.errorRate = 0
            world.pass(25)
        }
        #expect(breaches(world) == 0)
    }

    @Test func unknownCountsAsNotTrue() {
        let world = world(100)
        world.pass(20)
        world.errorRate = 0.5
        world.pass(50)
        world.logs = { world, _ in
            StreamBatch(source: .unreadable("no such file: \(world.now.boot.second)"))
        }
        world.pass(20)
        world.logs = nil
        world.pass(60)
        // 50 and 60 of the last 100, but 20 of them were not seen.
        #expect(breaches(world) == 0)
        world.pass(31)
        #expect(breaches(world) == 1)
    }

    @Test func aBreachClearsByTheConditionAlone() {
        let world = world(100)
        world.pass(20)
        world.errorRate = 0.5
        world.pass(120)
        #expect(breaches(world) == 1)
        world.errorRate = 0
        // The window holds the last error for 5 s, then clear_for counts another 5.
        world.pass(9)
        #expect(world.verdict("storm") == .breached)
        world.pass(4)
        #expect(world.verdict("storm") == .healthy)
        // Ninety-one of the last hundred seconds are bad again: it breaches at once.
        world.errorRate = 0.5
        world.pass(3)
        #expect(world.verdict("storm") == .breached)
    }

    @Test func anotherReleaseBeginsWithACleanRecord() {
        let world = world(100)
        world.pass(20)
        world.errorRate = 0.5
        world.pass(80)
        world.version = "2.0.0"
        world.pass(60)
        #expect(breaches(world) == 0)
        world.pass(35)
        #expect(breaches(world) == 1)
    }

    @Test func itSurvivesARestartWithItsCheckpoint() {
        let world = world(100)
        world.pass(20)
        world.errorRate = 0.5
        world.pass(80)
        world.restart()
        world.pass(8)
        #expect(breaches(world) == 0)
        world.pass(4)
        #expect(breaches(world) == 1)
    }

    @Test func aReloadThatChangesItKeepsTheSeconds() {
        let world = world(100)
        world.pass(20)
        world.errorRate = 0.5
        world.pass(50)
        var configuration = world.configuration
        configuration.services[0].triggers[0].sustainedFor = .seconds(50)
        world.perform(world.engine.reconfigure(to: configuration, at: world.now))
        world.pass(1)
        #expect(breaches(world) == 1)
    }

    @Test func theExplanationSaysHowMuchOfItThereIs() throws {
        let world = world(100)
        world.pass(20)
        world.errorRate = 0.5
        world.pass(40)
        let explanation = try #require(
            world.engine.explain(service: "shop", trigger: "storm", at: world.now))
        #expect(
            explanation.why.first
                == "the condition is true, but not long enough: in 40s of the last 1m40s (40 %), "
                + "and 'for' wants 90 %")
    }

    // MARK: - Standing

    /// True, and only not for long enough: no evidence of health.
    @Test func aReleaseThatIsBadForLessThanThatIsNotGood() {
        let world = world(90, mode: .auto)
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 1)
        world.pass(80)
        #expect(world.verdict("storm") == .healthy)
        #expect(world.standing("2.0.0") != .good)
        #expect(world.kinds("release.good").count == 1)
    }

    @Test func oneThatRecoversBeforeItIsLongEnoughBakesOn() {
        let world = world(90, mode: .auto)
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 1)
        world.pass(40)
        world.errorRate = 0
        #expect(world.pass(upTo: 60) { $0.standing("2.0.0") == .good })
    }

    /// A rule that is only watched says nothing against a release, and nothing for it.
    @Test func inShadowItHoldsNobodyBack() {
        var shadow = World.trigger("shadow", "errors(access, 5s) > 0", .critical, .shadow)
        shadow.sustainedFor = .seconds(90)
        let well = World.trigger("probe", "not up(health)", .critical)
        let world = World(
            World.configuration(services: [World.service(triggers: [shadow, well])]))
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 1)
        #expect(world.pass(upTo: 60) { $0.standing("2.0.0") == .good })
    }

    @Test func itIsNotCalledFalse() {
        let world = world(90)
        world.errorRate = 1
        world.logs = { _, _ in StreamBatch(source: .unreadable("no such file")) }
        world.pass(20)
        #expect(world.verdict("storm") == .blind)
        world.logs = nil
        world.pass(30)
        let texts = world.kinds("trigger.cleared").map(\.text)
        #expect(
            texts == ["storm: errors(access, 5s) > 0 is true, but not for long enough yet"])
    }
}
