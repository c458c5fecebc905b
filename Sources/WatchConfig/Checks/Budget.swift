// The time a plan may need, against its budget: one that is too short would end a rollback in the
// middle.

import WatchCore

struct Budget {
    let plan: Plan

    private struct Part {
        var name: String
        var time: Duration
    }

    /// Each step with all its tries; each unattended method may wait for its landing in vain
    /// before the next one runs; cured is judged once.
    private var parts: [Part] {
        let unattended = plan.methods.filter(\.isUnattended)
        let verify = plan.verify
        let landings = verify.landWithin * max(1, unattended.count)
        // Each method but the first finds them running again, and what comes after it has run.
        let rounds = max(1, unattended.count)
        let stops = Self.time((plan.spans ?? []).map(\.stop)) * rounds
        let starts = Self.time((plan.spans ?? []).map(\.start)) * rounds
        return [
            Part(name: "gates", time: plan.gates.reduce(.zero) { $0 + $1.timeout }),
            Part(name: "before", time: Self.time(plan.before)), Part(name: "stops", time: stops),
        ] + unattended.map { Part(name: "method \($0.name)", time: Self.time($0.possibleSteps)) }
            + [
                Part(name: "starts", time: starts),
                Part(name: "after", time: Self.time(plan.after) * rounds),
                Part(name: "verify", time: landings + verify.settle + verify.clearFor),
            ]
    }

    var sum: Duration { parts.reduce(.zero) { $0 + $1.time } }

    /// `gates 30s + before 2m + … = 9m45s`.
    var account: String {
        let terms = parts.filter { $0.time > .zero }.map { "\($0.name) \($0.time.text)" }
        return terms.joined(separator: " + ") + " = \(sum.text)"
    }

    private static func time(_ steps: [Step]) -> Duration {
        steps.reduce(.zero) { $0 + $1.timeout * (1 + $1.retries) + $1.pauses }
    }

    static func check(_ draft: PlanDraft, _ problems: Problems) {
        let budget = Budget(plan: draft.plan)
        guard budget.sum > draft.plan.budget else { return }
        problems.error(
            draft.budgetPlace,
            "the budget of \(draft.plan.budget.text) is shorter than what the plan may need: "
                + budget.account,
            "write budget: \(budget.roundedUp.text) or more, or shorten time-outs")
    }

    /// Whole minutes, so that the text does not lose seconds.
    private var roundedUp: Duration {
        let minute: Int64 = 60_000_000_000
        return Duration(nanoseconds: (sum.nanoseconds + minute - 1) / minute * minute)
    }
}
