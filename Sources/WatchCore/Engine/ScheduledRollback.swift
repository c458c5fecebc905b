// A rollback that a person wants at a certain time. Durable; when the time comes it is decided anew
// with all that is asked of a person's rollback, and not at all when that time was missed or
// another release runs by then: nobody is looking any more.

struct ScheduledRollback: Hashable, Sendable, Codable {
    /// Further ahead nobody knows what will run.
    static let furthest = Duration.days(7)
    /// A watchd that was off for longer has missed it.
    static let lateness = Duration.minutes(10)

    /// `shop-s17`.
    var id: String
    var at: Moment
    /// nil: the last known good.
    var to: String?
    var reason: String
    var isForced: Bool
    /// With the rights it had when it asked.
    var by: Peer
    var from: ReleaseIdentity
    var asked: WallTime

    /// The clock was set back over a reboot: nobody can tell when its time is.
    var isUntimed: Bool?

    mutating func rebase(_ rebase: Rebase) {
        rebase.deadline(&at)
        if rebase.wentBackwards { isUntimed = true }
    }
}
