// Steps that the engine itself sees to: waits, things people do, pauses before another try; and the
// values that steps hand on.

import Testing

@testable import WatchCore

@Suite struct OwnStepsTests {
    private func step(_ name: String, _ action: Action, timeout: Duration = .seconds(60)) -> Step {
        Step(name: name, action: action, timeout: timeout, idempotent: true)
    }

    private func world(_ steps: [Step], after: [Step] = []) -> World {
        let plan = World.plan(methods: [Method(name: "main", steps: steps)], after: after)
        let world = World(World.configuration(plan: plan))
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        return world
    }

    private var manual: Step {
        step(
            "restore", .manual(World.template("Restore ${to.version} in the editor.")),
            timeout: .minutes(5))
    }

    // MARK: - Waiting

    @Test func aWaitLastsItsTimeAlsoAcrossARestart() {
        let world = world([
            step("settle", .wait(.seconds(20)), timeout: .seconds(20)), World.step("activate"),
        ])
        #expect(world.pass(upTo: 40) { $0.state.rollback?.pending?.action.isOurs ?? false })
        let began = world.now.boot
        world.pass(10)
        world.crash()
        #expect(world.tasks.isEmpty)
        #expect(world.pass(upTo: 30) { !$0.tasks.isEmpty })
        #expect(world.now.boot - began == .seconds(20))
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        let waited = world.records.values.first?.rollbacks.last?.steps.first
        #expect(waited?.took == .seconds(20))
    }

    @Test func aWaitIsAbortedAtOnce() {
        let world = world(
            [step("settle", .wait(.minutes(5)), timeout: .minutes(5)), World.step("activate")],
            after: [World.step("open")])
        #expect(world.pass(upTo: 40) { $0.state.rollback?.pending != nil })
        let id = world.state.rollback?.id ?? ""
        #expect(world.command(.abort(rollback: id, reason: "stop")).status == .done)
        world.pass(2)
        #expect(world.cancelled.isEmpty)
        #expect(world.tasks.map(\.title) == ["after: open"])
        #expect(world.incident?.rollbacks.last?.state == .aborted)
    }

    // MARK: - People

    @Test func aPersonIsToldWhatToDoAndSaysThatItIsDone() {
        let world = world([manual, World.step("activate")])
        #expect(world.pass(upTo: 40) { $0.state.rollback?.pending != nil })
        let id = world.state.rollback?.id ?? ""
        let page = world.messages.last?.message
        #expect(page?.kind == .page)
        #expect(page?.text.contains("Restore 1.0.0 in the editor.") ?? false)
        #expect(page?.text.contains("watchctl step-done \(id)") ?? false)
        world.crash()
        world.pass(3)
        #expect(world.tasks.isEmpty)
        let alice = Peer(uid: 1000, name: "alice", operates: true)
        let reply = world.command(
            .stepDone(rollback: id, succeeded: true, comment: "took a while"), by: alice)
        #expect(reply.status == .done)
        #expect(
            world.kinds("step.answered").last?.text
                == "method main: restore: alice (uid 1000) says that it is done: took a while")
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }

    @Test func whatCannotBeDoneIsAFailedStep() {
        let plan = World.plan(methods: [
            Method(name: "hand", steps: [manual]),
            Method(name: "symlink", steps: [World.step("activate")]),
        ])
        let world = World(World.configuration(plan: plan))
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 40) { $0.state.rollback?.pending != nil })
        let id = world.state.rollback?.id ?? ""
        _ = world.command(.stepDone(rollback: id, succeeded: false, comment: "no history"))
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.methodTasks == ["method symlink: activate"])
    }

    @Test func nobodyWhoSaysThatItIsDoneIsAFailureInTheEnd() {
        let world = world([manual])
        #expect(world.pass(upTo: 400) { $0.incident?.state == .handedOver })
        let ending = world.incident?.rollbacks.last?.steps.first?.result?.ending
        #expect(ending == .unexpected("nobody has said within 5m that it is done"))
    }

    @Test func stepDoneIsRefusedWhenNobodyIsWaitedFor() {
        let world = world([World.step("activate")])
        world.answer = { _, _ in nil }
        #expect(world.pass(upTo: 40) { !$0.tasks.isEmpty })
        let id = world.state.rollback?.id ?? ""
        let reply = world.command(.stepDone(rollback: id, succeeded: true, comment: ""))
        #expect(reply.status == .refused)
        #expect(reply.reason == "no-manual-step")
        #expect(
            world.command(.stepDone(rollback: "shop-9-r9", succeeded: true, comment: "")).status
                == .notFound)
    }

    // MARK: - Tries

    @Test func furtherTriesWaitLongerAndLonger() {
        var flaky = World.step("activate")
        flaky.retries = 2
        flaky.backoff = .seconds(5)
        let world = world([flaky])
        var tries: [Instant] = []
        world.answer = { world, task in
            tries.append(world.now.boot)
            return tries.count < 3 ? TaskResult(ending: .exited(1)) : world.obey(task)
        }
        #expect(world.pass(upTo: 40) { !$0.tasks.isEmpty })
        world.crash()
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(zip(tries, tries.dropFirst()).map { $1 - $0 } == [.seconds(5), .seconds(10)])
    }

    @Test func nothingIsTriedAgainOnceSomebodyAborted() {
        var flaky = World.step("activate")
        flaky.retries = 2
        flaky.backoff = .seconds(30)
        let world = world([flaky])
        world.answer = { _, _ in TaskResult(ending: .exited(1)) }
        #expect(world.pass(upTo: 40) { !$0.tasks.isEmpty })
        _ = world.command(.abort(rollback: world.state.rollback?.id ?? "", reason: "stop"))
        world.pass(60)
        #expect(world.tasks.count == 1)
        #expect(world.incident?.state == .handedOver)
    }

    // MARK: - Values

    @Test func whatAStepSavesIsAVariableOfTheOnesAfterIt() {
        var settings = ProgramSettings()
        settings.saves = [.init(name: "deployment", source: .pattern("id=(.*)"))]
        let find = step("find", .exec([World.template("/bin/find-it")], settings))
        let world = world([find, World.step("activate")])
        world.answer = { world, task in
            guard task.title.contains("find") else { return world.obey(task) }
            var result = TaskResult(ending: .exited(0))
            // Only what was asked for is taken, and nothing that could not be an argument.
            result.saved = ["deployment": "dpl_42", "to.version": "9.9.9"]
            return result
        }
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.tasks.last?.variables["deployment"] == "dpl_42")
        #expect(world.tasks.last?.variables["to.version"] == "1.0.0")
    }

    @Test func whatCouldBeNoArgumentIsNotTaken() {
        var settings = ProgramSettings()
        settings.saves = [.init(name: "deployment", source: .pattern("id=(.*)"))]
        let find = step("find", .exec([World.template("/bin/find-it")], settings))
        let world = world([find, World.step("activate")])
        world.answer = { world, task in
            guard task.title.contains("find") else { return world.obey(task) }
            var result = TaskResult(ending: .exited(0))
            result.saved = ["deployment": "-rf /"]
            return result
        }
        #expect(world.pass(upTo: 90) { $0.tasks.count == 2 })
        #expect(world.tasks.last?.variables["deployment"] == nil)
    }

    @Test func queriesGetWhatWasCapturedBefore() {
        let count = SQLQuery(connection: nil, text: World.template("select 1"), capture: "rows")
        let same = SQLQuery(
            connection: nil, text: World.template("select 1"), expectation: .same(as: "rows"))
        let world = world([
            step("count", .sql(count)), World.step("activate"), step("compare", .sql(same)),
        ])
        world.answer = { world, task in
            var result = world.obey(task)
            if task.title.contains("count") { result?.captured = ["rows": "5|15"] }
            return task.title.contains("compare") ? nil : result
        }
        #expect(world.pass(upTo: 40) { $0.tasks.count == 3 })
        world.crash()
        #expect(world.tasks.count == 4)
        #expect(world.tasks.last?.captures == ["rows": "5|15"])
    }

    // MARK: - Progress

    @Test func whoWaitsIsToldEveryFewMinutesHowFarItIs() {
        let slow = self.world([step("sleep", .wait(.minutes(9)), timeout: .minutes(9))])
        #expect(slow.pass(upTo: 40) { $0.state.rollback?.pending != nil })
        slow.pass(301)
        let told = slow.messages.last?.message
        #expect(told?.kind == .update)
        #expect(told?.title.contains("rollback goes on, method main: sleep") ?? false)
        #expect(told?.text.contains("of its budget of 10m are left") ?? false)
    }

    /// Two people have done what both were told to do; the second answer is not for the next step.
    @Test func anAnswerRightAfterAnotherSaysWhichStepItMeans() {
        var second = manual
        second.name = "read-only"
        let world = world([manual, second, World.step("activate")])
        #expect(world.pass(upTo: 40) { $0.state.rollback?.pending != nil })
        let id = world.state.rollback?.id ?? ""
        #expect(world.lastPage?.text.contains("watchctl step-done \(id) --step m0s0t1") ?? false)
        func done(_ step: String? = nil, by peer: Peer = World.admin) -> CommandReply {
            world.command(
                .stepDone(rollback: id, succeeded: true, comment: "", step: step), by: peer)
        }
        #expect(done().status == .done)
        let late = done(by: World.senior)
        #expect(late.status == .refused)
        #expect(late.reason == "other-step")
        #expect(late.message.contains("alice") && late.message.contains("--step m0s1t1"))
        #expect(done("m0s0t1").reason == "other-step")
        world.pass(10)
        #expect(world.tasks.isEmpty)
        #expect(done("m0s1t1").status == .done)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }

    @Test func aWhileLaterThereIsNoDoubt() {
        let world = world([manual, manual, World.step("activate")])
        #expect(world.pass(upTo: 40) { $0.state.rollback?.pending != nil })
        let id = world.state.rollback?.id ?? ""
        let done = Command.stepDone(rollback: id, succeeded: true, comment: "")
        #expect(world.command(done).status == .done)
        world.pass(31)
        #expect(world.command(done).status == .done)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }
}
