// Fast re-checks: when a result contradicts a probe's state, the state should be settled in
// seconds, not in `failures` intervals. They decide the state and are no samples (DESIGN §5).

import WatchCore

struct Rechecks: Hashable, Sendable {
    static let pause = Duration.seconds(2)

    private enum State { case unknown, passing, failing }

    private let failures: Int
    private let successes: Int
    /// Where the schedule itself is as fast, it does the work.
    private let areUseful: Bool
    private var state = State.unknown
    /// Results in a row that contradict the state.
    private var against = 0
    /// Re-checks made for this contradiction; errors use them up too, so that they end.
    private var made = 0

    init(_ configuration: ProbeConfiguration) {
        failures = max(1, configuration.failures)
        successes = max(1, configuration.successes)
        areUseful = configuration.every > Self.pause
    }

    /// Takes a result in; true when a re-check should follow after `pause`.
    mutating func wantsAnother(after result: ProbeResult) -> Bool {
        if result.isRecheck { made += 1 }
        switch (result.outcome, state) {
        case (.error, _): break
        case (.pass, .unknown), (.pass, .passing): settle(.passing)
        case (.fail, .failing): settle(.failing)
        case (.fail, .unknown), (.fail, .passing): count(towards: .failing, needed: failures)
        case (.pass, .failing): count(towards: .passing, needed: successes)
        }
        let needed = state == .failing ? successes : failures
        return areUseful && against > 0 && made < needed
    }

    private mutating func count(towards next: State, needed: Int) {
        against += 1
        if against >= needed { settle(next) }
    }

    private mutating func settle(_ next: State) {
        state = next
        against = 0
        made = 0
    }
}
