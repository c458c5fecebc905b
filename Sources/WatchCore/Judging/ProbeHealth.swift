// Whether a probe passes, as opposed to how often it did: results in a row decide, so that one
// stray failure is no outage, and rechecks outside the schedule count too.

struct ProbeHealth: Hashable, Sendable, Codable {
    enum State: String, Hashable, Sendable, Codable {
        /// Nothing heard yet.
        case waiting
        case passing, failing
    }

    /// Errors in a row that make a probe blind: we cannot ask.
    static let errorsToBlind = 3

    private(set) var state = State.waiting
    private(set) var passesInRow = 0
    private(set) var failsInRow = 0
    private(set) var errorsInRow = 0
    /// Why the last result was no pass.
    private(set) var lastReason: String?
    /// What the last pass lacked; it changes no state.
    private(set) var degraded: String?
    /// Start of the last result that said something about the target.
    private(set) var lastVerdict: Instant?
    /// The state is that of before the windows restarted, and no result since has made one.
    private var isInherited: Bool?
    /// The last results that said something about the target, the newest last: a restart lies a
    /// few reads of the version in the past. Not worth a checkpoint.
    private var recent = Recent()

    /// A result that said something about the target.
    private struct Verdict: Hashable, Sendable {
        var started: Instant
        var passed: Bool
    }

    /// In memory alone: a state is the same with and without it.
    private struct Recent: Hashable, Sendable {
        var verdicts: [Verdict] = []

        static func == (first: Recent, second: Recent) -> Bool { true }
        func hash(into hasher: inout Hasher) {}
    }

    private static let kept = 16

    private enum CodingKeys: String, CodingKey {
        case state, passesInRow, failsInRow, errorsInRow, lastReason, degraded, lastVerdict
        case isInherited
    }

    /// It told something about the target at least once.
    var hasSpoken: Bool { lastVerdict != nil }

    /// The state as far as it was made since the windows restarted: what triggers judge. People
    /// are shown `state`, which holds until another takes its place.
    var own: State { isInherited ?? false ? .waiting : state }

    /// For people: the last failure, or what the last pass lacked.
    var note: String? { lastReason ?? degraded.map { "degraded: \($0)" } }

    var isBlind: Bool { errorsInRow >= Self.errorsToBlind }

    /// - Parameter since: when the windows restarted. What was asked before was asked of another
    ///   release: it makes no state.
    mutating func record(
        _ result: ProbeResult, failures: Int, successes: Int, since: Instant = .seconds(0)
    ) {
        degraded = result.degraded
        switch result.outcome {
        case .pass:
            errorsInRow = 0
            guard result.started >= since else { return }
            keep(result.started, passed: true)
            count(pass: true, failures: failures, successes: successes)
            if state == .passing { lastReason = nil }
        case .fail(let reason):
            errorsInRow = 0
            lastReason = reason
            guard result.started >= since else { return }
            keep(result.started, passed: false)
            count(pass: false, failures: failures, successes: successes)
        case .error(let reason):
            errorsInRow += 1
            lastReason = reason
        }
    }

    private mutating func keep(_ started: Instant, passed: Bool) {
        lastVerdict = started
        if recent.verdicts.count >= Self.kept { recent.verdicts.removeFirst() }
        recent.verdicts.append(Verdict(started: started, passed: passed))
    }

    private mutating func count(pass: Bool, failures: Int, successes: Int) {
        if pass {
            failsInRow = 0
            passesInRow += 1
            guard own == .waiting || passesInRow >= successes else { return }
            state = .passing
        } else {
            passesInRow = 0
            failsInRow += 1
            guard failsInRow >= failures else { return }
            state = .failing
        }
        isInherited = nil
    }

    /// Another release runs since `instant`: what the one before did is not its fault. Results
    /// since then, of which some may have come in already, make a state anew. Whether we can ask
    /// is no matter of the release.
    mutating func restart(at instant: Instant, failures: Int, successes: Int) {
        let since = recent.verdicts.filter { $0.started >= instant }
        // So many that the state is theirs.
        guard since.count < Self.kept else { return }
        failsInRow = 0
        passesInRow = 0
        isInherited = true
        for verdict in since {
            count(pass: verdict.passed, failures: failures, successes: successes)
        }
    }

    /// A step of a journey is blind as long as its journey is: it may not be asked for long
    /// because a step before it fails, and that is no blindness.
    mutating func follow(_ journey: ProbeHealth) {
        errorsInRow = journey.errorsInRow
        if isBlind {
            lastReason = journey.lastReason
        } else if state != .failing, failsInRow == 0 {
            lastReason = nil
        }
    }
}
