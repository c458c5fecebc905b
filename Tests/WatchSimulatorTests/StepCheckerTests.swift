// Checkers of what plans can do must find what they are for: each is shown a broken rule.

import Testing
import WatchCore

@testable import WatchSimulator

@Suite struct StepCheckerTests {
    private func task(_ id: String, _ action: Action = .exec([])) -> StepTask {
        StepTask(
            id: "r." + id, service: "shop", rollback: "r", title: "method m: switch",
            action: action, variables: [:], timeout: .seconds(1))
    }

    private func plan(_ steps: [Step]) -> Plan {
        Plan(name: "p", methods: [Method(name: "m", steps: steps)], verify: Verify())
    }

    private func exited(_ status: Int) -> TaskResult { TaskResult(ending: .exited(status)) }

    // MARK: - Steps and their checks

    @Test func onlyAClearNoLetsAStepRunAgain() throws {
        let check = Action.unit(name: "check-switch", with: nil)
        let plan = plan([Step(name: "switch", action: .exec([]), timeout: .seconds(1))])
        for (answer, isNo) in [
            (exited(1), true), (exited(0), false), (TaskResult(ending: .timedOut), false),
            (TaskResult(ending: .couldNotStart("no such program")), false),
        ] {
            var steps = StepBook()
            try steps.begins(task("m0s0t1"), plan)
            steps.answered(task("m0s0t1.check", check), answer, at: .seconds(5))
            if isNo {
                try steps.begins(task("m0s0t2"), plan)
            } else {
                #expect(throws: Violation.self) { try steps.begins(task("m0s0t2"), plan) }
            }
        }
    }

    @Test func whatPsqlCouldNotAskIsNoNo() {
        let query = Action.sql(SQLQuery(connection: nil, text: Template(literal: "check")))
        #expect(!query.isDenied(by: exited(2)))
        #expect(!query.isDenied(by: TaskResult(ending: .unexpected("two rows"))))
        #expect(query.isDenied(by: query.denial))
        #expect(Action.exec([]).isDenied(by: exited(1)))
    }

    @Test func aTryBeforeItsPauseIsOver() throws {
        var step = Step(
            name: "switch", action: .exec([]), timeout: .seconds(1), idempotent: true, retries: 2)
        step.backoff = .seconds(10)
        var steps = StepBook()
        try steps.begins(task("m0s0t1"), plan([step]), at: .seconds(1))
        steps.answered(task("m0s0t1"), exited(1), at: .seconds(2))
        var early = steps
        #expect(throws: Violation.self) {
            try early.begins(task("m0s0t2"), plan([step]), at: .seconds(11))
        }
        try steps.begins(task("m0s0t2"), plan([step]), at: .seconds(12))
    }

    @Test func aStepBeforeTheOneThatComesFirst() throws {
        let step = Step(name: "switch", action: .exec([]), timeout: .seconds(1))
        var steps = StepBook()
        #expect(throws: Violation.self) { try steps.begins(task("m0s1t1"), plan([step, step])) }
    }

    @Test func somebodyWhoIsAskedTwice() throws {
        let manual = Action.manual(Template(literal: "switch it"))
        let plan = plan([Step(name: "switch", action: manual, timeout: .seconds(60))])
        let page = OutboxMessage(
            id: "shop-1/1/chat", channel: "chat",
            message: Message(
                kind: .page, time: .seconds(1), service: "shop", incident: "shop-1",
                title: "shop: rollback waits for somebody, method m: switch", text: "",
                fields: [Message.Field("rollback", "r")], dedupKey: ""))
        var steps = StepBook()
        try steps.begins(task("m0s0t1", manual), plan)
        try steps.asks(page)
        #expect(throws: Violation.self) { try steps.asks(page) }
    }

    // MARK: - What the engine itself sees to

    private func broken(
        _ kind: String, _ reason: String? = nil, text: String = "", in book: inout ServiceBook,
        at seconds: Int, later: Int = 0
    ) -> String? {
        let now = Moment(
            boot: .seconds(Double(seconds)), wall: .seconds(Double(1000 + seconds + later)))
        let circumstances = Circumstances(
            now: now, time: Int64(seconds) * Clock.second, configuration: Configuration(),
            acted: [])
        let event = EventRecord(
            time: now.wall, service: "shop", kind: kind, reason: reason, text: text)
        do {
            try book.read(operationEvent: event, Transaction(), circumstances)
        } catch {
            return error.rule
        }
        return nil
    }

    @Test func aWaitThatEndsEarly() {
        for (seconds, isBroken) in [(19, true), (20, false)] {
            var book = ServiceBook()
            book.own = OwnStepBook(waits: .seconds(10), since: .seconds(10))
            let rule = broken("step.finished", "exited-0", in: &book, at: seconds)
            #expect((rule == "a-wait-lasts-its-time") == isBroken)
        }
        var cancelled = ServiceBook()
        cancelled.own = OwnStepBook(waits: .seconds(10), since: .seconds(10))
        #expect(broken("step.finished", "cancelled", in: &cancelled, at: 11) == nil)
    }

    // MARK: - Rollbacks for later

    private var scheduled: ServiceBook {
        var book = ServiceBook()
        book.scheduled = ScheduleBook(
            id: "shop-s1", at: Moment(boot: .seconds(100), wall: .seconds(1100)),
            due: 100 * Clock.second, settings: 0, isForced: false)
        return book
    }

    @Test func aRollbackForLaterThatIsEarlyLateOrDoneTwice() {
        let rule = "scheduled-once-and-in-time"
        for (seconds, isBroken) in [(99, true), (100, false), (699, false), (710, true)] {
            var book = scheduled
            let found = broken("rollback.due", text: "shop-s1 is due", in: &book, at: seconds)
            #expect((found == rule) == isBroken)
            #expect(broken("rollback.due", text: "shop-s1 is due", in: &book, at: 101) == rule)
        }
    }

    @Test func oneWhoseHourNobodyCanTellAnyMore() {
        var book = scheduled
        book.rebaseWhatPeopleDo()
        let found = broken(
            "rollback.due", text: "shop-s1 is due", in: &book, at: 150, later: -3600)
        #expect(found == "scheduled-once-and-in-time")
    }

    // MARK: - People and checks

    @Test func itTakesTwoPeople() {
        let roles = ["cto", "dba"]
        #expect(!Simulation.fill(roles, [Simulation.ann]))
        #expect(!Simulation.fill(roles, [Simulation.ann, Simulation.ann]))
        #expect(Simulation.fill(roles, [Simulation.dan, Simulation.ann]))
    }

    @Test func aReleaseIsMadeWhenACheckThatWasAskedLaterPasses() {
        var made = MadeBook()
        let check = task("m0k1")
        made.asks(check, at: 1)
        made.read("3.0", at: 2)
        made.answered(check, exited(0))
        #expect(!made.isMade("3.0", by: "r"))
        let again = task("m0k2")
        made.asks(again, at: 3)
        made.answered(again, exited(1))
        #expect(!made.isMade("3.0", by: "r"))
        let last = task("m0k3")
        made.asks(last, at: 4)
        made.answered(last, exited(0))
        #expect(made.isMade("3.0", by: "r"))
    }

    @Test func aMethodsCheckIsNoStep() {
        let place = StepPlace(task("m1k3"))
        #expect(place?.isCheck == true && place?.isOfMethod == true && place?.first == 1)
        #expect(StepPlace(task("m1s2t1"))?.isCheck == false)
    }
}
