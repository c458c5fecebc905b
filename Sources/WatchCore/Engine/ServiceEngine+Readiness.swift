// Whether a rollback would work now, asked before it is needed.

extension ServiceEngine {
    /// So many releases in a row that were replaced before they were good: the last known good one
    /// falls further and further behind.
    static let unbakedAreTooMany = 3

    /// The gravest trigger that may act; what would it be allowed?
    func readiness(_ context: Context) -> ServiceStatus.Readiness {
        let automatic = configuration.triggers.filter { trigger in
            trigger.mode == .auto
                && context.configuration.policy(trigger.severity).action == .rollback
        }
        guard let trigger = automatic.max(by: { $0.severity < $1.severity }) else {
            return ServiceStatus.Readiness(
                ready: false, reason: "no-auto-trigger",
                text: "no trigger may act by itself (mode: auto, policy action: rollback)",
                target: state.book.lastKnownGood?.identity.version, problem: bakeProblem)
        }
        switch automaticAction(trigger, context) {
        case .success(let (plan, target)):
            return ServiceStatus.Readiness(
                ready: true, reason: nil,
                text: "would roll back to \(target.identity.text) with plan \(plan.name)",
                target: target.identity.version, problem: bakeProblem)
        case .failure(let refusal):
            return ServiceStatus.Readiness(
                ready: false, reason: refusal.reason.code, text: refusal.text,
                target: state.book.lastKnownGood?.identity.version, problem: bakeProblem)
        }
    }

    /// Three releases in a row that nobody waited for.
    private var bakeProblem: String? {
        let count = state.book.replacedUnbaked
        guard count >= Self.unbakedAreTooMany else { return nil }
        return "the last \(count) releases were replaced before they were good; shorten `bake` "
            + "(\(configuration.bake.text)), or the last known good release falls behind"
    }

    /// Said once for each release that is one too many.
    mutating func noteBakeProblem(_ context: inout Context) {
        guard let bakeProblem else { return }
        context.events.append(
            event("readiness.problem", context, reason: "bake-too-long", text: bakeProblem))
    }
}
