import Testing

@testable import WatchCore

@Suite struct ProbeHealthTests {
    /// `p` pass, `f` fail, `e` error; a probe that fails after 2 and recovers after 3.
    private func health(_ results: String) -> ProbeHealth {
        var health = ProbeHealth()
        for (index, letter) in results.enumerated() {
            health.record(result(letter, at: index), failures: 2, successes: 3)
        }
        return health
    }

    private func result(_ letter: Character, at second: Int) -> ProbeResult {
        let outcome: ProbeResult.Outcome =
            letter == "p" ? .pass : letter == "f" ? .fail("refused") : .error("no descriptor")
        return ProbeResult(
            started: .seconds(Double(second)), took: .milliseconds(5), outcome: outcome)
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

    /// The windows restarted before the result at that place, and it was known after the last.
    @Test(arguments: [
        ("ff", 2, ProbeHealth.State.waiting), ("fff", 2, .waiting), ("ffff", 2, .failing),
        ("ffp", 2, .passing), ("pp", 2, .waiting), ("ppf", 2, .waiting), ("ppff", 2, .failing),
        ("ffpf", 2, .passing), ("fffef", 2, .failing), ("fffe", 2, .waiting), ("", 0, .waiting),
        ("fffffffffffffffffff", 1, .failing),
    ])
    func onlyResultsSinceARestartMakeAStateOfTheirOwn(
        results: String, place: Int, state: ProbeHealth.State
    ) {
        let instant = Instant.seconds(Double(place))
        var late = health(results)
        let shown = late.state
        late.restart(at: instant, failures: 2, successes: 3)
        #expect(late.own == state)
        // People see what was seen last until there is something newer to see.
        #expect(late.state == (state == .waiting ? shown : state))
        // The same if it is known at once.
        var early = health(String(results.prefix(place)))
        early.restart(at: instant, failures: 2, successes: 3)
        #expect(early.own == .waiting)
        for (index, letter) in results.enumerated().dropFirst(place) {
            early.record(result(letter, at: index), failures: 2, successes: 3)
        }
        #expect(early.own == state)
    }

    /// A question that was under way when the other release was deployed.
    @Test func whatWasAskedBeforeTheRestartMakesNoState() {
        var health = ProbeHealth()
        health.restart(at: .seconds(10), failures: 1, successes: 1)
        let late = ProbeResult(started: .seconds(9), took: .zero, outcome: .fail("refused"))
        health.record(late, failures: 1, successes: 1, since: .seconds(10))
        #expect(health.own == .waiting)
        #expect(health.lastReason == "refused")
        let own = ProbeResult(started: .seconds(11), took: .zero, outcome: .pass)
        health.record(own, failures: 1, successes: 1, since: .seconds(10))
        #expect(health.own == .passing)
    }

    @Test func whetherWeCanAskIsNoMatterOfTheRelease() {
        var health = health("peee")
        health.restart(at: .seconds(9), failures: 2, successes: 3)
        #expect(health.isBlind)
        #expect(health.hasSpoken)
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
