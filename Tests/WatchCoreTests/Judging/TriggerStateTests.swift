// When a trigger breaches, and above all when it stops.

import Testing

@testable import WatchCore

private func moment(_ seconds: Double) -> Moment {
    Moment(boot: .seconds(seconds), wall: .seconds(1_000_000 + seconds))
}

/// One judgement a second.
private final class Judged {
    var state: TriggerState
    var now: Double
    let clearFor: Duration
    let sustainedFor: Duration?

    init(
        _ state: TriggerState = TriggerState(since: moment(0)),
        clearFor: Duration = .seconds(60), sustainedFor: Duration? = nil
    ) {
        self.state = state
        self.clearFor = clearFor
        self.sustainedFor = sustainedFor
        now = state.since.boot.nanoseconds == 0 ? 0 : Double(state.since.boot.second)
    }

    @discardableResult
    func judge(
        _ truth: Truth, seconds: Int = 1, gap: Reading.Gap = .warmingUp
    ) -> [TriggerState.Transition] {
        (0..<seconds).compactMap { _ in
            now += 1
            let reading =
                truth == .unknown ? Reading(gap: gap, samples: 3) : Reading(value: 1, samples: 30)
            let evaluation = Evaluation(
                truth: truth, readings: ["count(a, 5m)": reading], lines: [])
            let transition = state.judge(
                evaluation.finding, clearFor: clearFor, sustainedFor: sustainedFor,
                now: moment(now))
            state.describe(evaluation)
            return transition
        }
    }
}

@Suite struct TriggerStateTests {
    @Test func itBreachesAsSoonAsItIsTrue() {
        let judged = Judged()
        #expect(judged.judge(.true) == [.began])
        #expect(judged.state.isBreached)
        #expect(judged.state.since == moment(1))
        #expect(judged.judge(.true, seconds: 100) == [])
        #expect(judged.state.since == moment(1))
    }

    @Test func itClearsOnlyWhenItWasFalseForLongEnough() {
        let judged = Judged()
        judged.judge(.true)
        // The first false second begins the count.
        #expect(judged.judge(.false, seconds: 60) == [])
        #expect(judged.state.isBreached)
        #expect(judged.judge(.false) == [.cleared])
        #expect(judged.state.verdict == .healthy)
    }

    @Test(arguments: [Truth.true, .unknown])
    func anythingButFalseBeginsTheClearingAnew(interruption: Truth) {
        let judged = Judged()
        judged.judge(.true)
        judged.judge(.false, seconds: 59)
        #expect(judged.judge(interruption) == [])
        #expect(judged.judge(.false, seconds: 60) == [])
        #expect(judged.judge(.false) == [.cleared])
    }

    @Test func whatIsUnknownNeverClearsABreach() {
        let judged = Judged()
        judged.judge(.true)
        #expect(judged.judge(.unknown, seconds: 10_000, gap: .blind("unreadable")) == [])
        #expect(judged.state.isBreached)
    }

    @Test func clearForMayBeZero() {
        let judged = Judged(clearFor: .zero)
        judged.judge(.true)
        #expect(judged.judge(.false) == [.cleared])
    }

    @Test func theFirstHealthyVerdictClearsNothing() {
        let judged = Judged()
        #expect(judged.judge(.false) == [.changed])
        #expect(judged.judge(.false, seconds: 10) == [])
    }

    @Test func theFirstVerdictIsAChangeEvenIfItSaysNothingNew() {
        let judged = Judged()
        #expect(judged.judge(.unknown) == [.changed])
        #expect(judged.judge(.unknown) == [])
    }

    @Test func tooLittleDataAndBlindnessAreVerdictsOfTheirOwn() {
        let judged = Judged()
        judged.judge(.false)
        #expect(judged.judge(.unknown, gap: .tooFewSamples(needed: 20)) == [.changed])
        #expect(judged.state.verdict == .insufficient("count(a, 5m): 3 of 20 samples"))
        #expect(judged.judge(.unknown, gap: .blind("unreadable")) == [.changed])
        #expect(judged.state.verdict == .blind("count(a, 5m): unreadable"))
        #expect(judged.judge(.unknown, gap: .blind("unparsed")) == [])
        #expect(judged.state.verdict == .blind("count(a, 5m): unparsed"))
        #expect(judged.judge(.false) == [.cleared])
    }

    @Test func blindnessIsNamedBeforeTooLittleData() {
        var state = TriggerState(since: moment(0))
        let readings = [
            "a": Reading(gap: .tooFewSamples(needed: 20)), "b": Reading(gap: .blind("unreadable")),
            "c": Reading(value: 1, samples: 1),
        ]
        let evaluation = Evaluation(truth: .unknown, readings: readings, lines: [])
        _ = state.judge(evaluation.finding, clearFor: .zero, now: moment(1))
        state.describe(evaluation)
        #expect(state.verdict == .blind("b: unreadable"))
    }

    @Test func anUnknownWithoutAGapIsInsufficient() {
        var state = TriggerState(since: moment(0))
        let evaluation = Evaluation(
            truth: .unknown, readings: ["a": Reading(value: 0, samples: 1)], lines: [])
        _ = state.judge(evaluation.finding, clearFor: .zero, now: moment(1))
        state.describe(evaluation)
        #expect(state.verdict.name == .insufficient)
    }

    @Test func anotherReleaseEndsABreachEarlyAndCanBreachAnew() {
        let judged = Judged()
        judged.judge(.true)
        judged.state.endEarly(now: moment(1))
        #expect(judged.state.verdict.name == .insufficient)
        // It is a change of verdict like any other, and told once.
        #expect(judged.judge(.unknown) == [.changed])
        #expect(judged.judge(.unknown) == [])
        #expect(judged.judge(.true) == [.began])
    }

    @Test func aBreachEndedEarlyMayBeHealthyOrBreachedAtOnce() {
        for (truth, transition) in [
            (Truth.false, TriggerState.Transition.cleared), (.true, .began),
        ] {
            let judged = Judged()
            judged.judge(.true)
            judged.state.endEarly(now: moment(1))
            #expect(judged.judge(truth) == [transition])
        }
    }

    @Test func endingEarlyLeavesOtherVerdictsAlone() {
        let judged = Judged()
        judged.judge(.false)
        judged.state.endEarly(now: moment(5))
        #expect(judged.state.verdict == .healthy)
    }

    @Test func aTimeThatNobodyWatchedBeginsTheClearingAnew() {
        let judged = Judged()
        judged.judge(.true)
        judged.judge(.false, seconds: 59)
        judged.state.interrupt()
        #expect(judged.judge(.false, seconds: 60) == [])
        #expect(judged.judge(.false) == [.cleared])
    }

    @Test func itIsKnownWhetherItWasBreachedAMomentAgo() {
        let judged = Judged(clearFor: .seconds(5))
        judged.judge(.false, seconds: 10)
        judged.judge(.true, seconds: 10)
        #expect(judged.state.wasBreached(at: .seconds(11)))
        #expect(!judged.state.wasBreached(at: .seconds(10.5)))
        judged.judge(.false, seconds: 10)
        #expect(!judged.state.isBreached)
        #expect(judged.state.wasBreached(at: .seconds(20)))
        #expect(!judged.state.wasBreached(at: .seconds(26)))
    }

    /// Or the release after it would be blamed for what was broken before.
    @Test func whatADeploymentEndedStoodUntilThenThoughItIsTrueAgainAtOnce() {
        let judged = Judged()
        judged.judge(.true, seconds: 10)
        judged.state.endEarly(now: moment(10))
        judged.judge(.true)
        #expect(judged.state.wasBreached(at: .seconds(9)))
        #expect(!judged.state.wasBreached(at: .seconds(10)))
        #expect(judged.state.wasBreached(at: .seconds(11)))
    }

    @Test func aBreachOutlivesARestart() {
        let judged = Judged(TriggerState(breachedSince: moment(100)))
        #expect(judged.judge(.true) == [])
        #expect(judged.judge(.false, seconds: 61) == [.cleared])
    }

    @Test func anotherBootBeginsTheClearingAnew() {
        let judged = Judged()
        judged.judge(.true)
        judged.judge(.false, seconds: 59)
        judged.state.rebase(
            Rebase(
                now: Moment(boot: .seconds(10), wall: .seconds(1_000_100)), isSameBoot: false))
        #expect(judged.state.falseSince == nil)
        #expect(judged.state.since.boot == .seconds(-89))
        #expect(judged.state.isBreached)
    }
}
