// DESIGN §5 "Crash safety", the engine's part: what is written and what is not, and what a rollback
// under way keeps when the configuration changes.

import Testing

@testable import WatchCore

@Suite struct CrashSafetyTests {
    private static let storm = World.trigger("storm", "error_rate(access, 10s) > 25%")

    @Test func onlyStateChangesAreStoredAndNeverObservations() {
        let world = World()
        #expect(world.bakeFirst())
        world.pass(5)
        let before = world.transactions
        world.pass(60)
        #expect(world.transactions == before)
        // A breach is a change.
        world.errorRate = 0.4
        #expect(world.pass(upTo: 20) { !$0.kinds("trigger.breached").isEmpty })
        #expect(world.transactions > before)
    }

    @Test(arguments: ["reload", "restart"])
    func aRollbackKeepsThePlanItWasDecidedWith(_ how: String) {
        let plan = World.plan(
            methods: [
                Method(name: "link", steps: [World.step("drain"), World.step("nothing")]),
                Method(name: "redeploy", steps: [World.step("activate")]),
            ], after: [World.step("open")])
        let service = World.service(triggers: [Self.storm])
        let world = World(World.configuration(services: [service], plan: plan))
        world.answer = { _, _ in nil }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 40) { !$0.methodTasks.isEmpty })
        var next = world.configuration
        next.plans = [World.plan(methods: [Method(name: "new", steps: [World.step("other")])])]
        if how == "reload" {
            world.perform(world.engine.reconfigure(to: next, at: world.now))
        } else {
            world.engine = Engine(
                configuration: next, stored: world.stored, storedBootID: "a", bootID: "a",
                now: world.now)
            world.perform(world.engine.resume(at: world.now))
        }
        world.answer = { $0.obey($1) }
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        let titles = world.tasks.map(\.title)
        #expect(titles.contains("method link: nothing"))
        #expect(titles.contains("method redeploy: activate"))
        #expect(titles.filter { $0 == "after: open" }.count == 2)
        #expect(!titles.contains("method new: other"))
        // The next one takes the new plan.
        #expect(world.engine.configuration.plans[0].methods.map(\.name) == ["new"])
    }

    @Test func theNextRollbackHasTheNewPlan() {
        let service = World.service(triggers: [Self.storm])
        let world = World(World.configuration(services: [service]))
        #expect(world.bakeFirst())
        var next = world.configuration
        next.plans = [World.plan(methods: [Method(name: "new", steps: [World.step("activate")])])]
        world.perform(world.engine.reconfigure(to: next, at: world.now))
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.methodTasks == ["method new: activate"])
    }

    /// The disk is full when the first of two steps has ended.
    private func fullBetweenSteps() -> World {
        let plan = World.plan(methods: [
            Method(name: "link", steps: [World.step("drain"), World.step("activate")])
        ])
        let service = World.service(triggers: [Self.storm])
        let world = World(World.configuration(services: [service], plan: plan))
        world.answer = { world, task in task.title.contains("drain") ? nil : world.obey(task) }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 40) { !$0.methodTasks.isEmpty })
        world.storeWorks = false
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        return world
    }

    /// With a full disk in the middle of it, it waits where it stands and says so.
    @Test func whenTheIntentOfALaterStepCannotBeStoredItDoesNotRun() {
        let world = fullBetweenSteps()
        world.pass(5)
        #expect(world.methodTasks == ["method link: drain"])
        let page = world.volatileMessages.last { $0.message.kind == .page }?.message
        #expect(page?.title == "shop: rollback waits, store-unavailable")
        // There is room again.
        world.storeWorks = true
        world.handle(.storeRecovered)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.methodTasks == ["method link: drain", "method link: activate"])
    }

    /// It was never begun: that nobody answered says nothing, however long the disk was full.
    @Test func aStepThatAFullDiskHeldBackForLongRunsWhenThereIsRoom() {
        let world = fullBetweenSteps()
        world.pass(400)
        #expect(world.methodTasks == ["method link: drain"])
        world.storeWorks = true
        world.handle(.storeRecovered)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.methodTasks == ["method link: drain", "method link: activate"])
    }

    /// A step whose outcome was lost, and what its check answers.
    private func world(
        asking check: Action, answered: TaskResult
    ) -> World {
        var step = World.step("activate", idempotent: false)
        step.check = check
        let plan = World.plan(methods: [Method(name: "link", steps: [step])])
        let service = World.service(triggers: [Self.storm])
        let world = World(World.configuration(services: [service], plan: plan))
        world.answer = { _, _ in nil }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 40) { !$0.methodTasks.isEmpty })
        world.crash()
        world.answer = { world, task in
            task.title.hasPrefix("check") ? answered : world.obey(task)
        }
        world.finish(world.tasks[0], TaskResult(ending: .unknown("reboot")))
        return world
    }

    private static let query = Action.sql(
        SQLQuery(connection: nil, text: Template(literal: "select done"), expectation: .any))

    private static func wrong(isNo: Bool) -> TaskResult {
        var result = TaskResult(ending: .unexpected("the value is f, expected t"))
        result.isNo = isNo
        return result
    }

    @Test(arguments: [
        (Action.unit(name: "check", with: nil), TaskResult(ending: .exited(1))),
        (query, wrong(isNo: true)),
    ])
    func aCheckOfAStepThatSaysNoLetsItRunAgain(_ check: Action, _ answer: TaskResult) {
        let world = world(asking: check, answered: answer)
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        #expect(Set(world.tasks.map(\.id)).count == 3)
    }

    /// A database that is down does not say that nothing was done.
    @Test(arguments: [
        (query, TaskResult(ending: .exited(2))), (query, wrong(isNo: false)),
        (Action.unit(name: "check", with: nil), TaskResult(ending: .timedOut)),
    ])
    func aCheckThatCouldNotBeAskedLetsNothingRunAgain(_ check: Action, _ answer: TaskResult) {
        let world = world(asking: check, answered: answer)
        #expect(world.pass(upTo: 120) { $0.incident?.state == .handedOver })
        // The step and its check; the same step again would have another name.
        #expect(Set(world.tasks.map(\.id)).count == 2)
        #expect(world.version == "2.0.0")
    }
}
