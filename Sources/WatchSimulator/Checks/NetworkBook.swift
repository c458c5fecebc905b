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

    /// A probe by its places in the configuration.
    struct Asked: Hashable {
        var service: Int
        var probe: Int
    }

    private var seen: [Asked: Seen] = [:]
    /// The last answer about connectivity; nil: there was none.
    private var isReached: Bool?

    mutating func note(_ result: ProbeResult, of asked: Asked, every: Duration) {
        guard result.host != nil else { return }
        var isHeard = !(result.timedOut ?? false)
        if case .error = result.outcome { isHeard = false }
        seen[asked] = Seen(started: result.started, every: every, isHeard: isHeard)
    }

    mutating func note(_ result: ConnectivityResult) { isReached = !result.reached.isEmpty }

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
            // After a restart one is heard first, and that says nothing of the others.
            guard seen.count > 1 else { return nil }
            if seen.values.allSatisfy({ !$0.isHeard && now - $0.started <= $0.every }) {
                return true
            }
            return nil
        }
    }
}
