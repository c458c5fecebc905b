import Testing
import WatchCore

@testable import WatchProbes

@Suite struct RechecksTests {
    private enum Kind { case sample, recheck }

    /// After which of the results another one is wanted.
    private func wants(
        _ results: [(Kind, ProbeResult.Outcome)], every: Duration = .seconds(10),
        failures: Int = 2
    ) throws -> [Bool] {
        var configuration = try ProbeConfiguration.http("http://127.0.0.1/", every: every)
        configuration.failures = failures
        var rechecks = Rechecks(configuration)
        return results.map { kind, outcome in
            rechecks.wantsAnother(
                after: ProbeResult(
                    started: .seconds(1), took: .zero, outcome: outcome,
                    isRecheck: kind == .recheck))
        }
    }

    @Test func aFailureIsRecheckedUntilTheProbeIsFailing() throws {
        let wanted = try wants(
            [
                (.sample, .pass), (.sample, .fail("1")), (.recheck, .fail("2")),
                (.recheck, .fail("3")), (.sample, .fail("4")),
            ], failures: 3)
        #expect(wanted == [false, true, true, false, false])
    }

    @Test func aPassEndsTheDoubt() throws {
        let wanted = try wants([(.sample, .pass), (.sample, .fail("1")), (.recheck, .pass)])
        #expect(wanted == [false, true, false])
    }

    @Test func theFirstPassAfterFailingIsRecheckedToo() throws {
        let wanted = try wants([
            (.sample, .fail("1")), (.recheck, .fail("2")), (.sample, .pass), (.recheck, .pass),
        ])
        #expect(wanted == [true, false, true, false])
    }

    @Test func aFailureAmongPassesStartsTheCountOfPassesAgain() throws {
        let wanted = try wants([
            (.sample, .fail("1")), (.recheck, .fail("2")), (.sample, .pass),
            (.recheck, .fail("3")), (.sample, .pass), (.recheck, .pass),
        ])
        #expect(wanted == [true, false, true, false, true, false])
    }

    @Test func errorsDecideNothingAndDoNotGoOnForEver() throws {
        let wanted = try wants([
            (.sample, .error("no network")), (.sample, .fail("1")), (.recheck, .error("x")),
            (.recheck, .error("x")),
        ])
        #expect(wanted == [false, true, true, false])
    }

    @Test func aFastScheduleNeedsNone() throws {
        #expect(try wants([(.sample, .fail("1"))], every: .seconds(2)) == [false])
    }
}
