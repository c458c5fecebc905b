// Many worlds on several threads, one seed each.

import Synchronization

public struct Fleet: Sendable {
    public struct Failure: Sendable {
        public var seed: UInt64
        public var violation: Violation
    }

    public struct Result: Sendable {
        public var seeds = 0
        public var events = 0
        public var tally = Simulation.Tally()
        /// Of all effects of all worlds, whichever thread lived through which; only when asked for.
        public var digest = 0
        /// Of the first few seeds that failed, in order.
        public var failures: [Failure] = []
    }

    private let seeds: Range<UInt64>
    private let events: Int
    private let isHashing: Bool
    /// Further failures are counted, not kept.
    private static let kept = 20

    public init(seeds: Range<UInt64>, events: Int, isHashing: Bool = false) {
        self.seeds = seeds
        self.events = events
        self.isHashing = isHashing
    }

    /// - Parameter stopAtFirst: the first failure ends it.
    public func run(threads: Int, stopAtFirst: Bool) async -> Result {
        let shared = Shared(first: seeds.lowerBound)
        return await withTaskGroup(of: Result.self) { group in
            for _ in 0..<threads {
                group.addTask { work(shared, stopAtFirst) }
            }
            var whole = Result()
            for await part in group { whole.add(part) }
            whole.failures.sort { $0.seed < $1.seed }
            return whole
        }
    }

    /// What the threads share.
    private final class Shared: Sendable {
        let next: Atomic<UInt64>
        let hasFailed = Atomic(false)

        init(first: UInt64) { next = Atomic(first) }
    }

    private func work(_ shared: Shared, _ stopAtFirst: Bool) -> Result {
        var result = Result()
        let traffic = Traffic()
        while !(stopAtFirst && shared.hasFailed.load(ordering: .relaxed)) {
            let seed = shared.next.add(1, ordering: .relaxed).oldValue
            guard seed < seeds.upperBound else { break }
            live(seed, traffic, &result)
            if !result.failures.isEmpty { shared.hasFailed.store(true, ordering: .relaxed) }
        }
        return result
    }

    private func live(_ seed: UInt64, _ traffic: Traffic, _ result: inout Result) {
        let world = Simulation(
            seed: seed, events: events, isHashing: isHashing, traffic: traffic)
        do {
            try world.run()
        } catch {
            if result.failures.count < Self.kept {
                result.failures.append(Failure(seed: seed, violation: error))
            }
        }
        result.seeds += 1
        result.events += world.events
        if isHashing {
            var hasher = Hasher()
            hasher.combine(seed)
            hasher.combine(world.digest)
            hasher.combine(world.events)
            result.digest &+= hasher.finalize()
        }
        result.tally.add(world.tally)
    }
}

extension Fleet.Result {
    fileprivate mutating func add(_ other: Self) {
        seeds += other.seeds
        events += other.events
        digest &+= other.digest
        tally.add(other.tally)
        failures += other.failures
    }
}

extension Simulation.Tally {
    fileprivate mutating func add(_ other: Self) {
        rollbacks += other.rollbacks
        automatic += other.automatic
        recovered += other.recovered
        handedOver += other.handedOver
        crashes += other.crashes
        reboots += other.reboots
        incidents += other.incidents
        pages += other.pages
        steps += other.steps
        verdicts += other.verdicts
        releasesGood += other.releasesGood
        manualSteps += other.manualSteps
        undoings += other.undoings
        operations += other.operations
        scheduled += other.scheduled
        madeReleases += other.madeReleases
        dryGates += other.dryGates
    }
}
