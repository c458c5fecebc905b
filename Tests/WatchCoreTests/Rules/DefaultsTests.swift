// The numbers that hold where nobody wrote any: the decision matrix of the playbooks, limits, and
// how long each part of a rollback may take.

import Testing

@testable import WatchCore

@Suite struct DefaultsTests {
    @Test func theDecisionMatrixIsThatOfThePlaybooks() {
        func row(_ severity: Severity) -> [String?] {
            let policy = Policy.defaults[severity]
            return [
                policy.map { "\($0.action)" }, policy?.page, policy?.respondWithin?.text,
                policy?.approve,
            ]
        }
        #expect(row(.critical) == ["rollback", "oncall", "5m", "any-admin"])
        #expect(row(.high) == ["page", "oncall", "15m", "senior-admin"])
        #expect(row(.medium) == ["page", "team", "2h", nil])
        #expect(row(.low) == ["record", nil, nil, nil])
    }

    @Test func twoRollbacksADayWithHalfAnHourBetweenThem() {
        let limits = Limits()
        #expect(limits.maxRollbacks == 2)
        #expect(limits.per == .hours(24))
        #expect(limits.cooldown == .minutes(30))
    }

    @Test func aReleaseIsSuspectForTwoHoursAndATargetFitsForAWeek() {
        let service = ServiceConfiguration(name: "shop")
        #expect(service.suspectFor == .hours(2))
        #expect(service.targetWithin == .days(7))
    }

    @Test func aChangeOfVersionIsReadTwice() {
        #expect(ServiceConfiguration(name: "shop").agree == 2)
    }

    @Test func aReleaseBakesHalfAnHour() {
        #expect(ServiceConfiguration(name: "shop").bake == .minutes(30))
    }

    @Test func aBaselineIsOfAnHour() {
        #expect(ServiceConfiguration(name: "shop").baselineWindow == .hours(1))
    }

    @Test func aWindowWaitsTwoMinutesForTwentyLinesOrThreeResults() {
        let judgement = Judgement()
        #expect(judgement.warmUp == .minutes(2))
        #expect(judgement.minSamplesOfStream == 20)
        #expect(judgement.minSamplesOfProbe == 3)
        #expect(judgement.confidence == nil)
    }

    @Test func aBreachClearsAfterAMinute() {
        #expect(Judgement().clearFor == .minutes(1))
    }

    @Test func aProbeFailsAfterTwoInARowAndRecoversAfterTwo() {
        let request = HTTPRequestSpec(url: Template(literal: "http://127.0.0.1/"))
        let probe = ProbeConfiguration(
            name: "health", every: .seconds(10), kind: .http(request, HTTPExpectation()))
        #expect(probe.failures == 2)
        #expect(probe.successes == 2)
    }

    private var stream: StreamConfiguration {
        StreamConfiguration(
            name: "access", kind: .file(path: "/a"), format: .nginx("$status"))
    }

    @Test func anErrorIsAStatusFromFiveHundredOn() {
        #expect(stream.error == .serverError)
        #expect(LineCondition.serverError.description == "status >= 500")
    }

    @Test func silenceIsNoBlindness() {
        #expect(stream.noDataAfter == nil)
    }

    @Test func blindnessIsPaged() {
        #expect(ServiceConfiguration(name: "shop").noData == .page)
    }

    @Test func landingHasAMinuteAndCureThree() {
        let verify = Verify()
        #expect(verify.version == 2)
        #expect(verify.landWithin == .minutes(1))
        #expect(verify.settle == .seconds(15))
        #expect(verify.clearFor == .minutes(1))
        #expect(verify.timeout == .minutes(3))
    }

    @Test func aPlanHasAQuarterOfAnHourAndAsMuchProbationAndWalksBackNowhere() {
        let plan = Plan(name: "shop", methods: [], verify: Verify())
        #expect(plan.budget == .minutes(15))
        #expect(plan.probation == .minutes(15))
        #expect(plan.walkBack == nil)
    }

    @Test func aMethodLosesNothingUnlessItSaysWhat() {
        #expect(Method(name: "link", steps: []).isUnattended)
        #expect(!Method(name: "restore", loses: "orders", steps: []).isUnattended)
        #expect(!Method(name: "restore", approve: "cto", steps: []).isUnattended)
    }
}
