// Known answers: SRE Workbook chapter 5, "Alerting on SLOs". With steady traffic and an error
// ratio that is constant from one instant on, an alert on a burn rate fires after
//
//     (1 − SLO) / error ratio × window × burn rate
//
// and with a short window beside it resets when the short window has forgotten enough: after
// short window × (1 − (1 − SLO) × burn rate / error ratio). Both within one slice.

import Testing

@testable import WatchCore

/// One service, its log and one alert; time goes in steps of the log's batches.
private final class Budget {
    private var engine: ServiceEngine
    private var now: Instant
    private let step: Int
    private let alert: Expression
    /// Errors that were due and not yet whole.
    private var debt = 0.0

    private static let perStep = 1000

    init(_ source: String, slo: Double, step: Int) {
        alert = World.expression(source)
        self.step = step
        now = .seconds(86_400 * 30)
        var service = World.service(triggers: [
            TriggerConfiguration(name: "burn", when: alert, severity: .high)
        ])
        service.slo = slo
        engine = ServiceEngine(
            configuration: service, verifyExpressions: [], state: ServiceState(),
            now: Moment(boot: now, wall: .seconds(1_800_000_000)))
    }

    /// A batch each step; how long it took until `alert` was so, or nil.
    func pass(
        _ seconds: Int, errorRatio: Double, until truth: Truth? = nil
    ) -> Int? {
        var passed = 0
        while passed < seconds {
            now = now + .seconds(step)
            passed += step
            debt += Double(Self.perStep) * errorRatio
            let errors = Int(debt)
            debt -= Double(errors)
            let slice = StreamBatch.Slice(
                second: now.second - 1, count: Self.perStep, errors: errors,
                latency: LatencySketch())
            engine.record(
                StreamBatch(slices: [slice], lines: Self.perStep), stream: "access", now: now)
            if let truth, engine.find(alert, Judgement(), now: now).truth == truth { return passed }
        }
        return nil
    }
}

@Suite struct BurnRateTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var long: Int
        var short: Int
        var factor: Double
        var slo: Double
        var errorRatio: Double

        /// Text of the alert; a window in seconds.
        var source: String {
            "burn_rate(access, \(long)s) > \(factor) and burn_rate(access, \(short)s) > \(factor)"
        }

        /// Of the long window.
        var slice: Int { max(1, long / 60) }
        var threshold: Double { (1 - slo) * factor }
        var detection: Double { threshold / errorRatio * Double(long) }
        var reset: Double { Double(short) * (1 - threshold / errorRatio) }

        var testDescription: String {
            "\(long) s and \(short) s, \(factor) ×, SLO \(slo), \(errorRatio) of errors"
        }
    }

    /// The table of the Workbook: 2 %, 5 % and 10 % of a month's budget.
    static let cases = [(3600, 300, 14.4), (21_600, 1800, 6.0), (259_200, 21_600, 1.0)].flatMap {
        long, short, factor in
        [(0.999, 1.0), (0.999, 0.1), (0.999, 0.02), (0.99, 1.0), (0.99, 0.5)].map {
            slo, errorRatio in
            Case(long: long, short: short, factor: factor, slo: slo, errorRatio: errorRatio)
        }
    }

    @Test(arguments: cases)
    func itFiresAndResetsWhenTheFormulasSay(alert: Case) throws {
        let step = max(1, alert.slice / 10)
        let budget = Budget(alert.source, slo: alert.slo, step: step)
        // A whole window without errors first.
        #expect(budget.pass(alert.long + step, errorRatio: 0, until: .true) == nil)
        let fired = try #require(
            budget.pass(alert.long, errorRatio: alert.errorRatio, until: .true))
        #expect(abs(Double(fired) - alert.detection) <= Double(alert.slice + step))
        // It goes on long enough to fill the short window, and stops.
        _ = budget.pass(alert.short, errorRatio: alert.errorRatio)
        let reset = try #require(
            budget.pass(alert.long, errorRatio: 0, until: .false))
        let shortSlice = alert.short <= 300 ? 1 : alert.short / 60
        #expect(abs(Double(reset) - alert.reset) <= Double(shortSlice + step))
    }

    @Test func anErrorRatioBelowTheThresholdNeverFires() {
        let budget = Budget(
            "burn_rate(access, 3600s) > 14.4 and burn_rate(access, 300s) > 14.4", slo: 0.999,
            step: 6)
        // 1.44 % is the threshold: a little less for a whole day.
        #expect(budget.pass(86_400, errorRatio: 0.0143, until: .true) == nil)
    }

    @Test func aShortOutageThatEndsBeforeTheFormulaSaysNeverFires() {
        let budget = Budget(
            "burn_rate(access, 3600s) > 14.4 and burn_rate(access, 300s) > 14.4", slo: 0.999,
            step: 1)
        _ = budget.pass(3600, errorRatio: 0)
        // All fails: it would fire after 51.84 s, or a sixtieth earlier by one slice of its window.
        #expect(budget.pass(50, errorRatio: 1, until: .true) == nil)
        #expect(budget.pass(3600, errorRatio: 0, until: .true) == nil)
    }
}
