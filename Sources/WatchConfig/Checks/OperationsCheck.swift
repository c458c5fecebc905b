// Whether what `operations:` asks for can ever come.

import WatchCore

struct OperationsCheck {
    let draft: Draft
    let problems: Problems

    func check(_ service: ServiceDraft) {
        guard let operations = service.operations, operations.rules.mode == .auto else { return }
        let severity = operations.rules.severity.rawValue
        if let policy = draft.policy[operations.rules.severity], policy.action != .rollback {
            problems.warning(
                operations.modePlace,
                "an operation that fails is never rolled back by itself: the policy of "
                    + "'\(severity)' is \(policy.action.rawValue)",
                "write severity: critical, or policy: { \(severity): { action: rollback } }, or "
                    + "leave mode out")
        } else if operations.plan == nil, service.plan == nil, !service.hadRefused {
            problems.error(
                operations.modePlace,
                "an operation that fails is to be rolled back, but there is no plan",
                "add rollback: { plan: NAME } to the service, or plan: NAME here")
        }
    }
}
