// The typed configuration: what the YAML means once it has been found good. Values here are
// already checked (references exist, durations are positive); `WatchConfig` makes them.

/// Everything the daemon was told, of all files together.
public struct Configuration: Hashable, Sendable, Codable {
    /// In the order of the files.
    public var services: [ServiceConfiguration]
    public var policy: [Severity: Policy]
    public var limits: Limits
    public var plans: [Plan]
    public var channels: [ChannelConfiguration]
    public var routes: [RouteConfiguration]
    public var access: Access
    public var maintenance: [MaintenanceWindow] = []
    public var silences: [SilenceRule] = []
    /// Asked all the time; when none answers, the fault is this host's.
    public var connectivity: [ConnectivityTarget] = []

    public init(
        services: [ServiceConfiguration] = [], policy: [Severity: Policy] = Policy.defaults,
        limits: Limits = Limits(), plans: [Plan] = [], channels: [ChannelConfiguration] = [],
        routes: [RouteConfiguration] = [], access: Access = Access()
    ) {
        self.services = services
        self.policy = policy
        self.limits = limits
        self.plans = plans
        self.channels = channels
        self.routes = routes
        self.access = access
    }

    public func service(_ name: String) -> ServiceConfiguration? {
        // By place: a look at a service as a whole copies it.
        services.indices.first { services[$0].name == name }.map { services[$0] }
    }

    public func plan(_ name: String) -> Plan? { plans.first { $0.name == name } }

    /// Every severity has one; what no file says is the default.
    public func policy(_ severity: Severity) -> Policy {
        policy[severity] ?? Policy.defaults[severity]
            ?? Policy(action: .page, page: nil, respondWithin: nil)
    }

    public func route(_ name: String) -> RouteConfiguration? {
        routes.first { $0.name == name }
    }
}

/// Ordered from the mildest to the worst.
public enum Severity: String, Hashable, Sendable, Codable, CaseIterable, Comparable,
    CodingKeyRepresentable
{
    case low, medium, high, critical

    public static func < (a: Severity, b: Severity) -> Bool {
        a.rank < b.rank
    }

    private var rank: Int {
        switch self {
        case .low: 0
        case .medium: 1
        case .high: 2
        case .critical: 3
        }
    }
}

/// What a severity asks for.
public struct Policy: Hashable, Sendable, Codable {
    public enum Action: String, Hashable, Sendable, Codable, CaseIterable {
        case rollback, page, record
    }

    public var action: Action
    /// The route pages take; nil: nobody is paged.
    public var page: String?
    /// No answer for so long: the next step of the route.
    public var respondWithin: Duration?
    /// An acknowledgement counts so long.
    public var ackExpires = Duration.hours(4)
    /// The role that may approve a rollback; nil, or a role that `access.approve` does not give to
    /// anybody: whoever may operate, because they may roll back by hand as well.
    public var approve: String?
    /// Another person with this role must approve, too.
    public var secondApprover: String?
    /// Whoever approves says why.
    public var needsComment = false
    /// What holds at other hours; the first that is on counts.
    public var afterHours: [AfterHours] = []
    /// An approval that nobody gave or denied within so long …
    public var approveWithin: Duration?
    /// … ends like this.
    public var onTimeout = OnTimeout.escalate

    public init(
        action: Action, page: String?, respondWithin: Duration?, approve: String? = nil
    ) {
        self.action = action
        self.page = page
        self.respondWithin = respondWithin
        self.approve = approve
    }

    /// The playbooks' decision matrix.
    public static let defaults: [Severity: Policy] = [
        .critical: Policy(
            action: .rollback, page: "oncall", respondWithin: .minutes(5), approve: "any-admin"),
        .high: Policy(
            action: .page, page: "oncall", respondWithin: .minutes(15), approve: "senior-admin"),
        .medium: Policy(action: .page, page: "team", respondWithin: .hours(2)),
        .low: Policy(action: .record, page: nil, respondWithin: nil),
    ]
}

/// What happens when nobody answers an offered approval in time.
public enum OnTimeout: String, Hashable, Sendable, Codable, CaseIterable {
    /// The next step of the route is told.
    case escalate
    /// watchd rolls back, if everything holds that it needs to act by itself.
    case rollback
    /// The offer ends; people must ask for a rollback themselves.
    case hold
}

/// How often watchd may act by itself, per service, counted from the end of a rollback.
public struct Limits: Hashable, Sendable, Codable {
    public var maxRollbacks: Int
    public var per: Duration
    public var cooldown: Duration

    public init(
        maxRollbacks: Int = 2, per: Duration = .hours(24), cooldown: Duration = .minutes(30)
    ) {
        self.maxRollbacks = maxRollbacks
        self.per = per
        self.cooldown = cooldown
    }
}

/// Who may do what through the socket, by Unix group. Root may all; members of group `watchd`
/// may read.
public struct Access: Hashable, Sendable, Codable {
    /// Groups that may act: roll back, arm, acknowledge, announce, …
    public var operate: [String]
    /// Role (`any-admin`, `senior-admin`, `cto`, …) to the groups whose members have it.
    public var approve: [String: [String]] = [:]

    public init(operate: [String] = []) { self.operate = operate }
}

public struct ChannelConfiguration: Hashable, Sendable, Codable {
    public enum Kind: Hashable, Sendable, Codable {
        /// Slack's incoming webhook, and what speaks like it (Mattermost, Rocket.Chat).
        case slack(url: Template)
        /// The message as JSON; signed with HMAC-SHA256 over the body when there is a secret.
        case webhook(url: Template, secret: Template?)
    }

    public var name: String
    public var kind: Kind

    public init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

public struct RouteConfiguration: Hashable, Sendable, Codable {
    public var name: String
    /// Each step the names of the channels it goes to; the next one is taken when nobody answers.
    public var steps: [[String]]

    public init(name: String, steps: [[String]]) {
        self.name = name
        self.steps = steps
    }
}
