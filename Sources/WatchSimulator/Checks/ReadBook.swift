// Since when the engine could at the latest have known of a release: the newest first read, or
// announcement, of it that it was told.

import WatchCore

struct ReadBook {
    private var last: [Int: String] = [:]
    /// The newest beginning of a row of equal answers, or announcement, by version.
    private(set) var begins: [String: Moment] = [:]
    private(set) var first: String?

    mutating func read(_ answer: VersionReading.Answer, source: Int, at now: Moment) {
        guard case .version(let version, _, _) = answer else {
            last[source] = nil
            return
        }
        if first == nil { first = version }
        if last[source] != version { begins[version] = now }
        last[source] = version
    }

    /// The engine takes it for a deployment. When a source fails that was asked first, the next one
    /// counts, and may have named another release for long.
    mutating func detected(_ version: String, at now: Moment) {
        if begins[version] != nil { begins[version] = now }
    }

    mutating func announced(_ version: String, at now: Moment) {
        if first == nil { first = version }
        begins[version] = now
    }

    mutating func rebase(to now: Moment) {
        begins = begins.mapValues { moment in
            let elapsed = Swift.max(.zero, now.wall - moment.wall)
            return Moment(boot: now.boot - elapsed, wall: moment.wall)
        }
    }
}
