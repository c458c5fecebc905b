// `walk_back: 1`: one older good release may be tried when the last known good one did not help.

import Testing

@testable import WatchCore

@Suite struct WalkBackTests {
    /// 0.9.0 and 1.0.0 are good, 2.0.0 is bad; only `cure` helps.
    private func world(
        walkBack: Int? = 1, limits: Limits = Limits(maxRollbacks: 2), cure: String = "0.9.0",
        gates: [Gate] = [], change: (World) -> Void = { _ in }
    ) -> World {
        var plan = World.plan(gates: gates)
        plan.walkBack = walkBack
        let world = World(World.configuration(plan: plan, limits: limits))
        world.version = "0.9.0"
        #expect(world.bakeFirst())
        world.deploy("1.0.0")
        #expect(world.pass(upTo: 60) { $0.kinds("release.good").count == 2 })
        change(world)
        world.answer = { world, task in
            let result = world.obey(task)
            if task.title.hasPrefix("method") { world.errorRate = world.version == cure ? 0 : 0.4 }
            return result
        }
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .rollingBack })
        return world
    }

    @Test func oneOlderGoodReleaseMayBeTried() {
        let world = world()
        #expect(world.pass(upTo: 240) { $0.incident?.state == .recovered })
        #expect(world.version == "0.9.0")
        #expect(world.incident?.rollbacks.map(\.to.version) == ["1.0.0", "0.9.0"])
        #expect(world.incident?.rollbacks.map(\.from.version) == ["2.0.0", "1.0.0"])
        #expect(world.incident?.rollbacks.map(\.state) == [.failed, .recovered])
        // The limits count both.
        #expect(world.state.automaticEnds.count == 2)
    }

    /// It was bad after the landing, and at the end nobody can say any more.
    @Test func onWhatNobodyCanMeasureItDoesNotWalk() {
        let world = world(cure: "none")
        #expect(world.pass(upTo: 60) { !$0.kinds("verify.settled").isEmpty })
        world.pass(8)
        world.requestsPerSecond = 0
        #expect(world.pass(upTo: 240) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "not-the-release")
        #expect(world.incident?.rollbacks.count == 1)
        #expect(world.version == "1.0.0")
    }

    /// Something was bad when it was decided; before the first step that is well again, and of the
    /// rest nobody can say.
    @Test func onWhatNobodyCanMeasureBeforeItsFirstStepItDoesNotWalk() {
        let gate = Gate(
            name: "migration", action: .unit(name: "gate", with: nil), timeout: .seconds(60))
        var plan = World.plan(gates: [gate])
        plan.walkBack = 1
        let service = World.service(triggers: [
            World.trigger("storm", "error_rate(access, 10s) > 25%"),
            World.trigger("silent", "count(access, 5s) < 3", .high, .page),
        ])
        let world = World(World.configuration(services: [service], plan: plan))
        world.version = "0.9.0"
        #expect(world.bakeFirst())
        world.deploy("1.0.0")
        #expect(world.pass(upTo: 60) { $0.kinds("release.good").count == 2 })
        var asked: StepTask?
        world.answer = { world, task in
            if task.title.hasPrefix("gate"), world.kinds("rollback.began").count == 2 {
                asked = task
                return nil
            }
            let result = world.obey(task)
            if task.title.hasPrefix("method") { world.requestsPerSecond = 0 }
            return result
        }
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 300) { _ in asked != nil })
        world.errorRate = 0
        world.requestsPerSecond = 1
        world.pass(12)
        if let asked { world.finish(asked, TaskResult(ending: .exited(0))) }
        world.pass(20)
        #expect(world.version == "1.0.0")
        #expect(world.incident?.state == .handedOver)
        #expect(world.kinds("rollback.withdrawn").count == 1)
    }

    @Test func withoutItNoOlderReleaseIsTried() {
        let world = world(walkBack: nil)
        #expect(world.pass(upTo: 240) { $0.incident?.state == .handedOver })
        #expect(world.incident?.rollbacks.count == 1)
        #expect(world.version == "1.0.0")
    }

    @Test func oneIsTheEndOfIt() {
        let world = world(limits: Limits(maxRollbacks: 9), cure: "none")
        #expect(world.pass(upTo: 400) { $0.incident?.state == .handedOver })
        #expect(world.incident?.rollbacks.count == 2)
        #expect(world.incident?.reason == "not-the-release")
        world.pass(600)
        #expect(world.incident?.rollbacks.count == 2)
    }

    @Test func neverToABadRelease() {
        let world = world { world in
            world.command(.mark(service: "shop", version: "0.9.0", .bad, reason: "loses orders"))
        }
        #expect(world.pass(upTo: 240) { $0.incident?.state == .handedOver })
        #expect(world.version == "1.0.0")
    }

    @Test func theLimitHoldsForItToo() {
        let world = world(limits: Limits(maxRollbacks: 1))
        #expect(world.pass(upTo: 240) { $0.incident?.state == .handedOver })
        #expect(world.kinds("walk-back.refused").map(\.reason) == ["limit-reached"])
        #expect(world.version == "1.0.0")
    }

    @Test func disarmedMeanwhileItDoesNotWalk() {
        let world = world()
        #expect(world.pass(upTo: 60) { $0.incident?.state == .verifying })
        world.command(.disarm(service: nil, for: nil, reason: "people look"))
        #expect(world.pass(upTo: 240) { $0.incident?.state == .handedOver })
        #expect(world.kinds("walk-back.refused").map(\.reason) == ["disarmed"])
    }

    @Test func itsGatesAreAskedWithItsOwnVersions() {
        let gate = Gate(
            name: "migration", action: .unit(name: "gate", with: nil), timeout: .seconds(5))
        let world = world(gates: [gate])
        #expect(world.pass(upTo: 240) { $0.incident?.state == .recovered })
        let gates = world.tasks.filter { $0.title.hasPrefix("gate") }
        #expect(gates.map { $0.variables["to.version"] } == ["1.0.0", "0.9.0"])
        #expect(gates.map { $0.variables["from.version"] } == ["2.0.0", "1.0.0"])
    }

    @Test func aGateThatForbidsItLeavesItToPeople() {
        let gate = Gate(
            name: "migration", action: .unit(name: "gate", with: nil), timeout: .seconds(5))
        let world = world(gates: [gate])
        world.answer = { world, task in
            if task.title.hasPrefix("gate") { return TaskResult(ending: .exited(10)) }
            let result = world.obey(task)
            world.errorRate = 0.4
            return result
        }
        #expect(
            world.pass(upTo: 240) {
                $0.incident?.state != .rollingBack && $0.incident?.state != .verifying
            })
        #expect(world.incident?.state == .handedOver)
        #expect(world.incident?.reason == "gate-blocked:migration")
        #expect(world.version == "1.0.0")
    }

    /// What a step did before the crash is not known, so nothing more is run.
    @Test func afterAnUnknownOutcomeItDoesNotWalk() {
        var plan = World.plan(methods: [
            Method(name: "symlink", steps: [World.step("activate", idempotent: false)])
        ])
        plan.walkBack = 1
        let world = World(World.configuration(plan: plan))
        world.version = "0.9.0"
        #expect(world.bakeFirst())
        world.deploy("1.0.0")
        #expect(world.pass(upTo: 60) { $0.kinds("release.good").count == 2 })
        world.answer = { _, _ in nil }
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 60) { !$0.methodTasks.isEmpty })
        world.version = "1.0.0"
        world.crash()
        world.finish(world.tasks[0], TaskResult(ending: .unknown("reboot")))
        #expect(world.pass(upTo: 240) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "not-the-release")
        #expect(world.incident?.rollbacks.count == 1)
        world.pass(60)
        #expect(Set(world.tasks.map(\.id)).count == 1)
    }

    @Test func anApprovalAllowsOneReleaseOnly() {
        var plan = World.plan()
        plan.walkBack = 1
        let world = World.offering(plan: plan)
        world.answer = { world, task in
            let result = world.obey(task)
            world.errorRate = 0.4
            return result
        }
        world.approve()
        #expect(world.pass(upTo: 240) { $0.incident?.state == .handedOver })
        #expect(world.incident?.rollbacks.count == 1)
    }
}
