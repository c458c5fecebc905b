// What the simulator found, each as a short story: the seed is long forgotten, the rule stays.

import Testing

@testable import WatchCore

@Suite struct SimulatorFindingsTests {
    /// The bake begins again at a breach, be it shorter than a second.
    @Test func aBreachOfAnInstantBeginsTheBakeAgain() {
        var triggers = [World.trigger("down", "failing(health) > 60%", .high, .page)]
        triggers[0].judgement.clearFor = .zero
        let world = World(
            World.configuration(services: [World.service(triggers: triggers)]))
        world.pass(15)
        let baked = world.state.book.releases.first?.baked ?? .zero
        #expect(baked > .zero)
        world.probePasses = false
        for _ in 0..<2 { world.probe("shop") }
        world.probePasses = true
        for _ in 0..<2 { world.probe("shop") }
        #expect(world.kinds("trigger.breached").count == 1)
        #expect(world.state.book.releases.first?.baked == .zero)
    }

    /// Bake progress of a checkpoint from before the breach is not taken up, though the incident
    /// is closed by then.
    @Test func anOlderCheckpointDoesNotUndoTheRestartOfTheBake() {
        let triggers = [World.trigger("down", "failing(health) > 60%", .high, .page)]
        let world = World(
            World.configuration(services: [World.service(triggers: triggers)]))
        world.pass(15)
        let checkpoint = world.engine.checkpoint(at: world.now)
        world.probePasses = false
        world.pass(3)
        let id = world.incident?.id ?? ""
        world.command(.resolve(incident: id, comment: ""))
        world.engine = Engine(
            configuration: world.configuration, stored: world.stored, storedBootID: "a",
            bootID: "a", now: world.now)
        world.engine.restore(checkpoint, isSameBoot: true, at: world.now)
        #expect(world.state.book.releases.first?.baked == .zero)
    }

    /// What a probe said before a time that nobody watched is of yesterday, also when a deployment
    /// restarts the windows after it.
    @Test func aDeploymentMakesNoOldStateOfAProbeCurrent() {
        let triggers = [World.trigger("down", "failing(health) > 60%", .high, .page)]
        let world = World(
            World.configuration(services: [World.service(triggers: triggers)]))
        world.pass(15)
        #expect(world.verdict("down") == .healthy)
        world.finds = { _, _, _ in nil }
        world.now.boot = world.now.boot + .minutes(10)
        world.now.wall = world.now.wall + .minutes(10)
        world.version = "2.0.0"
        world.announce("2.0.0")
        world.pass(130)
        #expect(world.verdict("down") == .insufficient)
    }

    /// The target is read before the first step, and not a second later: no later method runs
    /// without the questions that come before a first step.
    @Test func aTargetThatOnlyFlickersRunsNoFallback() {
        let world = World()
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        // Long enough for the target's return to be no mix of two releases.
        world.pass(15)
        world.errorRate = 0.9
        #expect(world.pass(upTo: 60) { !$0.kinds("rollback.began").isEmpty })
        world.version = "1.0.0"
        world.readVersion("shop", 0)
        #expect(world.pass(upTo: 20) { !$0.kinds("verify.early").isEmpty })
        world.version = "2.0.0"
        _ = world.command(.disarm(service: nil, for: nil, reason: "test"))
        world.pass(30)
        #expect(world.methodTasks.isEmpty)
        #expect(world.state.rollback == nil)
    }
}
