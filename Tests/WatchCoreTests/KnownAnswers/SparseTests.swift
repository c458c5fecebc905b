// Sparse traffic: one failure in ten requests an hour is noise, and never rolls back.

import Testing

@testable import WatchCore

@Suite struct SparseTests {
    /// Ten requests an hour, every tenth of them fails, after a deployment that would be blamed.
    private func day(_ trigger: TriggerConfiguration, hours: Int) -> Traffic {
        var traffic = Traffic([trigger], bake: .minutes(30))
        traffic.tellsRoutesAndClients = true
        traffic.announce("1.0.0")
        // Enough traffic at first, so that 1.0.0 is good and there is something to go back to.
        traffic.pass(2400, perStep: 50)
        traffic.announce("2.0.0")
        for request in 1...hours * 10 {
            traffic.pass(5, perStep: 1, errors: request % 10 == 0 ? 1 : 0)
            traffic.pass(355, perStep: 0)
        }
        return traffic
    }

    private func rollbacks(_ traffic: Traffic) -> Int {
        traffic.events.count { $0.kind == "decision" && $0.decision == "rollback" }
    }

    @Test(arguments: [
        "error_rate(access, 1h) > 5%", "error_rate(access, 5m) > 25%",
        "burn_rate(access, 1h) > 14.4", "success_rate(access, 1h) < 95%",
        "burn_rate(access, 1h) > 14.4 and burn_rate(access, 5m) > 14.4",
        "failing_routes(access, 1h) > 20%", "affected(access.client, 1h) > 5%",
    ])
    func tenRequestsAnHourAreTooFew(when: String) {
        let traffic = day(Traffic.trigger("rare", when, .auto), hours: 2)
        #expect(traffic.count("release.good") >= 1)
        #expect(rollbacks(traffic) == 0)
        #expect(traffic.count("trigger.breached") == 0)
    }

    /// Who lowers min_samples is kept from it by confidence: of 1 in 10 hardly 2 % are sure.
    @Test func withFewSamplesConfidenceKeepsItFromActing() {
        let bold = Traffic.trigger("bold", "error_rate(access, 1h) > 5%", .auto, minSamples: 3)
        let sure = Traffic.trigger(
            "sure", "error_rate(access, 1h) > 5%", .auto, confidence: 0.95, minSamples: 3)
        #expect(day(bold, hours: 2).count("trigger.breached") > 0)
        let traffic = day(sure, hours: 2)
        #expect(traffic.count("trigger.breached") == 0)
        #expect(rollbacks(traffic) == 0)
    }

    /// The same judgement does see a release that fails for everybody.
    @Test func whatFailsForEverybodyIsStillSeen() {
        let sure = Traffic.trigger(
            "sure", "error_rate(access, 1h) > 5%", .auto, confidence: 0.95, minSamples: 3)
        var traffic = Traffic([sure], bake: .minutes(30))
        traffic.announce("1.0.0")
        traffic.pass(2400)
        traffic.announce("2.0.0")
        for _ in 0..<5 {
            traffic.pass(5, perStep: 1, errors: 1)
            traffic.pass(355, perStep: 0)
        }
        #expect(rollbacks(traffic) == 1)
    }
}
