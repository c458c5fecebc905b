// One trigger's verdict over time: it breaches when its expression is true, and clears only when
// it was false, not unknown, for `clear_for`.

struct TriggerState: Hashable, Sendable, Codable {
    enum Verdict: Hashable, Sendable, Codable {
        case healthy
        case breached
        /// Too little data; the text says of what.
        case insufficient(String)
        case blind(String)

        var name: VerdictName {
            switch self {
            case .healthy: .healthy
            case .breached: .breached
            case .insufficient: .insufficient
            case .blind: .blind
            }
        }
    }

    enum Transition: Hashable, Sendable {
        case began
        case cleared
        /// Insufficient ↔ blind ↔ healthy and the first verdict.
        case changed
    }

    private(set) var verdict: Verdict
    private(set) var since: Moment
    /// Since when the expression is false without a break, while breached.
    private(set) var falseSince: Instant?
    /// As of the last change of the verdict, of a breach as of the last second.
    private(set) var readings: [String: Reading] = [:]
    /// What decided, a sentence each; nil: not said yet.
    private(set) var reasons: [String]?
    /// Has anything been judged yet?
    private(set) var isFresh = true
    /// What `for` asks of the past; nil: nothing.
    private(set) var history: TruthHistory?
    /// The expression is true, and `for` does not call it a breach yet. nil: it is not so.
    private(set) var isHeldBack: Bool?
    /// A deployment ended a breach, and the expression was not false since; nil: it is not so.
    private var endedEarly: Bool?
    private static let unsustained = "it is true, but not for long enough yet"
    /// Breaches that have ended, the latest last.
    private var lastBreaches: [Span]?
    /// One that flaps has several between two reads of the version.
    private static let breachesKept = 8

    private struct Span: Hashable, Sendable, Codable {
        var from: Instant
        var to: Instant
    }
    /// The verdict that was told last: a breach that a deployment ended is told at the next
    /// evaluation, as what it has become.
    private var told: VerdictName?

    init(since: Moment) {
        verdict = .insufficient("nothing was measured yet")
        self.since = since
    }

    /// As after a restart in the middle of a breach.
    init(breachedSince: Moment) {
        verdict = .breached
        told = .breached
        since = breachedSince
        isFresh = false
    }

    // By pattern: `==` copies both, and this is asked at every event.
    var isBreached: Bool { if case .breached = verdict { true } else { false } }
    var isHealthy: Bool { if case .healthy = verdict { true } else { false } }

    /// Whether the trigger was breached at `instant`, which is not long ago: only the latest
    /// breaches are remembered, beside one that stands. A deployment may have ended one that was
    /// true again at once.
    func wasBreached(at instant: Instant) -> Bool {
        if isBreached, since.boot <= instant { return true }
        return (lastBreaches ?? []).contains { $0.from <= instant && instant < $0.to }
    }

    private mutating func keepBreach(upTo now: Instant) {
        let ended = Span(from: since.boot, to: now)
        lastBreaches = ((lastBreaches ?? []) + [ended]).suffix(Self.breachesKept)
    }

    /// Takes in what the expression came to. nil: the verdict stands. After anything else, and
    /// whenever words are wanted, `describe` fills them in.
    /// - Parameter span: `for`: true in 90 % of its seconds, or the rule does not hold.
    mutating func judge(
        _ finding: Finding, clearFor: Duration, sustainedFor span: Duration? = nil, now: Moment
    ) -> Transition? {
        remember(finding.truth == .true, span, now.boot.second)
        let isSustained = history?.isSustained ?? true
        let isHeld = finding.truth == .true && !isSustained && !isBreached
        if isHeld != (isHeldBack ?? false) { isHeldBack = isHeld ? true : nil }
        if isBreached { return judgeBreached(finding.truth, clearFor, now) }
        let next: Verdict
        switch finding.truth {
        case .true where isSustained: next = .breached
        case .true: next = endedEarly ?? false ? .insufficient(Self.unsustained) : .healthy
        case .false: next = .healthy
        case .unknown: next = finding.isBlind ? .blind("") : .insufficient("")
        }
        if finding.truth == .false || isSustained && finding.truth == .true { endedEarly = nil }
        let before = told ?? verdict.name
        let first = isFresh
        isFresh = false
        guard next.name != before || first || next == .breached else {
            if verdict.name != next.name { verdict = next }
            return nil
        }
        verdict = next
        told = next.name
        since = now
        falseSince = nil
        switch next {
        case .breached: return .began
        case .healthy: return first ? .changed : .cleared
        case .insufficient, .blind: return .changed
        }
    }

    private mutating func remember(_ isTrue: Bool, _ span: Duration?, _ second: Int64) {
        guard let span else {
            if history != nil { history = nil }
            return
        }
        if history?.length != TruthHistory.seconds(span) {
            history = history?.resized(to: span) ?? TruthHistory(span: span)
        }
        history?.note(isTrue, second: second)
    }

    private mutating func judgeBreached(
        _ truth: Truth, _ clearFor: Duration, _ now: Moment
    ) -> Transition? {
        guard truth == .false else {
            falseSince = nil
            return nil
        }
        let start = falseSince ?? now.boot
        falseSince = start
        guard now.boot - start >= clearFor else { return nil }
        keepBreach(upTo: now.boot)
        verdict = .healthy
        told = .healthy
        since = now
        falseSince = nil
        return .cleared
    }

    /// The figures, and why a verdict is uncertain.
    mutating func describe(_ evaluation: Evaluation) {
        readings = evaluation.readings
        reasons = evaluation.reasons
        if let uncertain = uncertainty(evaluation) { verdict = uncertain }
    }

    /// Only a figure, of a breach that goes on; those of the second before are in its place.
    mutating func refresh(_ operand: String, _ reading: Reading) { readings[operand] = reading }

    /// The same verdict with today's reason; nil: it is certain.
    func uncertainty(_ evaluation: Evaluation) -> Verdict? {
        switch verdict {
        case .healthy, .breached: nil
        case .insufficient(let before):
            if case .insufficient(let why)? = Self.unknown(evaluation) {
                .insufficient(why)
            } else if evaluation.truth == .true {
                .insufficient(Self.unsustained)
            } else {
                .insufficient(before.isEmpty ? "no value" : before)
            }
        case .blind(let before):
            if case .blind(let why)? = Self.unknown(evaluation) {
                .blind(why)
            } else {
                .blind(before)
            }
        }
    }

    /// The windows were restarted: what was true before was of other samples.
    mutating func forgetHistory() {
        if let history { self.history = TruthHistory(span: .seconds(history.length)) }
    }

    /// A deployment of another release: what was breached was its predecessor's.
    mutating func endEarly(
        now: Moment,
        _ why: String = "another release was deployed; waiting for its own samples"
    ) {
        guard isBreached else { return }
        keepBreach(upTo: now.boot)
        endedEarly = true
        verdict = .insufficient(why)
        since = now
        falseSince = nil
    }

    /// Nobody watched for a while: what was false before may not have been so since.
    mutating func interrupt() { falseSince = nil }

    mutating func rebase(_ rebase: Rebase) {
        guard !rebase.isSameBoot else { return }
        rebase(&since)
        falseSince = nil
        lastBreaches = nil
    }

    /// nil: it is not unknown.
    private static func unknown(_ evaluation: Evaluation) -> Verdict? {
        guard evaluation.truth == .unknown else { return nil }
        let gaps = evaluation.readings.sorted { $0.key < $1.key }.compactMap { name, reading in
            reading.gap.map { (name, reading, $0) }
        }
        for (name, _, gap) in gaps {
            if case .blind(let why) = gap { return .blind("\(name): \(why)") }
        }
        guard let (name, reading, gap) = gaps.first else {
            return .insufficient("no value")
        }
        return .insufficient("\(name): \(gap.text(samples: reading.samples))")
    }
}
