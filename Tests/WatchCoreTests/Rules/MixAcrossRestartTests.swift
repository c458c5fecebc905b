// A mix of releases outlives watchd: what was to and fro before a restart is none the less so after
// it, and two equal reads in the middle of it are no deployment.

import Testing

@testable import WatchCore

@Suite struct MixAcrossRestartTests {
    /// 2.0.0 is being rolled out and answers in turn with 1.0.0.
    private func mixed() -> World {
        let world = World()
        world.pass(20)
        world.pass(reading: "2.0.0", "1.0.0", "2.0.0", "1.0.0")
        return world
    }

    private func isMixed(_ world: World) -> Bool {
        world.status?.releaseNote?.hasPrefix("mixed") ?? false
    }

    @Test(arguments: [true, false])
    func twoEqualReadsAfterACrashAreNoDeployment(sameBoot: Bool) {
        let world = mixed()
        world.crash(sameBoot: sameBoot)
        #expect(isMixed(world))
        world.pass(reading: "1.0.0", "1.0.0", "1.0.0", "2.0.0", "2.0.0")
        #expect(world.deployments.count == 2)
        #expect(world.runs == "2.0.0")
        #expect(isMixed(world))
        #expect(world.kinds("release.mixed").count == 1)
    }

    @Test(arguments: [true, false])
    func tenEqualReadsEndItAfterACrashToo(sameBoot: Bool) {
        let world = mixed()
        world.crash(sameBoot: sameBoot)
        let first = world.now.boot + .seconds(1)
        world.version = "1.0.0"
        world.pass(9)
        #expect(world.runs == "2.0.0")
        world.pass(1)
        #expect(world.runs == "1.0.0")
        #expect(world.deployments.count == 3)
        #expect(world.deployments.last?.began.boot == first)
        #expect(world.kinds("release.mixed-ended").count == 1)
    }

    @Test func aThirdReleaseAfterACrashIsAnotherDeployment() {
        let world = mixed()
        world.crash()
        world.pass(reading: "3.0.0", "3.0.0")
        #expect(world.runs == "3.0.0")
        #expect(world.deployments.count == 3)
    }

    @Test func whatEndedSinceTheCheckpointIsNotMixedAgain() {
        let world = mixed()
        let checkpoint = world.engine.checkpoint(at: world.now)
        world.version = "2.0.0"
        world.pass(10)
        #expect(!isMixed(world))
        world.crash()
        world.engine.restore(checkpoint, isSameBoot: true, at: world.now)
        #expect(!isMixed(world))
    }

    @Test func whatBeganSinceTheCheckpointIsMixedStill() {
        let world = World()
        world.pass(20)
        world.pass(reading: "2.0.0", "2.0.0")
        let checkpoint = world.engine.checkpoint(at: world.now)
        world.pass(reading: "1.0.0")
        #expect(isMixed(world))
        world.crash()
        world.engine.restore(checkpoint, isSameBoot: true, at: world.now)
        #expect(isMixed(world))
        world.pass(reading: "1.0.0", "1.0.0")
        #expect(world.runs == "2.0.0")
    }

    @Test func anAnnouncementEndsItForGood() {
        let world = mixed()
        world.announce("3.0.0")
        world.crash()
        #expect(!isMixed(world))
        #expect(world.runs == "3.0.0")
    }

    /// There is nobody left whose reads could end it.
    @Test func whereNoSourceIsLeftNothingIsMixed() {
        let world = mixed()
        var next = world.configuration
        next.services[0].version = []
        world.perform(world.engine.reconfigure(to: next, at: world.now))
        #expect(!isMixed(world))
    }

    /// Reads come every few seconds: each that is like the ones before is written nowhere.
    @Test func readsToAndFroAreNotWrittenEachTime() {
        let world = mixed()
        // Until the triggers have said that the new release is healthy.
        for _ in 0..<10 { world.pass(reading: "2.0.0", "1.0.0") }
        let before = world.transactions
        world.pass(reading: "2.0.0", "1.0.0", "1.0.0", "2.0.0")
        #expect(world.transactions == before)
    }

    /// It was decided about the release before: a hotfix has joined the mix meanwhile.
    @Test func aThirdReleaseIsNotWhatWasDecidedAbout() {
        let gate = Gate(
            name: "ready", action: .unit(name: "gate", with: nil), timeout: .minutes(1))
        let world = World(World.configuration(plan: World.plan(gates: [gate])))
        world.answer = { world, task in
            task.title.hasPrefix("gate") ? nil : world.obey(task)
        }
        #expect(world.bakeFirst())
        world.errorRate = 0.6
        for _ in 0..<20 where world.tasks.isEmpty { world.pass(reading: "2.0.0", "1.0.0") }
        #expect(isMixed(world))
        #expect(!world.tasks.isEmpty)
        world.pass(reading: "3.0.0", "3.0.0")
        #expect(world.runs == "3.0.0")
        if let gate = world.tasks.first { world.finish(gate, TaskResult(ending: .exited(0))) }
        for _ in 0..<3 { world.pass(reading: "3.0.0", "1.0.0") }
        #expect(world.kinds("rollback.withdrawn").map(\.reason) == ["release-changed"])
        #expect(world.methodTasks.isEmpty)
    }
}
