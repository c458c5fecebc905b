// All states of the incident machine that a small alphabet of events can reach, breadth first, with
// the rules asserted on every transition. What a thousand random worlds miss because it takes just
// these six events in a row is found here; what takes clocks and samples is found there.

import WatchCore

public struct Search {
    public struct Outcome: Sendable {
        /// Distinct abstract states.
        public var states = 0
        public var transitions = 0
        /// Every state that can be reached was looked at.
        public var isClosed = false
        /// Events of the longest path looked at.
        public var depth = 0
        /// What was broken, and the events that lead there.
        public var broken: (violation: Violation, path: [String])?
    }

    private struct Visited {
        var parent: Int
        var move: SearchWorld.Move?
        var depth: Int
    }

    private let limit: Int

    /// - Parameter limit: states after which it gives up.
    public init(limit: Int) { self.limit = limit }

    public func run() -> Outcome {
        var outcome = Outcome()
        var seen: Set<SearchWorld.Fingerprint> = []
        var visited: [Visited] = []
        var frontier: [(world: SearchWorld, place: Int)] = []
        do {
            let first = try SearchWorld.first()
            seen.insert(first.fingerprint)
            visited.append(Visited(parent: -1, move: nil, depth: 0))
            frontier.append((first, 0))
        } catch {
            outcome.broken = (error, [])
            return outcome
        }
        while !frontier.isEmpty, seen.count < limit {
            var next: [(world: SearchWorld, place: Int)] = []
            for (world, place) in frontier {
                for move in world.moves {
                    outcome.transitions += 1
                    var after = world
                    do {
                        try after.make(move)
                    } catch {
                        outcome.states = seen.count
                        outcome.broken = (error, path(to: place, visited) + ["\(move)"])
                        return outcome
                    }
                    guard seen.insert(after.fingerprint).inserted else { continue }
                    let depth = visited[place].depth + 1
                    visited.append(Visited(parent: place, move: move, depth: depth))
                    outcome.depth = depth
                    next.append((after, visited.count - 1))
                    if seen.count >= limit { break }
                }
                if seen.count >= limit { break }
            }
            frontier = next
        }
        outcome.states = seen.count
        outcome.isClosed = frontier.isEmpty
        return outcome
    }

    private func path(to place: Int, _ visited: [Visited]) -> [String] {
        var path: [String] = []
        var at = place
        while at > 0, let move = visited[at].move {
            path.append("\(move)")
            at = visited[at].parent
        }
        return path.reversed()
    }
}
