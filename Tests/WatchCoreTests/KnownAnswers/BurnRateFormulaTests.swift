// Site Reliability Workbook, chapter 5 "Alerting on SLOs": burn-rate rules fire and reset when its
// formulas say. Detection time = (1 − SLO) / error rate × window × burn; what fired resets when the
// short window holds less than its share of the outage again.

import Testing

@testable import WatchCore

@Suite struct BurnRateFormulaTests {
    struct Case: Sendable {
        var window: Duration
        var burn: Double
        var slo: Double
        var errors: Double

        /// Seconds.
        var detection: Double { (1 - slo) / errors * window.seconds * burn }
        /// Counts are kept by the second up to 5 m, then by a sixtieth.
        var slice: Double {
            let width = window.seconds
            return width <= 300 ? 1 : (width / 60).rounded(.down)
        }
        var expression: String { "burn_rate(access, \(window.text)) > \(burn)" }
    }

    /// The workbook's three budgets at several error rates and objectives.
    static let cases: [Case] = [
        Case(window: .hours(1), burn: 14.4, slo: 0.999, errors: 1),
        Case(window: .hours(1), burn: 14.4, slo: 0.999, errors: 0.5),
        Case(window: .hours(1), burn: 14.4, slo: 0.999, errors: 0.1),
        Case(window: .hours(1), burn: 14.4, slo: 0.999, errors: 0.02),
        Case(window: .hours(1), burn: 14.4, slo: 0.99, errors: 1),
        Case(window: .hours(1), burn: 14.4, slo: 0.99, errors: 0.25),
        Case(window: .minutes(5), burn: 14.4, slo: 0.999, errors: 1),
        Case(window: .minutes(5), burn: 14.4, slo: 0.99, errors: 0.5),
        Case(window: .hours(6), burn: 6, slo: 0.999, errors: 1),
        Case(window: .hours(6), burn: 6, slo: 0.999, errors: 0.1),
        Case(window: .days(3), burn: 1, slo: 0.999, errors: 1),
    ]

    @Test(arguments: cases)
    func itFiresAtTheDetectionTimeWithinOneSlice(known: Case) throws {
        let trigger = Traffic.trigger("burn", known.expression)
        var traffic = Traffic([trigger], slo: known.slo)
        // The window is full of health before anything goes wrong.
        traffic.pass(Int(known.window.seconds) + 600)
        #expect(traffic.count("trigger.breached") == 0)
        let fired = traffic.pass(
            upTo: Int(known.detection + 3 * known.slice) + 60, errors: known.errors,
            until: "trigger.breached")
        let took = try #require(fired)
        let tolerance = known.slice + Double(Traffic.step)
        #expect(abs(took - known.detection) <= tolerance, "\(took) s, not \(known.detection) s")
    }

    /// An outage that burns less than that never fires.
    @Test(arguments: [(14.4, 0.999, 0.0143), (6, 0.999, 0.0059), (14.4, 0.99, 0.143)])
    func whatBurnsSlowerNeverFires(burn: Double, slo: Double, errors: Double) {
        let trigger = Traffic.trigger("burn", "burn_rate(access, 1h) > \(burn)")
        var traffic = Traffic([trigger], slo: slo)
        traffic.pass(3600)
        traffic.pass(3 * 3600, errors: errors)
        #expect(traffic.count("trigger.breached") == 0)
    }

    /// Multiwindow: the short window, a twelfth of the long one, makes it reset soon.
    @Test(arguments: [1.0, 0.5, 0.1, 0.05])
    func itResetsWhenTheShortWindowSaysSo(errors: Double) throws {
        let trigger = Traffic.trigger(
            "burn", "burn_rate(access, 1h) > 14.4 and burn_rate(access, 5m) > 14.4")
        var traffic = Traffic([trigger])
        traffic.pass(3700)
        let outage = 1800
        traffic.pass(outage, errors: errors)
        #expect(traffic.count("trigger.breached") == 1)
        let fired = traffic.pass(upTo: 600, errors: 0, until: "trigger.cleared")
        let took = try #require(fired)
        let reset = 300 * (1 - 14.4 * 0.001 / errors)
        #expect(abs(took - reset) <= 1 + Double(Traffic.step), "\(took) s, not \(reset) s")
    }

    /// Alone, the long window goes on for almost its whole width (the workbook's 58 minutes).
    @Test func theLongWindowAloneResetsAnHourLater() throws {
        let trigger = Traffic.trigger("burn", "burn_rate(access, 1h) > 14.4")
        var traffic = Traffic([trigger])
        traffic.pass(3700)
        traffic.pass(600, errors: 1)
        let fired = traffic.pass(upTo: 4000, errors: 0, until: "trigger.cleared")
        let took = try #require(fired)
        // The outage leaves the window at its far end: when 51.84 s of it are left.
        let reset = 3600.0 - 14.4 * 0.001 * 3600
        #expect(abs(took - reset) <= 60 + Double(Traffic.step), "\(took) s, not \(reset) s")
    }

    @Test func noErrorBudgetBurnsFasterThanWhenAllFails() throws {
        let expression = try Expression("burn_rate(access, 1h) > 14.4")
        func can(_ slo: Double) -> Bool {
            expression.canBeTrue(
                ExpressionLimits(terms: EvaluationTerms(confidence: nil, slo: slo)))
        }
        #expect(!can(0.9))
        #expect(can(0.95))
        #expect(can(0.999))
    }
}
