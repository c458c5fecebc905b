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

    var isBreached: Bool { verdict == .breached }

    /// Whether the trigger was breached at `instant`, which is not long ago: only the latest
    /// breach is remembered.
    func wasBreached(at instant: Instant) -> Bool {
        if isBreached { return since.boot <= instant }
        guard let lastBreach else { return false }
        return lastBreach.from <= instant && instant < lastBreach.to
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
        let before = told ?? verdict.name
        let first = isFresh
        isFresh = false
        guard next.name != before || first || next == .breached else {
            verdict = next
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
        told = .healthy
        since = now
        falseSince = nil
        return .cleared
    }

    /// A deployment of another release: what was breached was its predecessor's.
    mutating func endEarly(now: Moment) {
        guard isBreached else { return }
        lastBreach = Span(from: since.boot, to: now.boot)
        verdict = .insufficient("another release was deployed; waiting for its own samples")
        since = now
        falseSince = nil
    }

    /// Nobody watched for a while: what was false before may not have been so since.
    mutating func interrupt() { falseSince = nil }

    mutating func rebase(_ rebase: Rebase) {
        guard !rebase.isSameBoot else { return }
        rebase(&since)
        falseSince = nil
        lastBreach = nil
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
