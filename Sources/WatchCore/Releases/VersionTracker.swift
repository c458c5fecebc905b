// Which release runs, made of what several sources answer, some of which lie, lag or are behind a
// load balancer that mixes two releases. Pure: readings in, changes out.
//
// The first source that answers leads; the others complete its fields and are compared with it.
// A change counts after `agree` equal reads and is dated to the first of them. A release that
// comes back within `mixedSpan` reads makes the version *mixed*: one deployment, of the member
// seen first last, until `mixedSpan` equal reads end it.

struct VersionTracker: Hashable, Sendable, Codable {
    /// Reads within which a return means "mixed", and equal reads that end it.
    static let mixedSpan = 10
    /// An announcement that no source confirms counts for so long where there is a source.
    static let announcementHolds = Duration.minutes(10)

    /// What one source said lately.
    struct Source: Hashable, Sendable, Codable {
        var identity: ReleaseIdentity?
        var fields: [String: String] = [:]
        var problem: String?
        /// Equal answers in a row, and when the first of them was asked for.
        var run = 0
        var runBegan: Instant?
        /// When the answer before the present run was last given.
        var previousSeen: Instant?
        /// Unanswered reads in a row.
        var misses = 0
        var lastAsked: Instant?
        /// When it was asked the last time that it named a version.
        var lastAnswered: Instant?
    }

    struct Announced: Hashable, Sendable, Codable {
        var identity: ReleaseIdentity
        var at: Instant
        /// What the leading source read then; another read than this ends the announcement.
        var readThen: ReleaseIdentity?
    }

    struct MixedState: Hashable, Sendable, Codable {
        /// The member first seen last.
        var newest: ReleaseIdentity
        var equalReads: Int
        var last: ReleaseIdentity
    }

    /// What a reading changed.
    enum Change: Hashable, Sendable {
        /// Another release runs since `began`.
        /// `lastSeenBefore`: the last read of the release before (of an announcement: its time).
        case deployed(
            ReleaseIdentity, began: Instant, lastSeenBefore: Instant, source: String)
        /// The same release, now known more exactly.
        case completed(ReleaseIdentity)
        case becameMixed
        case mixedEnded
    }

    private(set) var sources: [Source]
    /// The release taken to run, as last decided here.
    private(set) var current: ReleaseIdentity?
    private(set) var announced: Announced?
    private(set) var mixed: MixedState?
    /// The leading source's last reads, oldest first, with when each was asked for.
    private var history: [Read] = []
    /// What watchd's own rollback is about to bring back.
    private var expected: ReleaseIdentity?
    private let agree: Int

    private struct Read: Hashable, Sendable, Codable {
        var identity: ReleaseIdentity
        var asked: Instant
    }

    init(
        sourceCount: Int, agree: Int, current: ReleaseIdentity?, announced: Announced? = nil
    ) {
        sources = Array(repeating: Source(), count: sourceCount)
        self.agree = Swift.max(1, agree)
        self.current = current
        self.announced = announced
    }

    /// The first source that answers.
    var leader: Int? { sources.firstIndex { $0.identity != nil } }

    /// No source answers (each missed `agree` reads or never spoke) and no announcement counts.
    var isUnknown: Bool {
        announced == nil
            && sources.allSatisfy { $0.identity == nil && ($0.misses >= agree || $0.run == 0) }
    }

    /// The leader has read another release, but not often enough yet: what runs is about to be
    /// decided anew.
    var isChanging: Bool {
        guard announced == nil, mixed == nil, let current, let leader,
            let read = sources[leader].identity
        else { return false }
        return !read.matches(current)
    }

    /// Sources whose version differs from the leader's.
    var disagreeing: Set<Int> {
        guard let leader, let led = sources[leader].identity else { return [] }
        return Set(
            sources.indices.filter { index in
                sources[index].identity.map { !$0.matches(led) } ?? false
            })
    }

    /// Captured fields of all sources that agree with the running release; the first wins.
    var fields: [String: String] {
        var result: [String: String] = [:]
        for source in sources {
            guard let identity = source.identity, let current, identity.matches(current) else {
                continue
            }
            result.merge(source.fields) { first, _ in first }
        }
        return result
    }

    /// Equal reads that make *landed*: more while the version is mixed.
    func readsToLand(configured: Int) -> Int {
        mixed == nil ? configured : Swift.max(configured, Self.mixedSpan)
    }

    /// watchd is about to put `identity` there: its return makes nothing mixed. nil: no more.
    mutating func expect(_ identity: ReleaseIdentity?) { expected = identity }

    /// watchd's own rollback put `identity` there: neither a return nor a change by other hands.
    mutating func noteOwnRollback(to identity: ReleaseIdentity) {
        current = identity
        announced = nil
        mixed = nil
        history.removeAll { !$0.identity.matches(identity) }
    }

    /// Somebody says that `identity` runs from now on; nil when that is no change.
    mutating func announce(_ identity: ReleaseIdentity, at now: Instant) -> Change? {
        announced = Announced(
            identity: identity, at: now, readThen: leader.flatMap { sources[$0].identity })
        mixed = nil
        history = []
        defer { current = identity }
        if let current, current.matches(identity) { return .completed(merge(current, identity)) }
        return .deployed(identity, began: now, lastSeenBefore: now, source: "announcement")
    }

    /// Takes in what source `index` answered.
    mutating func record(
        _ reading: VersionReading, from index: Int, label: String
    ) -> [Change] {
        guard sources.indices.contains(index) else { return [] }
        note(reading, from: index)
        guard let leader, let effective = effectiveIdentity(leader: leader) else { return [] }
        expireAnnouncement(now: reading.asked, leader: leader)
        if let announced {
            // The sources still read what they read before it.
            guard effective.matches(announced.identity) else { return [] }
            return complete(with: effective)
        }
        if index == leader {
            history.append(Read(identity: effective, asked: reading.asked))
            if history.count > Self.mixedSpan + 1 { history.removeFirst() }
        }
        if mixed != nil { return index == leader ? continueMixed(effective, reading) : [] }
        if index == leader, let change = becomeMixed() { return change }
        return settle(effective, leader: leader, reader: index, label: label)
    }

    private mutating func note(_ reading: VersionReading, from index: Int) {
        sources[index].lastAsked = reading.asked
        switch reading.answer {
        case .version(let version, let commit, let fields):
            var identity = ReleaseIdentity(version: version, commit: commit)
            // A missing commit equals any: some answers of a source name it, others do not.
            let isRepeat = sources[index].identity?.matches(identity) ?? false
            if isRepeat { identity.commit = commit ?? sources[index].identity?.commit }
            sources[index].run = isRepeat ? sources[index].run + 1 : 1
            if !isRepeat {
                sources[index].runBegan = reading.asked
                // Also across reads that failed: an application that is down while it is replaced
                // was last seen when it last answered.
                sources[index].previousSeen = sources[index].lastAnswered
            }
            sources[index].lastAnswered = reading.asked
            sources[index].identity = identity
            sources[index].fields = fields
            sources[index].problem = nil
            sources[index].misses = 0
        case .unavailable(let problem):
            sources[index].problem = problem
            sources[index].misses += 1
            // One missed read is no change of leader.
            if sources[index].misses >= agree {
                sources[index].identity = nil
                sources[index].run = 0
            }
        }
    }

    /// What the leader reads, with the commit of another source that names the same version.
    private func effectiveIdentity(leader: Int) -> ReleaseIdentity? {
        guard var identity = sources[leader].identity else { return nil }
        if identity.commit == nil {
            identity.commit =
                sources.lazy.compactMap(\.identity)
                .first { $0.version == identity.version && $0.commit != nil }?.commit
        }
        return identity
    }

    private mutating func expireAnnouncement(now: Instant, leader: Int) {
        guard let announced, let read = sources[leader].identity else { return }
        let changed = announced.readThen.map { !$0.matches(read) } ?? true
        if (changed && sources[leader].run >= agree) || now - announced.at > Self.announcementHolds
        {
            self.announced = nil
        }
    }

    private mutating func complete(with effective: ReleaseIdentity) -> [Change] {
        guard let current, current.commit == nil, effective.commit != nil else { return [] }
        self.current = effective
        return [.completed(effective)]
    }

    private func merge(_ a: ReleaseIdentity, _ b: ReleaseIdentity) -> ReleaseIdentity {
        ReleaseIdentity(version: a.version, commit: a.commit ?? b.commit)
    }

    /// The ordinary way: enough equal reads of something else make a change.
    private mutating func settle(
        _ effective: ReleaseIdentity, leader: Int, reader: Int, label: String
    ) -> [Change] {
        if let current, current.matches(effective) { return complete(with: effective) }
        // Whoever brought the difference must have read it often enough: the leader where the
        // version differs, the source of the commit where only that does.
        let isVersion = current?.version != effective.version
        let decider =
            isVersion
            ? leader
            : sources.firstIndex { $0.identity?.commit == effective.commit } ?? leader
        guard reader == decider, sources[decider].run >= agree,
            let began = sources[decider].runBegan
        else { return [] }
        current = effective
        let seen = sources[decider].previousSeen ?? began
        return [
            .deployed(
                effective, began: began, lastSeenBefore: Swift.min(seen, began), source: label)
        ]
    }

    /// A … B … A within the span: `A` came back.
    private mutating func becomeMixed() -> [Change]? {
        guard let last = history.last else { return nil }
        if let expected, expected.matches(last.identity) { return nil }
        let earlier = history.dropLast()
        guard let previous = earlier.last, !previous.identity.matches(last.identity),
            earlier.contains(where: { $0.identity.matches(last.identity) })
        else { return nil }
        // First seen last: of the members, the one whose first read is the latest.
        guard
            let other = earlier.last(where: { !$0.identity.matches(last.identity) }),
            let firstOther = history.first(where: { $0.identity.matches(other.identity) }),
            let firstLast = history.first(where: { $0.identity.matches(last.identity) })
        else { return nil }
        let newest = firstOther.asked > firstLast.asked ? firstOther : firstLast
        mixed = MixedState(newest: newest.identity, equalReads: 1, last: last.identity)
        var changes: [Change] = []
        if current.map({ !$0.matches(newest.identity) }) ?? true {
            current = newest.identity
            let before = history.last { $0.asked < newest.asked }?.asked ?? newest.asked
            changes.append(
                .deployed(
                    newest.identity, began: newest.asked, lastSeenBefore: before,
                    source: "mixed reads"))
        }
        return changes + [.becameMixed]
    }

    private mutating func continueMixed(
        _ effective: ReleaseIdentity, _ reading: VersionReading
    ) -> [Change] {
        guard var state = mixed else { return [] }
        guard case .version = reading.answer else { return [] }
        if state.last.matches(effective) {
            state.equalReads += 1
        } else {
            state.equalReads = 1
            state.last = effective
        }
        mixed = state
        guard state.equalReads >= Self.mixedSpan else { return [] }
        mixed = nil
        history = history.suffix(1)
        guard let current, !current.matches(effective) else { return [.mixedEnded] }
        self.current = effective
        let began = reading.asked
        return [
            .mixedEnded,
            .deployed(effective, began: began, lastSeenBefore: began, source: "equal reads"),
        ]
    }
}
