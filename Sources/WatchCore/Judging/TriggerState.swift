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
    private(set) var readings: [String: Reading] = [:]
    /// Has anything been judged yet?
    private(set) var isFresh = true
    /// The breach before, when it has ended.
    private var lastBreach: Span?
    /// Another release ended the breach of `lastBreach`, and nothing was known since: whatever
    /// was wrong may still be.
    private var isUnresolved: Bool?

    private struct Span: Hashable, Sendable, Codable {
        var from: Instant
        var to: Instant
    }

    init(since: Moment) {
        verdict = .insufficient("nothing was measured yet")
        self.since = since
    }

    /// As after a restart in the middle of a breach.
    init(breachedSince: Moment) {
        verdict = .breached
        since = breachedSince
        isFresh = false
    }

    var isBreached: Bool { verdict == .breached }

    /// Whether the trigger was breached at `instant`, or the trouble that it had found before was
    /// not known to have ended. Only the latest breach is remembered.
    func wasBreached(at instant: Instant) -> Bool {
        if isBreached { return since.boot <= instant }
        guard let lastBreach, lastBreach.from <= instant else { return false }
        return instant < lastBreach.to || isUnresolved ?? false
    }

    /// Takes in an evaluation. nil: the verdict stands.
    mutating func judge(
        _ evaluation: Evaluation, clearFor: Duration, now: Moment
    ) -> Transition? {
        readings = evaluation.readings
        if isBreached { return judgeBreached(evaluation.truth, clearFor, now) }
        let next: Verdict
        switch evaluation.truth {
        case .true: next = .breached
        case .false: next = .healthy
        case .unknown: next = Self.unknown(evaluation.readings)
        }
        let before = verdict.name
        let first = isFresh
        isFresh = false
        guard next.name != before || first else {
            verdict = next
            return nil
        }
        verdict = next
        since = now
        falseSince = nil
        switch next {
        case .breached:
            isUnresolved = nil
            return .began
        case .healthy:
            isUnresolved = nil
            return first ? .changed : .cleared
        case .insufficient, .blind: return .changed
        }
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
        lastBreach = Span(from: since.boot, to: now.boot)
        verdict = .healthy
        since = now
        falseSince = nil
        return .cleared
    }

    /// A deployment of another release: what was breached was its predecessor's. False when
    /// nothing was.
    mutating func endEarly(now: Moment) -> Bool {
        guard isBreached else { return false }
        lastBreach = Span(from: since.boot, to: now.boot)
        isUnresolved = true
        verdict = .insufficient("another release was deployed; waiting for its own samples")
        since = now
        falseSince = nil
        return true
    }

    /// Nobody watched for a while: what was false before may not have been so since.
    mutating func interrupt() { falseSince = nil }

    mutating func rebase(_ rebase: Rebase) {
        guard !rebase.isSameBoot else { return }
        rebase(&since)
        falseSince = nil
        lastBreach = nil
        isUnresolved = nil
    }

    private static func unknown(_ readings: [String: Reading]) -> Verdict {
        let gaps = readings.sorted { $0.key < $1.key }.compactMap { name, reading in
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

extension Reading.Gap {
    /// In words, for status and explain.
    func text(samples: Int) -> String {
        switch self {
        case .tooFewSamples(let needed): "\(samples) of \(needed) samples"
        case .warmingUp: "warming up"
        case .blind(let why): "blind (\(why))"
        case .noData: "no data yet"
        case .undefined: "undefined (division by zero)"
        }
    }
}
