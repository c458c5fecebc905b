// Which release runs, made of what several sources answer, some of which lie, lag or are behind a
// load balancer that mixes two releases. Pure: readings in, changes out.
//
// The first source that answers leads; the others complete its fields and are compared with it.
// A change counts after `agree` equal reads and is dated to the first of them. What happens when
// several releases answer in turn is in `VersionTracker+Mixed.swift`, what becomes of sources that
// disagree in `VersionTracker+Stuck.swift`.

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
        /// It has named the release that runs since that began; nil: not yet.
        var hasAgreed: Bool?
        /// What it read when it was compared with the release that runs and differed.
        var stuck: ReleaseIdentity?
    }

    struct Announced: Hashable, Sendable, Codable {
        var identity: ReleaseIdentity
        var at: Instant
        /// What the leading source read then; another read than this ends the announcement.
        var readThen: ReleaseIdentity?
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

    var sources: [Source]
    /// The release taken to run, as last decided here.
    private(set) var current: ReleaseIdentity?
    private(set) var announced: Announced?
    /// By pattern: a comparison with nil copies it, and this is asked at every event.
    var isAnnounced: Bool { if case .some = announced { true } else { false } }
    /// It does not expire: what brings the release is under way.
    var holdsAnnouncement = false
    var mixed: MixedState?
    var isMixed: Bool { if case .some = mixed { true } else { false } }
    /// The leading source's last reads, oldest first, with when each was asked for.
    var history: [Read] = []
    /// What ran before `current` when this tracker began: until its own history is long enough,
    /// that tells which member of a mix is the older one.
    var predecessor: ReleaseIdentity?
    /// What watchd's own rollback is about to bring back.
    private(set) var expected: ReleaseIdentity?
    let agree: Int

    struct Read: Hashable, Sendable, Codable {
        var identity: ReleaseIdentity
        var asked: Instant
    }

    init(
        sourceCount: Int, agree: Int, current: ReleaseIdentity?,
        predecessor: ReleaseIdentity? = nil, announced: Announced? = nil,
        stuck: [ReleaseIdentity?] = [], mix: Mix? = nil
    ) {
        sources = Array(repeating: Source(), count: sourceCount)
        for (index, read) in zip(sources.indices, stuck) { sources[index].stuck = read }
        self.agree = Swift.max(1, agree)
        self.current = current
        self.predecessor = predecessor
        self.announced = announced
        resume(mix)
    }

    /// One more, after those there are.
    mutating func addSource() { sources.append(Source()) }

    /// The first source that answers and can be believed.
    @inline(__always)
    var leader: Int? { Self.leader(sources) }

    // By place, for a look at a source copies it; and by what is looked at alone, or the tracker
    // would be copied at every event.

    private static func leader(_ sources: [Source]) -> Int? {
        sources.indices.first { sources[$0].identity != nil && !sources[$0].isStuck }
    }

    private static func isSilent(_ sources: [Source], _ agree: Int) -> Bool {
        sources.indices.allSatisfy {
            sources[$0].isStuck
                || sources[$0].identity == nil
                    && (sources[$0].misses >= agree || sources[$0].run == 0)
        }
    }

    private static func isUnread(_ announced: Announced?, _ sources: [Source]) -> Bool {
        guard let announced, !sources.isEmpty else { return false }
        guard let leader = leader(sources), let read = sources[leader].identity else { return true }
        return !read.matches(announced.identity)
    }

    /// No source answers that can be believed (each missed `agree` reads, never spoke or is stuck)
    /// and no announcement counts.
    @inline(__always)
    var isUnknown: Bool { !isAnnounced && Self.isSilent(sources, agree) }

    /// What runs was announced, and where there is a source none has read it yet: the old release
    /// may run for hours still, while data is migrated.
    @inline(__always)
    var isUnconfirmed: Bool { isAnnounced && Self.isUnread(announced, sources) }

    /// When the leader first read another release than the one taken to run, if it has not done so
    /// often enough yet: what runs is about to be decided anew.
    var changeBegan: Instant? {
        guard !isMixed, let current, let leader, let read = sources[leader].identity,
            !read.matches(current)
        else { return nil }
        if isAnnounced, announced?.readThen?.matches(read) ?? false { return nil }
        return sources[leader].runBegan
    }

    var isChanging: Bool { changeBegan != nil }

    /// Sources whose version differs from the leader's, or is known to be wrong.
    var disagreeing: Set<Int> {
        let led = leader.flatMap { sources[$0].identity }
        return Set(
            sources.indices.filter { index in
                guard let read = sources[index].identity else { return false }
                return sources[index].isStuck || led.map { !$0.matches(read) } ?? false
            })
    }

    /// Captured fields of all sources that agree with the running release; the first wins.
    var fields: [String: String] {
        var result: [String: String] = [:]
        for index in sources.indices where !sources[index].fields.isEmpty {
            guard let identity = sources[index].identity, let current, identity.matches(current)
            else { continue }
            result.merge(sources[index].fields) { first, _ in first }
        }
        return result
    }

    /// Equal reads that make *landed*: more while the version is mixed.
    func readsToLand(configured: Int) -> Int {
        !isMixed ? configured : Swift.max(configured, Self.mixedSpan)
    }

    /// watchd is about to put `identity` there: its return makes nothing mixed. nil: no more.
    mutating func expect(_ identity: ReleaseIdentity?) { expected = identity }

    /// watchd's own rollback put `identity` there: neither a return nor a change by other hands.
    mutating func noteOwnRollback(to identity: ReleaseIdentity) {
        current = identity
        announced = nil
        mixed = nil
        history.removeAll { !$0.identity.matches(identity) }
        compareAnew()
    }

    /// Somebody says that `identity` runs from now on.
    mutating func announce(_ identity: ReleaseIdentity, at now: Instant) -> Change {
        // Said again, it is the same announcement still.
        if announced?.identity.matches(identity) != true {
            // A source that is silent now (the application is being replaced) last named `current`:
            // naming it again will be no change.
            announced = Announced(
                identity: identity, at: now,
                readThen: leader.flatMap { sources[$0].identity } ?? current)
        }
        mixed = nil
        predecessor = nil
        // What was announced does not "come back".
        history.removeAll { $0.identity.matches(identity) }
        if let current, current.matches(identity) {
            self.current = current.completed(by: identity)
            return .completed(current.completed(by: identity))
        }
        current = identity
        compareAnew()
        return .deployed(identity, began: now, lastSeenBefore: now, source: "announcement")
    }

    /// Time goes on: where there is a source, what was announced and never read ends. True when an
    /// announcement ended.
    mutating func expireAnnouncement(at now: Instant) -> Bool {
        guard isAnnounced, let announced, !sources.isEmpty, !holdsAnnouncement,
            now - announced.at > Self.announcementHolds
        else {
            return false
        }
        self.announced = nil
        return true
    }

    /// Takes in what source `index` answered.
    mutating func record(
        _ reading: VersionReading, from index: Int, label: @autoclosure () -> String
    ) -> [Change] {
        guard sources.indices.contains(index) else { return [] }
        note(reading, from: index)
        compare(reader: reading.isAnswer ? index : nil)
        guard let leader, let effective = Self.effective(sources, leader) else { return [] }
        _ = expireAnnouncement(at: reading.asked)
        endAnnouncementOnChange(leader: leader)
        let isLed = index == leader && reading.isAnswer
        if isLed {
            history.append(Read(identity: effective, asked: reading.asked))
            if history.count > Self.mixedSpan + 1 {
                history.removeFirst()
                predecessor = nil
            }
        }
        if isMixed { return isLed ? continueMixed(effective, reading.asked) : [] }
        if isLed, let change = becomeMixed() { return change }
        if isAnnounced, let announced {
            // The sources still read what they read before it.
            guard effective.matches(announced.identity) else { return [] }
            return complete(with: effective)
        }
        return settle(effective, leader: leader, reader: index, label: label)
    }

    private mutating func note(_ reading: VersionReading, from index: Int) {
        sources[index].lastAsked = reading.asked
        switch reading.answer {
        case .version(let version, let commit, let fields):
            let identity = ReleaseIdentity(version: version, commit: commit)
            let isRepeat = sources[index].identity?.matches(identity) ?? false
            sources[index].run = isRepeat ? sources[index].run + 1 : 1
            if !isRepeat {
                sources[index].runBegan = reading.asked
                // Also across reads that failed: an application that is down while it is replaced
                // was last seen when it last answered.
                sources[index].previousSeen = sources[index].lastAnswered
            }
            // Answers overtake one another: what was asked for later was seen later.
            sources[index].lastAnswered = Swift.max(
                sources[index].lastAnswered ?? reading.asked, reading.asked)
            sources[index].identity =
                isRepeat ? sources[index].identity?.completed(by: identity) : identity
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
    private static func effective(_ sources: [Source], _ leader: Int) -> ReleaseIdentity? {
        guard var identity = sources[leader].identity else { return nil }
        if identity.commit == nil {
            identity.commit =
                sources.lazy.filter { !$0.isStuck }.compactMap(\.identity)
                .first { $0.version == identity.version && $0.commit != nil }?.commit
        }
        return identity
    }

    private mutating func endAnnouncementOnChange(leader: Int) {
        guard isAnnounced, let announced, let read = sources[leader].identity,
            sources[leader].run >= agree,
            !(announced.readThen?.matches(read) ?? false)
        else { return }
        self.announced = nil
    }

    /// What runs was decided; the announcement, if there was one, has had its say.
    mutating func take(_ identity: ReleaseIdentity) {
        let isOther = current.map { !$0.matches(identity) } ?? true
        current = identity
        announced = nil
        if isOther { compareAnew() }
    }

    private mutating func complete(with effective: ReleaseIdentity) -> [Change] {
        guard let current, current.commit == nil, effective.commit != nil else { return [] }
        self.current = effective
        return [.completed(effective)]
    }

    /// The ordinary way: enough equal reads of something else make a change.
    private mutating func settle(
        _ effective: ReleaseIdentity, leader: Int, reader: Int, label: () -> String
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
            let first = sources[decider].runBegan
        else { return [] }
        // One that takes over may have read it for long: until the source before it fell silent
        // that was a disagreement.
        let led = isVersion ? lastLed : nil
        let began = Swift.max(first, led ?? first)
        let seen = [sources[decider].previousSeen, led].compactMap { $0 }.max() ?? began
        take(effective)
        return [
            .deployed(
                effective, began: began, lastSeenBefore: Swift.min(seen, began), source: label())
        ]
    }
}
