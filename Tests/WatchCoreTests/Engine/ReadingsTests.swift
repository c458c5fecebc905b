// What each function of the language reads of a running service.

import Testing

@testable import WatchCore

@Suite struct ReadingsTests {
    /// A world whose one trigger asks for `operands`, without saying anything of them.
    private func world(
        _ operands: [String], judgement: Judgement = World.judgement, slo: Double? = nil,
        probes: Int = 1
    ) -> World {
        let parts = operands.map { "\($0) == \($0)" }.joined(separator: " and ")
        var trigger = World.trigger("asks", parts, .low, .page)
        trigger.judgement = judgement
        var service = World.service(triggers: [trigger])
        service.slo = slo
        if let first = service.probes.first {
            service.probes = (0..<probes).map { index in
                var probe = first
                probe.name = index == 0 ? "health" : "probe\(index)"
                return probe
            }
        }
        return World(World.configuration(services: [service]))
    }

    private func reading(_ world: World, _ operand: String) -> Reading? {
        world.status?.triggers.first?.readings[operand]
    }

    // MARK: - Windows

    @Test func aWindowAnswersWhenItCoversTheSmallerOfItsWidthAndWarmUp() {
        let world = world(
            ["error_rate(access, 10s)", "error_rate(access, 1h)"],
            judgement: Judgement(warmUp: .seconds(30)))
        world.pass(9)
        #expect(reading(world, "error_rate(access, 10s)")?.gap == .warmingUp)
        world.pass(2)
        #expect(reading(world, "error_rate(access, 10s)")?.value == 0)
        world.pass(17)
        #expect(reading(world, "error_rate(access, 1h)")?.gap == .warmingUp)
        world.pass(3)
        #expect(reading(world, "error_rate(access, 1h)")?.value == 0)
    }

    @Test func ratiosAndLatenciesNeedMinSamplesAndCountsNeverDo() {
        let needing = [
            "error_rate(access, 10s)", "success_rate(access, 10s)", "p95(access, 10s)",
            "mean(access, 10s)", "max(access, 10s)", "burn_rate(access, 10s)",
        ]
        let counting = ["count(access, 10s)", "errors(access, 10s)", "rate(access, 10s)"]
        let world = world(needing + counting, slo: 0.99)
        world.requestsPerSecond = 1
        world.pass(30)
        for operand in needing {
            #expect(
                reading(world, operand)?.gap == .tooFewSamples(needed: 20), "\(operand)")
        }
        for operand in counting { #expect(reading(world, operand)?.value != nil, "\(operand)") }
        world.requestsPerSecond = 3
        world.pass(10)
        for operand in needing { #expect(reading(world, operand)?.value != nil, "\(operand)") }
    }

    @Test func probesNeedThree() {
        let world = world(["error_rate(health, 10s)"])
        world.finds = { world, _, _ in world.now.boot.second % 5 == 0 ? .pass : nil }
        world.pass(12)
        #expect(reading(world, "error_rate(health, 10s)")?.gap == .tooFewSamples(needed: 3))
        world.finds = nil
        world.pass(2)
        #expect(reading(world, "error_rate(health, 10s)")?.value == 0)
    }

    @Test func aRateIsPerSecondOfWhatIsCovered() throws {
        let world = world(["rate(access, 1h)", "rate(access, 10s)"])
        world.pass(20)
        // Twenty seconds of fifty requests, in a window that could hold an hour.
        for operand in ["rate(access, 1h)", "rate(access, 10s)"] {
            let rate = try #require(reading(world, operand)?.value)
            #expect(abs(rate - 50) <= 5, "\(operand)")
        }
    }

    @Test func ofSilenceTheCountIsZeroAndOfWhatNobodyReadsItIsUnknown() {
        let world = world(["count(access, 10s)", "rate(access, 10s)", "errors(access, 10s)"])
        world.logs = { _, _ in nil }
        world.pass(20)
        #expect(reading(world, "count(access, 10s)")?.gap == .noData)
        world.logs = { _, _ in StreamBatch() }
        world.pass(20)
        for operand in ["count(access, 10s)", "rate(access, 10s)", "errors(access, 10s)"] {
            #expect(reading(world, operand)?.value == 0, "\(operand)")
        }
    }

    @Test func sharesCountsAndRatesAreThoseOfTheWindow() throws {
        let world = world([
            "error_rate(access, 10s)", "success_rate(access, 10s)", "count(access, 10s)",
            "errors(access, 10s)", "rate(access, 10s)",
        ])
        world.errorRate = 0.3
        world.pass(20)
        world.errorRate = 0.1
        world.pass(10)
        // Ten seconds of fifty requests, five of them bad; what was before has left.
        let expected = [
            "error_rate(access, 10s)": 0.1, "success_rate(access, 10s)": 0.9,
            "count(access, 10s)": 500, "errors(access, 10s)": 50, "rate(access, 10s)": 50,
        ]
        for (operand, value) in expected {
            let actual = try #require(reading(world, operand)?.value)
            #expect(abs(actual - value) < 1e-9, "\(operand): \(actual)")
        }
    }

    @Test func latenciesAreThoseOfTheWindow() {
        let operands = [
            "p50(access, 10s)", "p95(access, 10s)", "p99(access, 10s)", "p(99.9, access, 10s)",
            "mean(access, 10s)", "max(access, 10s)",
        ]
        let world = world(operands)
        world.logs = { world, _ in world.batch(9, latency: 3) }
        world.pass(15)
        // Nine a second, of 10, 20 … 90 ms: exact, for they are fewer than a hundred.
        says(world) { batch in
            batch.slices[0].count = 9
            batch.slices[0].latency = LatencySketch((1...9).map { Double($0) / 100 })
        }
        world.pass(10)
        let values = operands.map { reading(world, $0)?.value ?? 0 }
        #expect(values == [0.05, 0.09, 0.09, 0.09, values[4], 0.09])
        #expect(abs(values[4] - 0.05) < 1e-9)
        #expect(reading(world, operands[0])?.samples == 90)
    }

    @Test func matchesAndRestartsNeedNoSamples() {
        let world = world(["matches(access.panic, 10s)", "restarts(health, 10s)"])
        world.logs = { _, _ in StreamBatch() }
        world.pass(15)
        // Of silence nothing matches, and that is known.
        #expect(reading(world, "matches(access.panic, 10s)")?.value == 0)
        #expect(reading(world, "restarts(health, 10s)")?.value == 0)
        says(world) {
            $0.slices[0].count = 1
            $0.slices[0].patterns = ["panic": 1]
        }
        world.pass(1)
        world.logs = { _, _ in StreamBatch() }
        world.pass(1)
        #expect(reading(world, "matches(access.panic, 10s)")?.value == 1)
    }

    @Test func aBurnRateIsTheErrorRateOverTheBudget() {
        let world = world(["burn_rate(access, 10s)"], slo: 0.99)
        world.errorRate = 0.1
        world.pass(15)
        #expect(abs((reading(world, "burn_rate(access, 10s)")?.value ?? 0) - 10) < 1e-9)
    }

    // MARK: - What else streams tell

    private func says(_ world: World, _ change: @escaping (inout StreamBatch) -> Void) {
        world.logs = { world, _ in
            var batch = world.batch(10)
            change(&batch)
            return batch
        }
    }

    @Test func matchesAreCountedByPattern() {
        let world = world(["matches(access.panic, 10s)", "matches(access.other, 10s)"])
        says(world) { $0.slices[0].patterns = ["panic": 2] }
        world.pass(30)
        let panics = reading(world, "matches(access.panic, 10s)")?.value ?? 0
        #expect(panics >= 18 && panics <= 22)
        #expect(reading(world, "matches(access.other, 10s)")?.value == 0)
    }

    @Test func parseFailuresAreAShareOfLinesAndNeedSamples() throws {
        let world = world(["parse_failures(access, 10s)"])
        says(world) {
            $0.losses.unparsed = 10
            $0.lines = 20
        }
        world.pass(30)
        // Half of the lines do not parse: all else of the stream is blind for it, this is not.
        let share = try #require(reading(world, "parse_failures(access, 10s)")?.value)
        #expect(abs(share - 0.5) < 0.01)
        says(world) {
            $0.slices = []
            $0.lines = 1
        }
        world.pass(70)
        #expect(
            reading(world, "parse_failures(access, 10s)")?.gap == .tooFewSamples(needed: 20))
    }

    @Test func ofLinesThatWereLostNothingIsKnown() {
        let world = world(["parse_failures(access, 10s)", "error_rate(access, 10s)"])
        says(world) { $0.losses.dropped = 1 }
        world.pass(30)
        for operand in ["parse_failures(access, 10s)", "error_rate(access, 10s)"] {
            guard case .blind? = reading(world, operand)?.gap else {
                Issue.record("\(operand) is not blind")
                continue
            }
        }
    }

    @Test func routesWithEnoughRequestsFailWhenMoreThanHalfOfTheirsDo() {
        let world = world(["failing_routes(access, 10s)"])
        func routes(_ routes: [(String, Int, Int)]) {
            says(world) { batch in
                for (route, count, errors) in routes {
                    for index in 0..<count {
                        batch.slices[0].routes.record(route, isError: index < errors)
                    }
                }
            }
            world.pass(15)
        }
        routes([("/a", 10, 6), ("/b", 10, 5), ("/c", 10, 0), ("/rare", 1, 1)])
        #expect(abs((reading(world, "failing_routes(access, 10s)")?.value ?? 0) - 1.0 / 3) < 1e-9)
        #expect(reading(world, "failing_routes(access, 10s)")?.samples == 3)
        routes([("/rare", 1, 1)])
        #expect(reading(world, "failing_routes(access, 10s)")?.gap == .tooFewSamples(needed: 20))
    }

    @Test func affectedIsTheShareOfDistinctValuesThatSawAnError() throws {
        let world = world(["affected(access.user, 10s)"])
        says(world) { batch in
            var audience = Audience()
            for user in 0..<100 {
                let hash = withUnsafeBytes(of: user) { Audience.hash($0) }
                audience.record(hash: hash, isError: user < 20)
            }
            batch.slices[0].audiences["user"] = audience
        }
        world.pass(15)
        let affected = try #require(reading(world, "affected(access.user, 10s)"))
        #expect(abs((affected.value ?? 0) - 0.2) < 0.05)
        // The same hundred again and again are a hundred.
        #expect((95...105).contains(affected.samples))
    }

    // MARK: - Probes

    @Test func failingLeavesOutTheBlindAndIsUnknownWhenFewerThanHalfSpoke() {
        let world = world(["failing(health, probe1, probe2, probe3)", "failing()"], probes: 4)
        var outcomes: [String: ProbeResult.Outcome] = [:]
        world.finds = { _, _, probe in outcomes[probe] ?? .pass }
        outcomes["health"] = .fail("500")
        world.pass(10)
        for operand in ["failing(health, probe1, probe2, probe3)", "failing()"] {
            #expect(reading(world, operand)?.value == 0.25)
        }
        outcomes["probe1"] = .error("no descriptor")
        outcomes["probe2"] = .error("no descriptor")
        world.pass(5)
        #expect(reading(world, "failing()")?.value == 0.5)
        #expect(reading(world, "failing()")?.samples == 2)
        outcomes["probe3"] = .error("no descriptor")
        world.pass(5)
        guard case .blind(let why)? = reading(world, "failing()")?.gap else {
            Issue.record("three of four are blind")
            return
        }
        #expect(why == "3 of 4 probes could not be asked")
    }

    @Test func failingIsUnknownWhileFewerThanHalfHaveSpoken() {
        let world = world(["failing(health, probe1, probe2, probe3)"], probes: 4)
        let failing = "failing(health, probe1, probe2, probe3)"
        var speak: Set<String> = ["health"]
        world.finds = { _, _, probe in speak.contains(probe) ? .fail("500") : nil }
        world.pass(10)
        #expect(reading(world, failing)?.gap == .noData)
        speak = ["health", "probe1"]
        world.pass(2)
        #expect(reading(world, failing)?.value == 1)
        #expect(reading(world, failing)?.samples == 2)
    }

    @Test func upIsOneWhileTheProbePassesAndZeroWhileItFails() {
        let world = world(["up(health)"])
        world.pass(10)
        #expect(reading(world, "up(health)")?.value == 1)
        world.probePasses = false
        world.pass(1)
        // One failure is none yet.
        #expect(reading(world, "up(health)")?.value == 1)
        world.pass(1)
        #expect(reading(world, "up(health)")?.value == 0)
        world.probePasses = true
        world.pass(1)
        #expect(reading(world, "up(health)")?.value == 0)
        world.pass(1)
        #expect(reading(world, "up(health)")?.value == 1)
    }

    @Test func failingAndUpWaitForWarmUp() {
        let world = world(
            ["failing(health)", "up(health)"], judgement: Judgement(warmUp: .seconds(20)))
        world.probePasses = false
        world.pass(19)
        #expect(reading(world, "failing(health)")?.gap == .warmingUp)
        #expect(reading(world, "up(health)")?.gap == .warmingUp)
        world.pass(2)
        #expect(reading(world, "failing(health)")?.value == 1)
        #expect(reading(world, "up(health)")?.value == 0)
    }

    @Test func restartsAreIncreasesOfTheUnitsCounter() {
        let world = world(["restarts(health, 1m)"])
        func counter(_ value: Int) {
            world.pass(1)
            var result = ProbeResult(
                started: world.now.boot, took: .milliseconds(1), outcome: .pass)
            result.restarts = value
            world.handle(.probe(service: "shop", probe: "health", result))
        }
        // What it stood at before is nobody's business.
        counter(7)
        for _ in 0..<10 { counter(7) }
        #expect(reading(world, "restarts(health, 1m)")?.value == 0)
        counter(9)
        counter(9)
        #expect(reading(world, "restarts(health, 1m)")?.value == 2)
        // Somebody started the unit by hand: the counter began anew.
        counter(0)
        counter(1)
        #expect(reading(world, "restarts(health, 1m)")?.value == 3)
    }

    // MARK: - Facts

    @Test func theAgeOfAReleaseIsThatOfItsDeployment() throws {
        let world = world(["release_age()"])
        world.pass(10)
        // It ran already when watchd first looked.
        #expect(reading(world, "release_age()")?.gap == .noData)
        world.deploy("2.0.0")
        world.pass(10)
        let age = try #require(reading(world, "release_age()")?.value)
        #expect(age >= 8 && age <= 10)
        world.sourceAnswers = false
        world.pass(10)
        #expect(reading(world, "release_age()")?.gap == .noData)
    }

    @Test func aBaselineIsNotKnownBeforeThereIsOne() {
        let world = world(["baseline(p95(access, 10s))"])
        world.pass(20)
        #expect(reading(world, "baseline(p95(access, 10s))")?.value == nil)
    }
}
