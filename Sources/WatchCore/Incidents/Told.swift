// What people were told in an incident. A trigger that flaps begins many breaches, and the page of
// the second one would say what that of the first one said: see docs/decisions/0025.

struct Told: Hashable, Sendable, Codable {
    /// What the page was about.
    enum Matter: String, Hashable, Sendable, Codable {
        /// A breach, and what was decided about it.
        case breach
        /// A breach beside a graver one that was decided about.
        case joined
        /// A breach in an incident in which watchd acts no more.
        case again
        /// A rollback that was decided and then not done.
        case withdrawn
    }

    var matter: Matter
    var trigger: String
    var severity: Severity
    /// Number of the deployment that ran: what the next one breaks is another cause.
    var deployment: Int?
    var decision: String
    /// A stable code.
    var reason: String

    /// The oldest are forgotten; what is forgotten is told once more.
    static let limit = 64
}

extension Incident {
    /// Nobody answers and nobody is left to be told: so long at least between two pages that say
    /// the same.
    static let repeatsAfter = Duration.minutes(10)

    mutating func note(_ told: Told) {
        var all = (self.told ?? []).filter { $0 != told }
        all.append(told)
        self.told = all.suffix(Told.limit)
    }

    /// Whether people heard of a breach of `trigger` in this deployment.
    func hasTold(_ trigger: TriggerConfiguration, deployment: Int?) -> Bool {
        (told ?? []).contains {
            $0.trigger == trigger.name && $0.severity >= trigger.severity
                && $0.deployment == deployment
        }
    }
}
