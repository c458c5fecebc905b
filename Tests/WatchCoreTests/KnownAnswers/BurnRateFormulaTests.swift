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
    struct Reset: Sendable {
        var long = Duration.hours(1)
        var short = Duration.minutes(5)
        var burn = 14.4
        var slo = 0.999
        var errors: Double
    }

    @Test(arguments: [
        Reset(errors: 1), Reset(errors: 0.5), Reset(errors: 0.1), Reset(errors: 0.05),
        Reset(slo: 0.99, errors: 1),
        Reset(long: .hours(6), short: .minutes(30), burn: 6, errors: 0.1),
        Reset(long: .days(3), short: .hours(6), burn: 1, errors: 0.02),
    ])
    func itResetsWhenTheShortWindowSaysSo(known: Reset) throws {
        let burn = "burn_rate(access, \(known.long.text)) > \(known.burn)"
        let short = "burn_rate(access, \(known.short.text)) > \(known.burn)"
        let trigger = Traffic.trigger("burn", "\(burn) and \(short)")
        var traffic = Traffic([trigger], slo: known.slo)
        traffic.pass(Int(known.long.seconds) + 100)
        // Long enough to fill the short window.
        traffic.pass(Int(known.short.seconds * 1.5) + 1500, errors: known.errors)
        #expect(traffic.count("trigger.breached") == 1)
        let fired = traffic.pass(
            upTo: Int(known.short.seconds) * 2, errors: 0, until: "trigger.cleared")
        let took = try #require(fired)
        let reset = known.short.seconds * (1 - known.burn * (1 - known.slo) / known.errors)
        let slice = known.short <= .minutes(5) ? 1 : known.short.seconds / 60
        #expect(abs(took - reset) <= slice + Double(Traffic.step), "\(took) s, not \(reset) s")
    }

    /// All fails, but for less than the 51.84 s of the formula.
    @Test func anOutageThatEndsSoonerNeverFires() {
        let trigger = Traffic.trigger(
            "burn", "burn_rate(access, 1h) > 14.4 and burn_rate(access, 5m) > 14.4")
        var traffic = Traffic([trigger])
        traffic.pass(3700)
        traffic.pass(50, errors: 1)
        traffic.pass(3700)
        #expect(traffic.count("trigger.breached") == 0)
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
