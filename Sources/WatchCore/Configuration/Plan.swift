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
    /// Services that are stopped before the first method, in this order; nil: none.
    public var spans: [Span]?
    /// The order in which they are started again; nil: the last one stopped first.
    public var startOrder: [String]?
    /// Where it is rehearsed; nil: nowhere.
    public var drill: Drill?

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

extension Plan {
    /// Whatever gates, steps and checks may do.
    public var actions: [Action] {
        let steps = stepsBefore + methods.flatMap(\.possibleSteps) + stepsAfter
        return gates.map(\.action) + steps.map(\.action)
            + (steps.map(\.check) + methods.map(\.check)).compactMap { $0 }
    }
}

extension Plan {
    /// How long `before`, one method, `after` and verification ought to take together; nil where
    /// some step or the verification has no target.
    func target(of method: Method) -> Duration? {
        let steps = (before + method.possibleSteps + after).map { step -> Duration? in
            if case .wait(let duration) = step.action { return step.target ?? duration }
            return step.target
        }
        return (steps + [verify.target]).reduce(Optional(Duration.zero)) { sum, target in
            guard let sum, let target else { return nil }
            return sum + target
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
    /// The pause before the first further try, doubled before each other; nil: none.
    public var backoff: Duration?
    public var onFailure: OnFailure
    /// A read-only question that says (exit 0) whether the step is done.
    public var check: Action?
    /// How long it ought to take, for drills and reports; nil: nobody said.
    public var target: Duration?

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

    /// A part of an operation, and how it is undone.
    public struct Phase: Hashable, Sendable, Codable {
        public var name: String
        /// nil: it cannot be undone, and once it was reached the method is of no use.
        public var undo: [Step]?

        public init(name: String, undo: [Step]?) {
            self.name = name
            self.undo = undo
        }
    }

    /// Undoes the phases of an operation, the last one reached first.
    public struct Phases: Hashable, Sendable, Codable {
        /// The operation whose phases count.
        public var operation: String
        /// In the order in which they are done.
        public var phases: [Phase]

        public init(operation: String, phases: [Phase]) {
            self.operation = operation
            self.phases = phases
        }
    }

    public var name: String
    /// What it can lose, as a sentence; nil: nothing. One that can lose data never runs
    /// unattended.
    public var loses: String?
    /// The role that must approve; nil: none.
    public var approve: String?
    /// Another person with this role must approve, too.
    public var secondApprover: String?
    /// Whoever approves says why.
    public var needsComment: Bool?
    public var steps: [Step]
    /// A read-only question, asked when the method has ended: exit 0 says that it landed.
    public var check: Action?
    /// nil: the release.
    public var changes: Changes?
    /// `steps` become known when the method begins: those that undo what was reached.
    public var phases: Phases?

    public init(name: String, loses: String? = nil, approve: String? = nil, steps: [Step]) {
        self.name = name
        self.loses = loses
        self.approve = approve
        self.steps = steps
    }

    public var isUnattended: Bool { loses == nil && approve == nil }
    public var changesFlag: Bool { changes == .flag }

    /// What may be run: the longest list, where phases are undone.
    public var possibleSteps: [Step] {
        phases.map { $0.phases.reversed().flatMap { $0.undo ?? [] } } ?? steps
    }
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
    /// How long it ought to take, for drills and reports; nil: nobody said.
    public var target: Duration?

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

extension Step {
    /// The longest pause before a step is tried again.
    static let longestPause = Duration.minutes(10)

    /// The pause before try number `tries + 1`.
    func pause(afterTries tries: Int) -> Duration? {
        backoff.map { min(Self.longestPause, $0 * (1 << min(max(tries, 1) - 1, 16))) }
    }

    /// All pauses together, when every try fails.
    public var pauses: Duration {
        (0..<retries).reduce(.zero) { $0 + (pause(afterTries: $1 + 1) ?? .zero) }
    }
}
