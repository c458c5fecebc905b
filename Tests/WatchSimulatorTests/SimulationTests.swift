// The simulator itself: it is deterministic, it tries what it claims to try, and a few worlds of
// every run of the tests keep all rules.

import Testing

@testable import WatchSimulator

@Suite struct SimulationTests {
    @Test func theSameSeedHasTheSameEffects() throws {
        for seed: UInt64 in 1...6 {
            let first = Simulation(seed: seed, events: 400, isHashing: true)
            let second = Simulation(seed: seed, events: 400, isHashing: true)
            try first.run()
            try second.run()
            #expect(first.digest == second.digest)
            #expect(first.events == second.events)
        }
    }

    @Test func theSameSeedsHaveTheSameEffectsOnAnyNumberOfThreads() async {
        let fleet = Fleet(seeds: 1..<9, events: 300, isHashing: true)
        let one = await fleet.run(threads: 1, stopAtFirst: false)
        let three = await fleet.run(threads: 3, stopAtFirst: false)
        #expect(one.digest == three.digest)
        #expect(one.events == three.events)
    }

    @Test func worldsKeepEveryRuleAndGoThroughEverything() async {
        let result = await Fleet(seeds: 101..<141, events: 1200).run(threads: 2, stopAtFirst: false)
        #expect(result.failures.isEmpty, "\(result.failures)")
        let tally = result.tally
        #expect(tally.automatic > 0 && tally.recovered > 0 && tally.handedOver > 0)
        #expect(tally.crashes > 0 && tally.reboots > 0 && tally.incidents > 0 && tally.pages > 0)
        #expect(tally.verdicts > 0 && tally.releasesGood > 0)
        #expect(tally.manualSteps > 0 && tally.operations > 0 && tally.dryGates > 0)
    }

    @Test func chanceIsTheSameOnEveryMachine() {
        var random = Random(seed: 42)
        #expect(random.next() == 13_679_457_532_755_275_413)
        #expect((0..<1000).allSatisfy { _ in random.below(7) < 7 })
    }
}
