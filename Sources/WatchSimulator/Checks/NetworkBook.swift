// What could be known of this host's own network from what the engine was told.

import WatchCore

/// How the engine is to find out that the fault is this host's own.
enum NetworkManner {
    /// No probe asks another host, and nothing is declared: it cannot.
    case unknown
    /// `connectivity:` targets are asked.
    case declared
    /// The probes of two or more other hosts.
    case byProbes
}

struct NetworkBook {
    private struct Seen {
        var started: Instant
        var every: Duration
        var isHeard: Bool
    }

    private var seen: [String: Seen] = [:]
    /// The last answer about connectivity; nil: there was none.
    private var isReached: Bool?

    mutating func note(_ event: Event, _ configuration: Configuration) {
        switch event {
        case .probe(let service, let probe, let result):
            guard result.host != nil,
                let every = configuration.service(service)?.probe(probe)?.every
            else { return }
            var isHeard = !(result.timedOut ?? false)
            if case .error = result.outcome { isHeard = false }
            seen["\(service)/\(probe)"] = Seen(
                started: result.started, every: every, isHeard: isHeard)
        case .connectivity(let result): isReached = !result.reached.isEmpty
        case .tick, .stream, .version, .task, .command, .storeFailed, .storeRecovered: break
        }
    }

    /// Whether a dead network can be told from a dead target.
    func canTell(_ manner: NetworkManner) -> Bool {
        switch manner {
        case .unknown: false
        case .declared: isReached != nil
        case .byProbes: seen.count > 1
        }
    }

    /// Whether it surely fails; nil: that is not sure.
    func fails(_ manner: NetworkManner, at now: Instant) -> Bool? {
        switch manner {
        case .unknown: return false
        case .declared: return isReached.map { !$0 }
        case .byProbes:
            guard seen.count > 1 else { return false }
            if seen.values.allSatisfy({ !$0.isHeard && now - $0.started <= $0.every }) {
                return true
            }
            return nil
        }
    }
}
