// The rules about guarded operations that nobody has to write: one that ended badly, one that
// takes twice as long as it was to, and one of which nothing is heard any more. Each is a trigger
// that is not in the configuration and whose name is its reason code, so that decision, approval,
// pages and incident are those of any other breach.

public struct OperationBreach: Hashable, Sendable {
    enum Kind: String, CaseIterable {
        /// It ended with a status that is not 0.
        case failed = "operation-failed"
        /// It runs for more than twice its estimate.
        case overrun = "operation-overrun"
        /// Whoever ran it no longer reports; how it ended is not known.
        case lost = "operation-lost"
    }

    var kind: Kind
    var operation: String

    init(_ kind: Kind, of operation: String) {
        self.kind = kind
        self.operation = operation
    }

    /// nil: another trigger's name.
    init?(name: String) {
        guard let colon = name.firstIndex(of: ":"),
            let kind = Kind(rawValue: String(name[..<colon]))
        else { return nil }
        self.init(kind, of: String(name[name.index(after: colon)...]))
    }

    /// Whether rules of the configuration may not be called so.
    public static func isReserved(_ name: String) -> Bool {
        Kind.allCases.contains { name == $0.rawValue || name.hasPrefix($0.rawValue + ":") }
    }

    /// Of the trigger, and its reason code.
    var name: String { "\(kind.rawValue):\(operation)" }

    /// What an incident shows as its condition.
    var condition: String {
        switch kind {
        case .failed: "operation \(operation) ends with status 0"
        case .overrun: "overrun(\(operation)) > \(Int(Operation.overrunLimit))"
        case .lost: "operation \(operation) is heard of"
        }
    }

    /// As the rules of the service want it judged.
    func trigger(_ rules: OperationRules) -> TriggerConfiguration? {
        guard let when = try? Expression("overrun(\(operation)) > \(Int(Operation.overrunLimit))")
        else { return nil }
        var trigger = TriggerConfiguration(
            name: name, when: when, severity: rules.severity,
            // Nobody knows what happened, so nothing is done about it by itself.
            mode: kind == .lost && rules.mode == .auto ? .page : rules.mode, plan: rules.plan)
        trigger.page = rules.page
        return trigger
    }
}
