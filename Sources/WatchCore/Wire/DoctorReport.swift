// What the daemon found when it looked, from inside its own sandbox, for all that a rollback and
// its pages need.

public struct DoctorReport: Hashable, Sendable, Codable {
    public enum State: String, Hashable, Sendable, Codable, CaseIterable {
        case ok
        /// It would not work.
        case problem
        /// It cannot be told without doing it.
        case unknown
    }

    public struct Check: Hashable, Sendable, Codable {
        /// `program`, `unit`, `credential`, `channel`, …
        public var kind: String
        /// What was looked for: a path, a name, an address.
        public var name: String
        public var state: State
        /// A sentence.
        public var text: String
        /// What to do about it.
        public var remedy: String?
        /// What needs it: `plan shop`, `shop/health`.
        public var usedBy: [String]

        public init(
            kind: String, name: String, state: State, text: String, remedy: String? = nil,
            usedBy: [String] = []
        ) {
            self.kind = kind
            self.name = name
            self.state = state
            self.text = text
            self.remedy = remedy
            self.usedBy = usedBy
        }
    }

    public var time: WallTime
    /// The user it runs as.
    public var user: String
    public var checks: [Check]

    public init(time: WallTime, user: String, checks: [Check]) {
        self.time = time
        self.user = user
        self.checks = checks
    }

    public var isHealthy: Bool { !checks.contains { $0.state == .problem } }
}
