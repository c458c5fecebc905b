import Testing

@testable import WatchCore

@Suite struct ProbeHealthTests {
    /// `p` pass, `f` fail, `e` error; a probe that fails after 2 and recovers after 3.
    private func health(_ results: String) -> ProbeHealth {
        var health = ProbeHealth()
        for (index, letter) in results.enumerated() {
            let outcome: ProbeResult.Outcome =
                letter == "p" ? .pass : letter == "f" ? .fail("refused") : .error("no descriptor")
            health.record(
                ProbeResult(
                    started: .seconds(Double(index)), took: .milliseconds(5), outcome: outcome),
                failures: 2, successes: 3)
        }
        return health
    }

    @Test(arguments: [
        ("", ProbeHealth.State.waiting), ("p", .passing), ("f", .waiting), ("ff", .failing),
        ("pf", .passing), ("pff", .failing), ("pfpf", .passing), ("ffp", .failing),
        ("ffpp", .failing), ("ffppp", .passing), ("ffppfp", .failing), ("fp", .passing),
        ("e", .waiting), ("eeee", .waiting), ("fef", .failing), ("ffepp", .failing),
        ("ffeppp", .passing), ("ffpepp", .passing),
    ])
    func resultsInARowDecideAndErrorsDoNotCount(results: String, state: ProbeHealth.State) {
        #expect(health(results).state == state)
    }

    @Test(arguments: [
        ("ee", false), ("eee", true), ("peee", true), ("eeep", false), ("eeef", false),
        ("eepee", false),
    ])
    func threeErrorsInARowMakeItBlind(results: String, isBlind: Bool) {
        #expect(health(results).isBlind == isBlind)
    }

    @Test func theReasonIsThatOfTheLastResultThatWasNoPass() {
        #expect(health("f").lastReason == "refused")
        #expect(health("fe").lastReason == "no descriptor")
        #expect(health("ffppp").lastReason == nil)
    }

    @Test func anErrorIsNoVerdictOnTheTarget() {
        #expect(health("pfe").lastVerdict == .seconds(1))
        #expect(health("ee").lastVerdict == nil)
    }

    /// Shown beside a probe that passes, and gone with the next good answer; it moves nothing.
    @Test func aDegradedPassIsShownAndNoFailure() {
        var health = ProbeHealth()
        for degraded in ["slow", nil] {
            var result = ProbeResult(started: .seconds(1), took: .zero, outcome: .pass)
            result.degraded = degraded
            health.record(result, failures: 2, successes: 1)
            #expect(health.state == .passing && health.lastReason == nil)
            #expect(health.note == degraded.map { "degraded: \($0)" })
        }
    }
}
