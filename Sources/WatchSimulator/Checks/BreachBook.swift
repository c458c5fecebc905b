// Which grave breaches stood when, and which release was read last before another one: what decides
// whether a breach is older than the release that would be blamed for it.

import WatchCore

struct BreachBook {
    private struct Breach {
        var trigger: String
        var from: Instant
        var to: Instant?
    }

    private var breaches: [Breach] = []
    /// Reads of the one source: the version, and when it was read last before it changed.
    private var last: (version: String, at: Instant)?
    private var before: (version: String, at: Instant)?
    /// When the release before was announced, or put there by a rollback: no source need ever have
    /// read it.
    private var knownSince: Instant?
    /// The release that runs, and whether a breach predates it; nil: that is not sure.
    private(set) var predated: (version: String, is: Bool)?

    mutating func began(_ trigger: String, at now: Instant) {
        breaches.append(Breach(trigger: trigger, from: now, to: nil))
        if breaches.count > 40 { breaches.removeFirst(20) }
    }

    mutating func ended(_ trigger: String, at now: Instant) {
        for index in breaches.indices
        where breaches[index].trigger == trigger && breaches[index].to == nil {
            breaches[index].to = now
        }
    }

    mutating func read(_ version: String, at now: Instant) {
        if let last, last.version != version { before = last }
        // Answers overtake one another: what was asked for later was seen later.
        let isSame = last?.version == version
        last = (version, isSame ? Swift.max(last?.at ?? now, now) : now)
    }

    /// Another release was found to run, by announcement or by reads of the only source.
    /// - Parameter isPut: a rollback put it there; what is read next may be its successor already.
    mutating func detected(
        _ version: String, announced: Bool, isPut: Bool = false, at now: Instant
    ) {
        let read = before.map { Swift.max($0.at, knownSince ?? $0.at) }
        let since = announced ? now : read
        knownSince = announced || isPut ? now : nil
        guard let since, announced || last?.version == version, before?.version != version else {
            predated = nil
            return
        }
        predated = (
            version,
            breaches.contains { $0.from <= since && ($0.to.map { since < $0 } ?? true) }
        )
    }

    /// A restart: what was read before is not known any more, and what is not sure is not held
    /// against anybody.
    mutating func forget() { self = BreachBook() }

    mutating func unsure() { predated = nil }
}
