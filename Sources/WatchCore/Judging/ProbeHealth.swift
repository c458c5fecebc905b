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

    /// It told something about the target at least once.
    var hasSpoken: Bool { lastVerdict != nil }

    /// For people: the last failure, or what the last pass lacked.
    var note: String? { lastReason ?? degraded.map { "degraded: \($0)" } }

    var isBlind: Bool { errorsInRow >= Self.errorsToBlind }

    mutating func record(_ result: ProbeResult, failures: Int, successes: Int) {
        degraded = result.degraded
        switch result.outcome {
        case .pass:
            errorsInRow = 0
            failsInRow = 0
            passesInRow += 1
            lastVerdict = result.started
            if state == .waiting || passesInRow >= successes {
                state = .passing
                lastReason = nil
            }
        case .fail(let reason):
            errorsInRow = 0
            passesInRow = 0
            failsInRow += 1
            lastReason = reason
            lastVerdict = result.started
            if failsInRow >= failures { state = .failing }
        case .error(let reason):
            errorsInRow += 1
            lastReason = reason
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
