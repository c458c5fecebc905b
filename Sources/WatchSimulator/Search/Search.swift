// All states of the incident machine that a small alphabet of events can reach, breadth first, with
// the rules asserted on every transition. What a thousand random worlds miss because it takes just
// these six events in a row is found here; what takes clocks and samples is found there.

import WatchCore

public struct Search: Sendable {
    public struct Outcome: Sendable {
        public var scene: String
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
        var move: SearchMove?
    }

    private let scene: SearchScene
    private let limit: Int

    /// - Parameter limit: states after which it gives up.
    public init(_ scene: SearchScene, limit: Int) {
        self.scene = scene
        self.limit = limit
    }

    public func run() -> Outcome {
        var outcome = Outcome(scene: scene.name)
        var seen: Set<SearchWorld.Key> = []
        var visited = [Visited(parent: -1, move: nil)]
        var frontier: [(world: SearchWorld, place: Int)] = []
        do {
            let first = try SearchWorld.first(scene)
            seen.insert(first.fingerprint.hash)
            frontier.append((first, 0))
        } catch {
            outcome.broken = (error, [])
            return outcome
        }
        while !frontier.isEmpty, seen.count < limit {
            var next: [(world: SearchWorld, place: Int)] = []
            for (world, place) in frontier where seen.count < limit {
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
                    guard seen.insert(after.fingerprint.hash).inserted else { continue }
                    visited.append(Visited(parent: place, move: move))
                    next.append((after, visited.count - 1))
                }
            }
            if !next.isEmpty { outcome.depth += 1 }
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

extension Search {
    /// Every scene, several at a time; the outcomes are in the order of the scenes.
    public static func all(limit: Int, threads: Int) async -> [Outcome] {
        let scenes = SearchScene.all
        return await withTaskGroup(of: (Int, Outcome).self) { group in
            var outcomes = [Outcome?](repeating: nil, count: scenes.count)
            var next = 0
            func begin() {
                guard next < scenes.count else { return }
                let (index, search) = (next, Search(scenes[next], limit: limit))
                next += 1
                group.addTask { (index, search.run()) }
            }
            for _ in 0..<threads { begin() }
            while let (index, outcome) = await group.next() {
                outcomes[index] = outcome
                begin()
            }
            return outcomes.compactMap { $0 }
        }
    }
}
