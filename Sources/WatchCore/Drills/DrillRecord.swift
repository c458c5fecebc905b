// What came of a drill. It is part of the incident that holds its rollback, and the last one of
// each plan, and the last that passed, are kept for ever.

public struct DrillRecord: Hashable, Sendable, Codable {
    public enum Outcome: String, Hashable, Sendable, Codable {
        case running
        /// It landed, and all was well.
        case passed
        /// It did not.
        case failed
        /// A person stopped it, or its service is not configured any more.
        case aborted
        /// Something forbade it before the first step: nothing was changed.
        case withdrawn
    }

    /// Of its rollback: `shop-drill-17-r1`.
    public var id: String
    public var incident: String
    public var plan: String
    /// Where it ran.
    public var service: String
    public var from: ReleaseIdentity
    public var to: ReleaseIdentity
    public var askedBy: String
    public var began: WallTime
    public var ended: WallTime?
    public var outcome: Outcome
    /// Why it did not pass, as a stable code.
    public var reason: String?
    public var text: String?
    /// The method that was run last.
    public var method: String?
    /// What the methods that ran lose when it is not a drill, a sentence each.
    public var losses: [String]?
    /// How long each part took; empty until it has ended.
    public var components: [RollbackRecord.Component]

    init(_ rollback: RollbackRecord, of service: String, incident: String) {
        id = rollback.id
        self.incident = incident
        plan = rollback.plan
        self.service = service
        from = rollback.from
        to = rollback.to
        askedBy = rollback.askedBy
        began = rollback.began
        outcome = .running
        components = []
    }

    public var took: Duration? { ended.map { $0 - began } }
    public var late: [RollbackRecord.Component] { components.filter(\.late) }

    /// `passed in 14m`, with what was late.
    public var summary: String {
        let lasted = took.map { " in \($0.inWholeSeconds.text)" } ?? ""
        let why = outcome == .passed ? "" : reason.map { " (\($0))" } ?? ""
        let slow = late.isEmpty ? "" : ", late: \(late.map(\.text).joined(separator: "; "))"
        return "\(outcome.rawValue)\(why)\(lasted)\(slow)"
    }

    /// Takes over how its rollback ended.
    mutating func end(
        _ rollback: RollbackRecord, _ outcome: Outcome, reason: String?, text: String
    ) {
        from = rollback.from
        ended = rollback.ended
        self.outcome = outcome
        self.reason = reason
        self.text = text
        method = rollback.method
        losses = rollback.losses
        components = rollback.components
    }
}
