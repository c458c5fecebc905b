// Stories in which the release is the cause, and something stands in the way of seeing it, or of
// seeing that the rollback helped.

import Testing

@testable import WatchCore

@Suite struct BadReleaseTests {
    @Test func aHotfixInsideTheWindow() {
        let world = World.open()
        world.deploy("1.1.0", errorRate: 0.8)
        world.pass(100)
        // Before two minutes of 1.1.0 are there, its fix is.
        world.deploy("1.1.1")
        world.pass(minutes: 60)
        #expect(world.methodTasks.isEmpty)
        #expect(world.incident == nil)
        #expect(world.standing("1.1.1") == .good)
    }

    @Test func aHotfixWhileTheRollbackIsDecided() {
        var configuration = World.shop()
        configuration.plans[0].gates = [
            Gate(name: "slow", action: .unit(name: "gate", with: nil), timeout: .minutes(2))
        ]
        let world = World.open(configuration)
        world.answer = { world, task in
            task.title.hasPrefix("gate") ? nil : world.obey(task)
        }
        world.deploy("1.1.0", errorRate: 0.8)
        #expect(world.pass(upTo: 300) { !$0.tasks.isEmpty })
        world.deploy("1.1.1")
        world.pass(30)
        if let gate = world.tasks.last { world.finish(gate, TaskResult(ending: .exited(0))) }
        world.pass(minutes: 5)
        #expect(world.methodTasks.isEmpty)
        #expect(world.runs == "1.1.1")
        #expect(world.kinds("rollback.withdrawn").last?.reason == "release-changed")
        #expect(world.pass(upTo: 1000) { $0.incident == nil })
    }

    @Test func aVersionFromACacheIsAnError() {
        let world = World.open()
        // The endpoint sits behind a CDN: what it says is yesterday's, and the header tells.
        world.reads = { _, _, _ in .unavailable("the answer came from a cache (Age: 4711)") }
        world.deploy("1.1.0", errorRate: 0.8)
        world.pass(minutes: 10)
        #expect(world.methodTasks.isEmpty)
        #expect(world.decisions.last == "page release-unknown")
        #expect(world.status?.sources.first?.problem?.contains("cache") ?? false)
    }

    @Test func aCacheThatSaysNothingOfItself() {
        let world = World.open()
        world.pass(minutes: 120)
        world.reads = { _, _, _ in World.says("1.0.0") }
        world.deploy("1.1.0", errorRate: 0.8)
        world.pass(minutes: 10)
        // Better no action than one for the wrong release.
        #expect(world.methodTasks.isEmpty)
        #expect(world.decisions.last == "page no-release-suspect")
        // When the truth comes out, the trouble is older than what is read.
        world.reads = nil
        world.pass(minutes: 10)
        #expect(world.runs == "1.1.0")
        #expect(world.methodTasks.isEmpty)
        #expect(world.decisions.last == "page breach-predates-release")
    }

    @Test func aRollbackWhoseOwnRestartGives502s() {
        let world = World.open()
        world.answer = { world, task in
            world.version = task.variables["to.version"] ?? world.version
            world.began = world.now.boot
            return TaskResult(ending: .exited(0))
        }
        world.logs = { world, _ in
            let isOld = world.version == "1.0.0"
            let isDown = isOld && world.now.boot - world.began < .seconds(40)
            return world.batch(5, errors: isDown ? 5 : isOld ? 0 : 4)
        }
        world.finds = { world, _, _ in
            world.version == "1.0.0" && world.now.boot - world.began < .seconds(40)
                ? .fail("status 502") : .pass
        }
        world.version = "1.1.0"
        #expect(world.pass(upTo: 300) { !$0.methodTasks.isEmpty })
        #expect(world.pass(upTo: 600) { $0.incident?.state == .recovered })
        // One method was enough: forty seconds of booting are no failure.
        #expect(world.methodTasks.count == 1)
        #expect(world.incident?.unconfirmed == [])
        #expect(world.standing("1.1.0") == .bad)
    }

    @Test func aRolloutThatWasCompleteAndFailsLate() {
        let world = World.open()
        world.deploy("1.1.0")
        world.pass(minutes: 50)
        #expect(world.standing("1.1.0") == .good)
        // A leak: fifty minutes later it breaks down.
        world.errorRate = 0.8
        #expect(world.pass(upTo: 300) { !$0.methodTasks.isEmpty })
        #expect(world.pass(upTo: 600) { $0.incident?.state == .recovered })
        #expect(world.runs == "1.0.0")
        #expect(world.standing("1.1.0") == .bad)
    }

    @Test func aRepeatedNotification() {
        let world = World.open()
        world.announce("1.1.0")
        world.deploy("1.1.0", errorRate: 0.8)
        // The pipeline says it again, and again, as pipelines do.
        world.pass(20)
        world.announce("1.1.0")
        world.pass(70)
        world.announce("1.1.0")
        #expect(world.deployments.count == 2)
        #expect(world.pass(upTo: 300) { $0.incident?.state == .recovered })
        #expect(world.methodTasks.count == 1)
        #expect(world.kinds("incident.opened").count == 1)
        #expect(world.decisions == ["rollback trigger:5xx storm"])
    }

    @Test func aNotificationThatComesLateForAReleaseThatIsGone() {
        let world = World.open()
        world.deploy("1.1.0", errorRate: 0.8)
        #expect(world.pass(upTo: 400) { $0.incident?.state == .recovered })
        // The queue delivers the announcement of 1.1.0 now.
        world.announce("1.1.0")
        world.pass(minutes: 9)
        #expect(world.methodTasks.count == 1)
        // No source ever read it: after ten minutes 1.0.0 is what runs, and no suspect.
        world.pass(minutes: 2)
        #expect(world.runs == "1.0.0")
        #expect(world.suspicion == "no-release-suspect")
        #expect(world.standing("1.0.0") == .good)
    }
}
