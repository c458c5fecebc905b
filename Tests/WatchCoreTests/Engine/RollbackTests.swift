// From gate to verification: what each step's ending leads to.

import Testing

@testable import WatchCore

@Suite struct RollbackTests {
    private func world(
        _ plan: Plan, answer: @escaping (World, StepTask) -> TaskResult? = { $0.obey($1) }
    ) -> World {
        let world = World(World.configuration(plan: plan))
        world.answer = answer
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        return world
    }

    private let gate = Gate(
        name: "migration", action: .unit(name: "gate", with: nil), timeout: .seconds(5))

    private func gated(_ status: Int, _ output: String = "") -> World {
        world(World.plan(gates: [gate])) { world, task in
            task.title.hasPrefix("gate")
                ? TaskResult(ending: .exited(status), output: output) : world.obey(task)
        }
    }

    @Test(arguments: [
        (1, "gate-blocked:migration"), (10, "gate-blocked:migration"),
        (11, "gate-blocked:migration"), (12, "gate-consult:migration"),
    ])
    func aGateThatDoesNotSayGoForbidsIt(_ status: Int, _ reason: String) {
        let world = gated(status, "schema 41 needs code 2.0.0")
        world.pass(25)
        #expect(world.methodTasks.isEmpty)
        #expect(world.incident?.reason == reason)
        #expect(world.incident?.state == .awaitingApproval)
        let page = world.messages.last { $0.message.kind == .page }?.message
        #expect(page?.text.contains("schema 41 needs code 2.0.0") ?? false)
        #expect(world.state.automaticEnds.isEmpty)
    }

    /// A variable without a value, a program that is not there: nobody said go.
    @Test func aGateThatCannotBeAskedForbidsIt() {
        let world = world(World.plan(gates: [gate])) { world, task in
            task.title.hasPrefix("gate")
                ? TaskResult(ending: .couldNotStart("${from.commit} has no value"))
                : world.obey(task)
        }
        world.pass(25)
        #expect(world.methodTasks.isEmpty)
        #expect(world.incident?.reason == "gate-blocked:migration")
    }

    @Test func aPersonCanForceAGateAndThatIsRecorded() {
        let world = gated(10)
        world.pass(25)
        let peer = Peer(uid: 1000, name: "alice")
        let reply = world.command(
            .rollback(service: "shop", to: nil, reason: "I know", dryRun: false, force: true),
            by: peer)
        #expect(reply.status == .done)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.kinds("gate.forced").first?.text.contains("alice") ?? false)
    }

    @Test func whatClearsBeforeTheFirstStepIsLeftAlone() {
        let world = world(World.plan(gates: [gate])) { _, _ in nil }
        #expect(world.pass(upTo: 30) { $0.tasks.count == 1 })
        world.errorRate = 0
        world.pass(25)
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        world.pass(3)
        #expect(world.tasks.count == 1)
        #expect(world.incident?.state == .cleared)
        #expect(world.version == "2.0.0")
    }

    @Test func aReleaseThatChangesWhileItIsDecidedIsNotRolledBack() {
        let world = world(World.plan(gates: [gate])) { _, _ in nil }
        #expect(world.pass(upTo: 30) { $0.tasks.count == 1 })
        world.deploy("2.0.1")
        world.pass(1)
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        world.pass(5)
        #expect(world.tasks.count == 1)
        #expect(world.incident?.state == .superseded)
    }

    @Test func theNextMethodRunsWhenTheFirstDidNotLand() {
        let world = world(World.plan()) { world, task in
            if task.title.contains("symlink") { return TaskResult(ending: .exited(0)) }
            return world.obey(task)
        }
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        #expect(
            world.methodTasks == ["method symlink: activate", "method redeploy: activate"])
    }

    @Test func landedButNotCuredIsHandedOverAndNothingMoreIsTried() {
        let world = world(World.plan()) { world, task in
            let result = world.obey(task)
            world.errorRate = 0.4
            return result
        }
        #expect(world.pass(upTo: 180) { $0.incident?.state == .handedOver })
        #expect(world.methodTasks.count == 1)
        #expect(world.incident?.reason == "not-the-release")
        #expect(world.state.book.release(version: "2.0.0")?.standing != .bad)
        #expect(
            world.messages.last { $0.message.kind == .page }?.message.title
                .contains("not-the-release") ?? false)
    }

    @Test func aMethodThatCanLoseDataNeverRunsByItself() {
        let plan = World.plan(methods: [
            Method(name: "symlink", steps: [World.step("nothing")]),
            Method(
                name: "restore", loses: "orders since the last backup",
                steps: [World.step("activate")]),
        ])
        let world = world(plan)
        #expect(world.pass(upTo: 120) { $0.incident?.state == .handedOver })
        #expect(world.methodTasks == ["method symlink: nothing"])
    }

    @Test func aFailingStepIsRetriedOnlyWhenItMayBe() {
        var step = World.step("activate")
        step.retries = 2
        let plan = World.plan(methods: [Method(name: "symlink", steps: [step])])
        let world = world(plan) { world, task in
            task.id.hasSuffix("t3") ? world.obey(task) : TaskResult(ending: .exited(1))
        }
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.methodTasks.count == 3)
    }

    @Test func aFailingBeforeStepStopsUnlessItMayFail() {
        var step = World.step("snapshot")
        let world = world(World.plan(before: [step], after: [World.step("open")])) { world, task in
            task.title.contains("snapshot")
                ? TaskResult(ending: .exited(1)) : world.obey(task)
        }
        #expect(world.pass(upTo: 60) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "before-failed")
        #expect(world.methodTasks.isEmpty)
        #expect(world.tasks.last?.title == "after: open")

        step.onFailure = .continue
        let second = self.world(World.plan(before: [step])) { world, task in
            task.title.contains("snapshot")
                ? TaskResult(ending: .exited(1)) : world.obey(task)
        }
        #expect(second.pass(upTo: 90) { $0.incident?.state == .recovered })
    }

    @Test func afterRunsWhenAPersonAborts() {
        let world = world(World.plan(after: [World.step("open")])) { world, task in
            task.title.hasPrefix("method") ? nil : world.obey(task)
        }
        #expect(world.pass(upTo: 40) { !$0.methodTasks.isEmpty })
        let task = world.tasks[0]
        let id = world.state.rollback?.id ?? ""
        #expect(world.command(.abort(rollback: id, reason: "stop")).status == .done)
        #expect(world.cancelled == [task.id])
        world.finish(task, TaskResult(ending: .cancelled))
        world.pass(2)
        #expect(world.tasks.last?.title == "after: open")
        #expect(world.incident?.state == .handedOver)
        #expect(world.incident?.rollbacks.last?.state == .aborted)
    }

    @Test func aRollbackSoonAfterTheDeploymentIsNoMixOfVersions() {
        let world = World(
            World.configuration(
                services: [
                    World.service(triggers: [World.trigger("storm", "error_rate(access, 5s) > 25%")]
                    )
                ]))
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.kinds("release.mixed").isEmpty)
    }

    @Test func theOldVersionReadAgainTakesLandedBack() {
        let world = world(World.plan())
        #expect(world.pass(upTo: 60) { !$0.kinds("verify.landed").isEmpty })
        world.version = "2.0.0"
        world.errorRate = 0.4
        world.pass(4)
        #expect(!world.kinds("verify.not-landed").isEmpty)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.methodTasks.last == "method redeploy: activate")
    }

    @Test func aThirdReleaseEndsItWithAHandOver() {
        let world = world(World.plan()) { world, task in
            if task.title.hasPrefix("method") { world.version = "2.0.1" }
            return TaskResult(ending: .exited(0))
        }
        #expect(world.pass(upTo: 90) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "release-changed")
        #expect(world.methodTasks.count == 1)
    }

    @Test func aVetoStopsItBeforeTheNextStep() {
        var service = World.service()
        service.triggers.append(
            World.trigger("data loss", "count(access, 5s) > 1000", .critical, .veto))
        let plan = World.plan(methods: [
            Method(name: "symlink", steps: [World.step("drain"), World.step("activate")])
        ])
        let world = World(World.configuration(services: [service], plan: plan))
        world.answer = { _, task in task.title.contains("drain") ? nil : .init(ending: .exited(0)) }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 40) { $0.tasks.count == 1 })
        world.requestsPerSecond = 500
        world.pass(6)
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        world.pass(2)
        #expect(world.tasks.count == 1)
        #expect(world.incident?.state == .handedOver)
        #expect(world.incident?.reason == "vetoed")
    }

    @Test func dryRunTellsThePlanAndTouchesNothing() {
        let world = World()
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(5)
        let reply = world.command(
            .rollback(service: "shop", to: nil, reason: "", dryRun: true, force: false))
        #expect(reply.status == .done)
        #expect(reply.plan?.contains { $0.contains("activate:1.0.0") } ?? false)
        #expect(world.incident == nil)
        #expect(world.tasks.isEmpty)
    }

    @Test func onePersonsRollbackAtATime() {
        let world = world(World.plan()) { _, _ in nil }
        #expect(world.pass(upTo: 40) { !$0.tasks.isEmpty })
        let reply = world.command(
            .rollback(service: "shop", to: nil, reason: "", dryRun: false, force: false))
        #expect(reply.status == .refused)
        #expect(reply.reason == "busy")
    }
}
