// How a baseline is gathered while a release runs, and what the last known good release's is while
// another one does.

struct BaselineGathering: Hashable {
    /// What the last known good release left, ready to be read.
    struct Known: Hashable {
        var release: ReleaseIdentity
        var healthy: Duration
        var samples: [String: ReleaseBaseline.Sample]
    }

    /// Of the running release; kept in checkpoints.
    var running: ReleaseBaseline?
    /// Observations since the last second was judged, by signal.
    var pending: [String: ReleaseBaseline.Sample] = [:]
    /// nil: nothing is known good, or nothing is known of it.
    var known: Known?
    /// What is kept of other releases has changed without being stored.
    var isUnsaved = false

    mutating func note(_ sample: ReleaseBaseline.Sample, of signal: String) {
        pending[signal, default: ReleaseBaseline.Sample()].merge(sample)
    }

    /// The time since the last second was healthy.
    mutating func admit(_ elapsed: Duration, now: Instant, window: Duration) {
        running?.add(elapsed, pending, now: now, window: window)
        pending = [:]
    }

    /// It was not, or nobody knows.
    mutating func discard() {
        if !pending.isEmpty { pending = [:] }
    }
}
