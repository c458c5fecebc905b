// A guarded operation: a deployment or a migration that somebody runs and that ought to end. How
// far it runs over its estimate is what `overrun(operation)` reads. The phases it reached are
// kept when it has ended, so that undoing can begin where it stopped.

/// One that runs. Durable.
struct Operation: Hashable, Sendable, Codable {
    /// So many may run at once in a service.
    static let limit = 16
    /// So many times its estimate is too long.
    static let overrunLimit = 2.0

    var name: String
    var began: Moment
    /// How long it was thought to take, more than 0; nil: nobody said.
    var estimate: Duration?
    /// Who began it.
    var by: String
    /// Whoever runs it reports at least so often, and how it ended; nil: only rules judge it.
    var lease: Duration?
    /// The release it brings.
    var release: ReleaseIdentity?
    /// People were told that it takes too long.
    var overran: Bool?

    /// Elapsed time over the estimate: 2 is twice as long as it was to take.
    func overrun(at now: Instant) -> Double? {
        estimate.map { Swift.max(0, (now - began.boot).seconds / $0.seconds) }
    }

    mutating func rebase(_ rebase: Rebase) { rebase(&began) }
}

/// How far an operation got. Durable, and kept until the next one of that name begins.
struct OperationPhases: Hashable, Sendable, Codable {
    /// Operations of a service that are remembered, the latest.
    static let kept = 32
    /// Phases of one operation.
    static let limit = 100

    var operation: String
    var began: Moment
    /// In the order in which they were reached, without those that were undone.
    var phases: [String] = []
    /// Those that a rollback has undone since.
    var undone: [String]?
    /// nil: it runs.
    var ended: Moment?
    /// Its exit status; nil: it runs, or nobody said.
    var status: Int?
    /// The release it was to bring.
    var release: ReleaseIdentity?

    mutating func rebase(_ rebase: Rebase) {
        rebase(&began)
        rebase(&ended)
    }
}

extension ServiceState {
    func operation(_ name: String) -> Operation? { operations?.first { $0.name == name } }

    /// Of the last operation of that name, whether or not it runs still.
    func phases(of operation: String) -> OperationPhases? {
        operationPhases?.last { $0.operation == operation }
    }

    /// Of the operation that began last, whatever its name.
    var latestPhases: OperationPhases? { operationPhases?.last }

    mutating func updatePhases(
        of operation: String, _ change: (inout OperationPhases) -> Void
    ) {
        guard let index = operationPhases?.lastIndex(where: { $0.operation == operation }) else {
            return
        }
        operationPhases?[index].change(change)
    }
}

extension OperationPhases {
    fileprivate mutating func change(_ change: (inout OperationPhases) -> Void) { change(&self) }
}
