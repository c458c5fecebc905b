// How to roll back. A rollback keeps the plan it was decided with (it is stored beside the
// intent), so all of it is Codable.

public struct Plan: Hashable, Sendable, Codable {
    public var name: String
    /// Covers gates, before, and each unattended method with its verification.
    public var budget: Duration
    public var gates: [Gate]
    public var before: [Step]
    public var methods: [Method]
    /// Always runs, before verification.
    public var after: [Step]
    public var verify: Verify
    public var probation: Duration
    /// Older good releases that may be tried by themselves when the first one landed and did not
    /// help: 0 (nil) or 1.
    public var walkBack: Int?

    public init(
        name: String, budget: Duration = .minutes(15), gates: [Gate] = [], before: [Step] = [],
        methods: [Method], after: [Step] = [], verify: Verify, probation: Duration = .minutes(15)
    ) {
        self.name = name
        self.budget = budget
        self.gates = gates
        self.before = before
        self.methods = methods
        self.after = after
        self.verify = verify
        self.probation = probation
    }
}

/// What a step does.
public enum Action: Hashable, Sendable, Codable {
    /// A program run by the daemon's own user inside its sandbox; never through a shell.
    case exec([Template])
    /// `watchd-rollback@UNIT[:WITH].service`, started over D-Bus and run as root.
    case unit(name: String, with: Template?)

    /// The command as a person would write it, placeholders unfilled.
    public var summary: String {
        switch self {
        case .exec(let arguments): arguments.map(\.source).joined(separator: " ")
        case .unit(let name, let with): with.map { "\(name):\($0.source)" } ?? name
        }
    }

    public var templates: [Template] {
        switch self {
        case .exec(let arguments): arguments
        case .unit(_, let with): with.map { [$0] } ?? []
        }
    }
}

/// A question that may forbid the rollback. Exit 0 go; 10 blocked; 11 forward fix; 12 consult;
/// anything else blocked.
public struct Gate: Hashable, Sendable, Codable {
    public var name: String
    public var action: Action
    public var timeout: Duration

    public init(name: String, action: Action, timeout: Duration) {
        self.name = name
        self.action = action
        self.timeout = timeout
    }
}

public struct Step: Hashable, Sendable, Codable {
    public enum OnFailure: String, Hashable, Sendable, Codable, CaseIterable {
        case stop, `continue`
    }

    public var name: String
    public var action: Action
    public var timeout: Duration
    /// May be run again when its outcome is unknown.
    public var idempotent: Bool
    /// Further tries after a failure; only for idempotent steps.
    public var retries: Int
    public var onFailure: OnFailure
    /// A read-only program that says (exit 0) whether the step is done.
    public var check: Action?

    public init(
        name: String, action: Action, timeout: Duration, idempotent: Bool = false,
        retries: Int = 0, onFailure: OnFailure = .stop, check: Action? = nil
    ) {
        self.name = name
        self.action = action
        self.timeout = timeout
        self.idempotent = idempotent
        self.retries = retries
        self.onFailure = onFailure
        self.check = check
    }
}

public struct Method: Hashable, Sendable, Codable {
    /// What a method turns back.
    public enum Changes: String, Hashable, Sendable, Codable, CaseIterable {
        /// The release that runs.
        case release
        /// A switch of the running release, which no version source shows.
        case flag
    }

    public var name: String
    /// What it can lose, as a sentence; nil: nothing. One that can lose data never runs
    /// unattended.
    public var loses: String?
    /// The role that must approve; nil: none.
    public var approve: String?
    public var steps: [Step]
    /// A read-only question, asked when the method has ended: exit 0 says that it landed.
    public var check: Action?
    /// nil: the release.
    public var changes: Changes?

    public init(name: String, loses: String? = nil, approve: String? = nil, steps: [Step]) {
        self.name = name
        self.loses = loses
        self.approve = approve
        self.steps = steps
    }

    public var isUnattended: Bool { loses == nil && approve == nil }
    public var changesFlag: Bool { changes == .flag }
}

/// Landed: does the old release run again? Cured: did that help?
public struct Verify: Hashable, Sendable, Codable {
    /// Each version source must read the target so many times in a row.
    public var version: Int
    public var landWithin: Duration
    /// Samples so soon after landing do not count.
    public var settle: Duration
    public var probes: [String]
    public var clearFor: Duration
    public var when: [Expression]
    /// Cured must be seen so soon after landing.
    public var timeout: Duration

    public init(
        version: Int = 2, landWithin: Duration = .minutes(1), settle: Duration = .seconds(15),
        probes: [String] = [], clearFor: Duration = .minutes(1), when: [Expression] = [],
        timeout: Duration = .minutes(3)
    ) {
        self.version = version
        self.landWithin = landWithin
        self.settle = settle
        self.probes = probes
        self.clearFor = clearFor
        self.when = when
        self.timeout = timeout
    }
}
