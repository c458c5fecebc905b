// Several verdicts that change in one second: each is known before anything is decided, whatever
// the order of the triggers in the file.

import Testing

@testable import WatchCore

@Suite struct OneSecondTests {
    private static func down(_ name: String = "down") -> TriggerConfiguration {
        var trigger = World.trigger(name, "failing(health) > 60%")
        trigger.judgement.clearFor = .zero
        return trigger
    }

    /// One rule breaches in the very second in which the one that would act clears.
    @Test(arguments: [true, false])
    func whatClearsInThisSecondIsNotActedUpon(isFirst: Bool) {
        var back = World.trigger("back", "failing(health) < 60%", .low, .page)
        back.judgement.clearFor = .zero
        let triggers = isFirst ? [Self.down(), back] : [back, Self.down()]
        let world = World(
            World.configuration(services: [World.service(triggers: triggers)]), armed: false)
        #expect(world.bakeFirst())
        world.deploy("2.0.0", passes: false)
        #expect(world.pass(upTo: 60) { $0.lastDecision?.reason == "disarmed" })
        _ = world.command(.arm(service: nil, reason: "test"))
        world.probePasses = true
        world.pass(20)
        #expect(world.kinds("trigger.cleared").contains { $0.trigger == "down" })
        #expect(world.kinds("trigger.breached").last?.trigger == "back")
        #expect(world.tasks.isEmpty)
        #expect(world.incident?.rollbacks.isEmpty ?? true)
    }

    /// Nor does a release become good meanwhile, whatever other rules say.
    @Test func whatIsTrueAndWaitedForIsNoHealth() {
        var storm = World.trigger("storm", "error_rate(access, 10s) > 25%", .critical, .page)
        storm.sustainedFor = .seconds(60)
        let triggers = [storm, World.trigger("down", "failing(health) > 60%")]
        let world = World(World.configuration(services: [World.service(triggers: triggers)]))
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 1)
        #expect(world.pass(upTo: 120) { !$0.kinds("trigger.breached").isEmpty })
        world.deploy("3.0.0", errorRate: 1)
        // Twice as long as it bakes.
        world.pass(45)
        #expect(world.kinds("release.good").map { $0.release?.version } == ["1.0.0"])
        #expect(world.kinds("trigger.breached").count == 1)
    }

    /// It was true all the time, of the new release's requests, too.
    @Test func aBreachThatADeploymentEndedIsNotClearedWhileForIsBeingWaitedFor() {
        var storm = World.trigger("storm", "error_rate(access, 10s) > 25%", .critical, .page)
        storm.sustainedFor = .seconds(20)
        let world = World(World.configuration(services: [World.service(triggers: [storm])]))
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 1)
        #expect(world.pass(upTo: 90) { !$0.kinds("trigger.breached").isEmpty })
        let cleared = world.kinds("trigger.cleared").count
        world.deploy("3.0.0", errorRate: 1)
        #expect(world.pass(upTo: 90) { $0.kinds("trigger.breached").count == 2 })
        #expect(world.kinds("trigger.cleared").count == cleared)
        let changes = world.kinds("trigger.insufficient").suffix(1)
        #expect(changes.first?.trigger == "storm")
        // What was false in between has cleared.
        world.deploy("4.0.0", errorRate: 1)
        world.pass(8)
        world.errorRate = 0
        #expect(world.pass(upTo: 90) { $0.kinds("trigger.cleared").count == cleared + 1 })
    }
}
