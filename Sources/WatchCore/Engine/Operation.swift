// A guarded operation: a deployment or a migration that somebody runs and that ought to end. How
// far it runs over its estimate is what `overrun(operation)` reads.

/// One that runs. Durable.
struct Operation: Hashable, Sendable, Codable {
    /// So many may run at once in a service.
    static let limit = 16

    var name: String
    var began: Moment
    /// How long it was thought to take, more than 0; nil: nobody said.
    var estimate: Duration?
    /// Who began it.
    var by: String

    /// Elapsed time over the estimate: 2 is twice as long as it was to take.
    func overrun(at now: Instant) -> Double? {
        estimate.map { Swift.max(0, (now - began.boot).seconds / $0.seconds) }
    }

    mutating func rebase(_ rebase: Rebase) { rebase(&began) }
}

extension ServiceState {
    func operation(_ name: String) -> Operation? { operations?.first { $0.name == name } }
}
