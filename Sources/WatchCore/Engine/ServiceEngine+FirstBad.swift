// The first bad second, from which detection and downtime are counted. A deployment counts only
// after a few equal reads, and what went wrong meanwhile is already its own.

extension ServiceEngine {
    struct Candidate: Hashable, Sendable {
        /// The first read of a release that does not count yet.
        var began: Instant
        var firstBad: Instant?
    }

    mutating func noteBad(_ instant: Instant) {
        guard instant >= restarted else { return }
        firstBad = Swift.min(firstBad ?? instant, instant)
        guard let began = tracker.changeBegan else { return }
        var next = candidate ?? Candidate(began: began)
        if next.began != began { next = Candidate(began: began) }
        if instant >= began { next.firstBad = Swift.min(next.firstBad ?? instant, instant) }
        candidate = next
    }

    /// First bad second of a release whose deployment counts from `began` on.
    mutating func firstBadOfNext(since began: Instant) -> Instant? {
        defer { candidate = nil }
        return candidate?.began == began ? candidate?.firstBad : nil
    }
}
