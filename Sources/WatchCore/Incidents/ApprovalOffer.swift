// A rollback that is offered to people, as they see it: what would run, what that may lose, what
// speaks against it, who may say yes, until when, and the command that says it.

public struct ApprovalOffer: Hashable, Sendable, Codable {
    /// One way that can be approved by itself.
    public struct Way: Hashable, Sendable, Codable {
        /// The method's name.
        public var method: String
        /// What it can lose, as a sentence; nil: nothing.
        public var loses: String?
        /// The role that may approve it; nil: whoever may operate.
        public var role: String?
        /// Unix groups whose members may; empty: only root.
        public var groups: [String]
        /// Its steps, a line each, with what is known of its placeholders.
        public var steps: [String]
        /// What to type.
        public var command: String
        /// Another person has to approve it, too.
        public var second: Approver?
        /// Whoever approves says why.
        public var needsComment: Bool?

        public init(
            method: String, loses: String?, role: String?, groups: [String], steps: [String],
            command: String
        ) {
            self.method = method
            self.loses = loses
            self.role = role
            self.groups = groups
            self.steps = steps
            self.command = command
        }

        /// `role cto (members of group board)`, for a sentence.
        public var approvers: String {
            let first = Approver(role: role, groups: groups).text
            let who = second.map { "two people: \(first) and \($0.text)" } ?? first
            return needsComment ?? false ? "\(who), with a --comment" : who
        }
    }

    public struct Approver: Hashable, Sendable, Codable {
        /// nil: whoever may operate.
        public var role: String?
        /// Unix groups whose members have it; empty: only root.
        public var groups: [String]

        public init(role: String?, groups: [String]) {
            self.role = role
            self.groups = groups
        }

        var text: String {
            let members =
                groups.isEmpty
                ? "only root" : "members of \(groups.joined(separator: " or "))"
            return role.map { "role \($0) (\(members))" } ?? members
        }
    }

    public var plan: String
    /// What runs, and must still run when it is approved.
    public var from: ReleaseIdentity
    public var to: ReleaseIdentity
    /// Methods that run one after the other on one approval, or that need one each.
    public var ways: [Way]
    /// Each way needs an approval of its own, by name.
    public var isPerMethod: Bool
    /// Which of watchd's own conditions do not hold: `disarmed: …`.
    public var conditions: [String]
    public var offered: WallTime
    /// nil: no deadline.
    public var until: WallTime?
    public var onTimeout: OnTimeout?
    /// Where two people are needed: who has approved so far.
    public var given: [String]?
    /// Who asked to go on in spite of gates that say no (`--force`); nil: they bind.
    public var forcedBy: String?

    public init(
        plan: String, from: ReleaseIdentity, to: ReleaseIdentity, ways: [Way], isPerMethod: Bool,
        conditions: [String] = [], offered: WallTime, until: WallTime? = nil,
        onTimeout: OnTimeout? = nil
    ) {
        self.plan = plan
        self.from = from
        self.to = to
        self.ways = ways
        self.isPerMethod = isPerMethod
        self.conditions = conditions
        self.offered = offered
        self.until = until
        self.onTimeout = onTimeout
    }
}

/// What became of the last offer of an incident.
public struct ApprovalAnswer: Hashable, Sendable, Codable {
    public enum Kind: String, Hashable, Sendable, Codable {
        case approved, denied
        /// Nobody answered in time.
        case expired
        /// What it was about is gone: another release runs, or the breaches have cleared.
        case void
    }

    public var kind: Kind
    /// Who answered; nil: nobody.
    public var by: String?
    public var at: WallTime
    /// A sentence.
    public var text: String

    public init(kind: Kind, by: String?, at: WallTime, text: String) {
        self.kind = kind
        self.by = by
        self.at = at
        self.text = text
    }
}
