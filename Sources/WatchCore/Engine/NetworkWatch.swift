// Whose fault it is when nothing answers (DESIGN §5 "Outcomes of a probe"). A time-out counts
// against its target only when something else proves that this host's network worked after it
// began: until then the result waits, so that a dead network never begins a breach.

/// What came of asking every `connectivity:` target once.
public struct ConnectivityResult: Hashable, Sendable {
    public var started: Instant
    /// Targets that could be reached.
    public var reached: [String]
    /// The others, and why not.
    public var problems: [String: String]

    public init(started: Instant, reached: [String], problems: [String: String]) {
        self.started = started
        self.reached = reached
        self.problems = problems
    }
}

struct NetworkWatch: Sendable {
    /// The last result of a probe of another host.
    private struct Seen {
        var host: String
        var started: Instant
        var every: Duration
        /// Nothing was heard from the host: it erred or timed out.
        var isUnreachable: Bool
    }

    struct Waiting {
        var service: String
        var probe: String
        var result: ProbeResult
        var since: Instant
    }

    /// A result waits no longer, whatever proof comes or does not.
    static let waitsAtMost = Duration.seconds(30)
    /// More wait for nothing.
    static let limit = 10_000

    private var seen: [String: Seen] = [:]
    /// How many probes ask each host, and how many of all heard from theirs: kept up, because
    /// there may be ten thousand.
    private var probesOf: [String: Int] = [:]
    private var heard = 0
    private var lastAsked: Instant?
    /// Nobody was asked before: after a start it takes a while until anything is heard.
    private var began: Instant?
    /// When the first result of another host came in.
    private var firstNoted: Instant?
    private(set) var waiting: [Waiting] = []

    /// Takes note of a probe's result; `every` is how often it is asked.
    mutating func note(
        _ service: String, _ probe: String, _ result: ProbeResult, every: Duration
    ) {
        guard let host = result.host else { return }
        firstNoted = firstNoted ?? result.started
        let isUnreachable: Bool =
            if case .error = result.outcome { true } else { result.timedOut ?? false }
        let now = Seen(
            host: host, started: result.started, every: every, isUnreachable: isUnreachable)
        let before = seen.updateValue(now, forKey: "\(service)/\(probe)")
        // Mostly it is as it was.
        if let before, before.isUnreachable == isUnreachable, before.host == host { return }
        count(now, by: 1)
        if let before { count(before, by: -1) }
    }

    private mutating func count(_ one: Seen, by step: Int) {
        if !one.isUnreachable { heard += step }
        let probes = probesOf[one.host, default: 0] + step
        probesOf[one.host] = probes > 0 ? probes : nil
    }

    mutating func forget(besides probes: Set<String>) {
        for (name, one) in seen where !probes.contains(name) {
            seen[name] = nil
            count(one, by: -1)
        }
        waiting.removeAll { !probes.contains("\($0.service)/\($0.probe)") }
    }

    /// Other hosts that are probed.
    var hosts: Set<String> { Set(probesOf.keys) }
    var hostCount: Int { probesOf.count }

    /// Every probe of at least two other hosts erred or timed out within its interval.
    func hearsNobody(at now: Instant) -> Bool {
        hostCount >= 2 && heard == 0
            && seen.values.allSatisfy { $0.isUnreachable && now - $0.started <= $0.every * 2 }
    }

    /// Whether a time-out may be the network's: several other hosts are probed; or so soon after a
    /// start that only one has been asked yet.
    func mayBeDead(at now: Instant, probes: Int) -> Bool {
        if hostCount >= 2 { return true }
        guard probes > 1, let firstNoted else { return false }
        return now - firstNoted < Self.waitsAtMost
    }

    /// Some other host was heard since `start`.
    func hearsSomebody(since start: Instant, besides host: String?) -> Bool {
        seen.values.contains { !$0.isUnreachable && $0.started >= start && $0.host != host }
    }

    /// So few other hosts are probed that nobody can tell, and not because it has just begun.
    mutating func cannotTell(at now: Instant) -> Bool {
        let since = began ?? now
        began = since
        return hostCount < 2 && now - since >= Self.waitsAtMost
    }

    /// false: there is no room, so the result counts at once.
    mutating func hold(_ item: Waiting) -> Bool {
        guard waiting.count < Self.limit else { return false }
        waiting.append(item)
        return true
    }

    /// Proof is asked for once a second at most.
    mutating func mayAsk(at now: Instant) -> Bool {
        if let last = lastAsked, now - last < .seconds(1) { return false }
        lastAsked = now
        return true
    }

    /// Takes out those for which `isProven` holds, and those that waited too long.
    mutating func release(
        at now: Instant, where isProven: (Waiting) -> Bool = { _ in false }
    ) -> [Waiting] {
        guard !waiting.isEmpty else { return [] }
        let free = waiting.filter { isProven($0) || now - $0.since >= Self.waitsAtMost }
        waiting.removeAll { isProven($0) || now - $0.since >= Self.waitsAtMost }
        return free
    }

    mutating func drop() { waiting = [] }
}
