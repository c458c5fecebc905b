// Sources that lag, are stuck, or name releases in another way. While the one before them speaks
// that is a disagreement and nothing more. When it falls silent they would lead, and what they have
// said all along would pass for a change: so each is compared with the release that runs, and one
// that never named it leads only when it reads something new.

extension VersionTracker.Source {
    /// It says what it said when it was compared with the release that runs, and found to differ.
    var isStuck: Bool {
        guard let stuck, let identity else { return false }
        return stuck.matches(identity)
    }
}

extension VersionTracker {
    /// What sources that disagree read, by source; nil: it may lead.
    var stuck: [ReleaseIdentity?] { sources.map(\.stuck) }
    @inline(__always)
    var hasStuck: Bool {
        sources.indices.contains { if case .some = sources[$0].stuck { true } else { false } }
    }

    /// Compares those behind the source that leads with the release that it says runs. The first
    /// source that answers counts, whatever the others say; and one that moves while the first is
    /// silent has not been compared until that answers again.
    /// - Parameter reader: the source that has just answered.
    mutating func compare(reader: Int?) {
        guard let current else { return }
        let leader = leader
        let leads =
            leader == reader
            && leader.flatMap { sources[$0].identity }?.matches(current) ?? false
        for index in sources.indices {
            guard let read = sources[index].identity else { continue }
            if read.matches(current) {
                sources[index].hasAgreed = true
                sources[index].stuck = nil
            } else if leads, index > leader ?? .max, !(sources[index].hasAgreed ?? false) {
                sources[index].stuck = read
            } else if let stuck = sources[index].stuck, !stuck.matches(read) {
                sources[index].stuck = nil
            }
        }
    }

    /// Another release runs: whoever does not name it has not agreed with it yet.
    mutating func compareAnew() {
        for index in sources.indices { sources[index].hasAgreed = nil }
        compare(reader: leader)
    }

    /// When the release taken to run was read last from the source that led.
    var lastLed: Instant? {
        guard let current else { return nil }
        return history.lazy.filter { $0.identity.matches(current) }.map(\.asked).max()
    }
}
