// Whoever waits for a long rollback is told how much of it is left, and of a budget only where one
// binds.

import Testing

@testable import WatchCore

@Suite struct ProgressTests {
    private func step(_ timeout: Duration, target: Duration? = nil) -> Step {
        var step = World.step("activate")
        step.timeout = timeout
        step.target = target
        return step
    }

    /// A rollback whose first step goes on, five minutes later.
    private func told(
        _ steps: [Step], budget: Duration, approved: Bool = false, verifyTarget: Duration? = nil,
        after seconds: Int = 301
    ) -> String {
        var method = Method(name: "main", steps: steps)
        if approved { method.loses = "orders" }
        var plan = World.plan(methods: [method], after: [step(.minutes(2), target: .seconds(30))])
        plan.budget = budget
        plan.verify.target = verifyTarget
        let world = World.offering(plan: plan)
        world.answer = { _, _ in nil }
        #expect(world.approve(approved ? "main" : nil).status == .done)
        #expect(world.pass(upTo: 30) { $0.state.rollback?.pending != nil })
        world.pass(seconds)
        let message = world.messages.last { $0.message.title.contains("goes on") }?.message
        #expect(message?.text.contains("watchctl abort") ?? false)
        return message?.text ?? ""
    }

    /// An approved method may take as long as it takes.
    @Test func anApprovedMethodIsToldByItsOwnTimeLimitsAndWithoutABudget() {
        let text = told([step(.minutes(20))], budget: .minutes(4), approved: true)
        // 15 m of the step, 2 m afterwards, and 70 s to land and to be cured.
        #expect(text.contains("at most 18m"), "\(text)")
        #expect(!text.contains("budget"), "\(text)")
    }

    @Test func targetsSayHowLongTheRestOughtToTake() {
        let text = told(
            [step(.minutes(20), target: .minutes(8)), step(.minutes(5), target: .minutes(1))],
            budget: .minutes(4), approved: true, verifyTarget: .minutes(1))
        // 3 m of the step, 1 m, 30 s and 1 m.
        #expect(text.contains("about 5m"), "\(text)")
        #expect(text.contains(", at most 23m"), "\(text)")
    }

    @Test func whatIsLateMayTakeAsLongAsItsLimit() {
        let text = told(
            [step(.minutes(20), target: .minutes(2))], budget: .minutes(4), approved: true,
            verifyTarget: .minutes(1))
        #expect(text.contains("about 1m30s, at most 18m"), "\(text)")
    }

    @Test func furtherTriesAndPausesCount() {
        var again = step(.minutes(20))
        again.retries = 1
        again.backoff = .minutes(1)
        let text = told([again], budget: .minutes(4), approved: true)
        #expect(text.contains("at most 39m"), "\(text)")
    }

    @Test func whereTheBudgetBindsItIsNamed() {
        let text = told(
            [step(.minutes(20), target: .minutes(8))], budget: .hours(1),
            verifyTarget: .minutes(1))
        #expect(text.contains("about 4m"), "\(text)")
        #expect(text.contains("at most 55m"), "\(text)")
        #expect(text.contains("of its budget of 1h are left"), "\(text)")
    }

    @Test func aBudgetThatIsSpentEndsItAfterWhatHasBegun() {
        let text = told([step(.minutes(20)), step(.minutes(20))], budget: .minutes(4))
        #expect(
            text.contains("its budget of 4m is spent, so no further step of a method begins"),
            "\(text)")
        #expect(!text.contains("left"), "\(text)")
    }
}
