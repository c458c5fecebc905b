// The time of a service's last drill. What breaks in it was broken by the drill: it explains
// nothing elsewhere.

struct DrillSpan: Hashable, Sendable, Codable {
    var began: Moment
    /// nil: it runs.
    var ended: Moment?

    /// By wall time, which a restart does not change.
    func contains(_ moment: Moment) -> Bool {
        moment.wall >= began.wall && (ended.map { moment.wall <= $0.wall } ?? true)
    }

    mutating func rebase(_ rebase: Rebase) {
        rebase(&began)
        rebase(&ended)
    }
}
