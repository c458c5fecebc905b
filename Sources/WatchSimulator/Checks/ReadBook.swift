// Since when the engine could at the latest have known of a release: the newest first read, or
// announcement, of it that it was told.

import WatchCore

struct ReadBook {
    private var last: [Int: String] = [:]
    /// The newest beginning of a row of equal answers, or announcement, by version.
    private(set) var begins: [String: Moment] = [:]
    /// What each source reads without a break, and since when; unanswered reads are no break.
    private var rows: [Int: (version: String, since: Instant)] = [:]
    private var announcements: [String: Instant] = [:]

    mutating func read(_ answer: VersionReading.Answer, source: Int, at now: Moment) {
        guard case .version(let version, _, _) = answer else {
            last[source] = nil
            return
        }
        if last[source] != version { begins[version] = now }
        last[source] = version
        if rows[source]?.version != version { rows[source] = (version, now.boot) }
    }

    /// A deployment of it cannot have begun before; nil: that is not known.
    func earliest(_ version: String) -> Instant? {
        let read = rows.values.filter { $0.version == version }.map(\.since).min()
        return [read, announcements[version]].compactMap { $0 }.min()
    }

    /// The engine takes it for a deployment. When a source fails that was asked first, the next one
    /// counts, and may have named another release for long.
    mutating func detected(_ version: String, at now: Moment) {
        if begins[version] != nil { begins[version] = now }
    }

    mutating func announced(_ version: String, at now: Moment) {
        begins[version] = now
        announcements[version] = now.boot
    }

    mutating func rebase(to now: Moment) {
        rows = [:]
        announcements = [:]
        begins = begins.mapValues { moment in
            let elapsed = Swift.max(.zero, now.wall - moment.wall)
            return Moment(boot: now.boot - elapsed, wall: moment.wall)
        }
    }
}
