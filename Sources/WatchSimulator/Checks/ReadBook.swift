// Since when the engine could at the latest have known of a release: the newest first read, or
// announcement, of it that it was told.

import WatchCore

/// Something of each source, by its number. They are few and asked for at every event: a dictionary
/// would hash each of them.
struct BySource<Value> {
    private var values: [Value?] = []

    subscript(source: Int) -> Value? {
        get { source < values.count ? values[source] : nil }
        set {
            while values.count <= source { values.append(nil) }
            values[source] = newValue
        }
    }

    /// Those that there are.
    var all: [(source: Int, value: Value)] {
        values.indices.compactMap { source in values[source].map { (source, $0) } }
    }

    func filter(_ isKept: (Int, Value) -> Bool) -> BySource {
        var result = self
        for source in values.indices {
            if let value = values[source], !isKept(source, value) { result.values[source] = nil }
        }
        return result
    }
}

struct ReadBook {
    private var last = BySource<String>()
    /// The newest beginning of a row of equal answers, or announcement, by version.
    private(set) var begins: [String: Moment] = [:]
    /// What each source reads without a break, and since when; unanswered reads are no break.
    private var rows = BySource<Row>()
    private var announcements: [String: Instant] = [:]
    /// What runs because somebody said so, also in another boot.
    private var said: Set<String> = []
    /// The same before the last deployment was detected, which a crash may take back.
    private var saidBefore: Set<String> = []
    /// What each source named last, and when.
    private var named = BySource<(version: String, at: Moment)>()
    /// What the sources said when the running release was taken to run.
    private struct Stand {
        var version: String
        var said: BySource<String>
        /// Those that have said anything else since.
        var moved: Set<Int> = []
        /// No source need ever have named it.
        var isAnnounced = false
        /// Sources said several things in turn.
        var isMixed = false
        /// A rollback put it there, and this had run until then.
        var replaced: String?
    }
    private var stand: Stand?
    /// Sources that answered since the daemon came up: of the others it may know nothing.
    private var heard = BySource<Bool>()

    fileprivate struct Row {
        var version: String
        var since: Instant
    }

    mutating func read(_ answer: VersionReading.Answer, source: Int, at now: Moment) {
        guard case .version(let version, _, _) = answer else {
            last[source] = nil
            return
        }
        if let said = stand?.said[source], said != version { stand?.moved.insert(source) }
        named[source] = (version, now)
        heard[source] = true
        if last[source] != version {
            begins[version] = now
            last[source] = version
        }
        // Answers overtake one another: the one that was asked for first began the row.
        if let row = rows[source], row.version == version, row.since <= now.boot { return }
        rows[source] = Row(version: version, since: now.boot)
    }

    /// What a checkpoint keeps of it.
    struct Rows { fileprivate var rows: BySource<Row> }
    var kept: Rows { Rows(rows: rows) }

    /// What was read since the checkpoint is not known any more; nil: there is none of this boot.
    mutating func resume(_ kept: Rows?) { rows = kept?.rows ?? BySource() }

    /// A deployment of it cannot have begun before; nil: that is not known.
    func earliest(_ version: String) -> Instant? {
        let read = rows.all.filter { $0.value.version == version }.map(\.value.since).min()
        return [read, announcements[version]].compactMap { $0 }.min()
    }

    /// The engine takes it for a deployment. When the source that was asked first falls silent, the
    /// next one counts; what that says began when the first named something else for the last time.
    /// - Parameters:
    ///   - running: what ran until then.
    ///   - isMixed: it came of reads to and fro.
    /// - Returns: whether anything has changed: nil where it was not simply read.
    mutating func detected(_ version: String, running: String?, origin: String?, isMixed: Bool)
        -> Bool?
    {
        let silent = named.filter { last[$0] == nil && $1.version != version }
        for (_, answer) in silent.all {
            guard let began = begins[version], began.boot < answer.at.boot else { continue }
            begins[version] = answer.at
        }
        let before = stand
        saidBefore = said
        said = said.filter { $0 == version }
        stand = Stand(
            version: version, said: last.filter { source, _ in heard[source] ?? false },
            isAnnounced: announcements[version] != nil, isMixed: isMixed,
            replaced: origin == "rollback" ? running : nil)
        guard origin == "read", !isMixed, let before, before.version == running,
            before.version != version,
            !before.isAnnounced
        else { return nil }
        // Said to be replaced, it never was.
        if before.replaced == version { return nil }
        // Also one that has fallen silent since: then the next one counts.
        return named.all.contains { source, answer in
            answer.version == version
                && (before.said[source] != version || before.moved.contains(source))
        }
    }

    mutating func announced(_ version: String, at now: Moment) {
        begins[version] = now
        announcements[version] = now.boot
        said.insert(version)
        if stand?.version == version { stand?.isAnnounced = true }
    }

    /// It was announced, and the source that counts may not have read it yet: until then it is
    /// suspect, however long it takes. Which one counts is for the engine to say.
    func mayBeUnread(_ version: String, sources: Int) -> Bool {
        said.contains(version) && (0..<sources).contains { last[$0] != version }
    }

    /// - Parameter known: what the store says runs. Whatever else was read before is forgotten, as
    ///   is that releases were mixed.
    mutating func comeUp(known: String?) {
        heard = BySource()
        last = last.filter { $1 == known }
        if let known, stand?.version != known, saidBefore.contains(known) { said.insert(known) }
        if stand?.isMixed ?? false { stand = nil }
    }

    mutating func rebase(to now: Moment) {
        rows = BySource()
        announcements = [:]
        named = BySource()
        begins = begins.mapValues { moment in
            let elapsed = Swift.max(.zero, now.wall - moment.wall)
            return Moment(boot: now.boot - elapsed, wall: moment.wall)
        }
    }
}
