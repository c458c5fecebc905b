// `confidence`: a ratio counts by what is sure of it.

import Testing

@testable import WatchCore

@Suite struct ExpressionConfidenceTests {
    private static let sure = EvaluationTerms(confidence: 0.95, slo: 0.99)

    private func truth(
        _ source: String, _ value: Double, of samples: Int,
        terms: EvaluationTerms = Self.sure
    ) throws -> Truth {
        try Expression(source).find(terms) { _ in Reading(value: value, samples: samples) }.truth
    }

    @Test func moreThanIsJudgedByTheLowerBound() throws {
        // 5 of 20: the one-sided 95 % lower bound is 12.9 %.
        #expect(try truth("error_rate(a, 2m) > 25%", 0.3, of: 20) == .false)
        #expect(try truth("error_rate(a, 2m) > 12%", 0.25, of: 20) == .true)
        #expect(try truth("error_rate(a, 2m) > 13.5%", 0.25, of: 20) == .false)
        #expect(try truth("error_rate(a, 2m) >= 12%", 0.25, of: 20) == .true)
        #expect(try truth("error_rate(a, 2m) > 25%", 0.3, of: 2000) == .true)
    }

    @Test func lessThanIsJudgedByTheUpperBound() throws {
        #expect(try truth("error_rate(a, 2m) < 1%", 0, of: 20) == .false)
        // 0 of 268: 1 % is not out of reach; of 300 it is.
        #expect(try truth("error_rate(a, 2m) < 1%", 0, of: 267) == .false)
        #expect(try truth("error_rate(a, 2m) < 1%", 0, of: 300) == .true)
        #expect(try truth("success_rate(a, 2m) < 90%", 0.8, of: 20) == .false)
        #expect(try truth("success_rate(a, 2m) <= 90%", 0.8, of: 200) == .true)
    }

    @Test func theConstantMayStandOnEitherSide() throws {
        for value in [0.1, 0.2, 0.25, 0.3, 0.4, 0.5] {
            for samples in [3, 20, 100, 1000] {
                #expect(
                    try truth("error_rate(a, 2m) > 20%", value, of: samples)
                        == truth("20% < error_rate(a, 2m)", value, of: samples))
                #expect(
                    try truth("error_rate(a, 2m) <= 20%", value, of: samples)
                        == truth("20% >= error_rate(a, 2m)", value, of: samples))
            }
        }
    }

    /// What must be sure is that the rule holds, however it is written.
    @Test func notTurnsTheBoundRound() throws {
        for value in [0.05, 0.1, 0.15, 0.2, 0.25, 0.4] {
            for samples in [3, 20, 100, 1000] {
                #expect(
                    try truth("not error_rate(a, 2m) < 10%", value, of: samples)
                        == truth("error_rate(a, 2m) >= 10%", value, of: samples))
                #expect(
                    try truth("not (not error_rate(a, 2m) > 10%)", value, of: samples)
                        == truth("error_rate(a, 2m) > 10%", value, of: samples))
                #expect(
                    try truth("not (error_rate(a, 2m) <= 10% or 1 > 2)", value, of: samples)
                        == truth("error_rate(a, 2m) > 10%", value, of: samples))
            }
        }
    }

    @Test func theOtherSideMayBeAnyNumber() throws {
        let expression = try Expression("error_rate(a, 5m) > baseline(error_rate(a, 5m)) + 10%")
        func truth(_ samples: Int) -> Truth {
            expression.find(Self.sure) { operand in
                if case .baseline = operand { return Reading(value: 0.01, samples: 100_000) }
                return Reading(value: 0.2, samples: samples)
            }.truth
        }
        // A baseline counts as it is: it is what things are compared with.
        #expect(truth(20) == .false)
        #expect(truth(2000) == .true)
    }

    @Test func ofTwoRatiosBothCountByTheirBounds() throws {
        let expression = try Expression("error_rate(a, 5m) > error_rate(b, 5m)")
        func truth(_ samples: Int, _ other: Int) -> Truth {
            expression.find(Self.sure) { operand in
                operand.signal == "a"
                    ? Reading(value: 0.3, samples: samples) : Reading(value: 0.2, samples: other)
            }.truth
        }
        #expect(truth(20, 20) == .false)
        #expect(truth(100_000, 20) == .false)
        #expect(truth(20, 100_000) == .false)
        #expect(truth(10_000, 10_000) == .true)
    }

    @Test func aBurnRateIsARatioInOtherUnits() throws {
        for value in [0.05, 0.1, 0.2, 0.5] {
            for samples in [20, 50, 500] {
                #expect(
                    try truth("burn_rate(a, 1h) > 5", value / 0.01, of: samples)
                        == truth("error_rate(a, 1h) > 5%", value, of: samples), "\(value)")
            }
        }
    }

    @Test(arguments: [
        ("error_rate(a, 2m) + 0% > 25%", 0.3), ("2 * error_rate(a, 2m) > 50%", 0.3),
        ("error_rate(a, 2m) == 30%", 0.3), ("count(a, 2m) > 1", 2), ("p95(a, 2m) > 1s", 2),
        ("failing(a, b, c) > 60%", 0.67), ("failing_routes(a, 5m) > 50%", 0.6),
        ("error_rate(a, 2m) / 50% > 0.5", 0.3), ("up(a) < 1", 0), ("rate(a, 2m) > 1", 2),
    ])
    func allElseIsComparedAsItIs(source: String, value: Double) throws {
        #expect(try truth(source, value, of: 3) == .true)
        #expect(try !Expression(source).hasSampledComparison)
    }

    @Test func withoutItRatiosAreComparedAsTheyAre() throws {
        #expect(try truth("error_rate(a, 2m) > 25%", 0.3, of: 3, terms: .plain) == .true)
        #expect(try truth("error_rate(a, 2m) < 1%", 0, of: 3, terms: .plain) == .true)
    }

    @Test func whatIsUnknownStaysUnknown() throws {
        let expression = try Expression("error_rate(a, 2m) > 25%")
        #expect(expression.find(Self.sure) { _ in Reading(gap: .noData) }.truth == .unknown)
        // No samples, no estimate: a value that came from nowhere counts as it is.
        #expect(expression.find(Self.sure) { _ in Reading(value: 1, samples: 0) }.truth == .true)
    }

    @Test func aRuleThatConfidenceKeepsFromFiringIsFound() throws {
        func can(_ source: String, samples: Double?) throws -> Bool {
            try Expression(source).canBeTrue(
                ExpressionLimits(terms: Self.sure, samples: { _ in samples }))
        }
        // 3 of 3: at least 52.6 %.
        #expect(try can("error_rate(a, 2m) > 52%", samples: 3))
        #expect(try !can("error_rate(a, 2m) > 53%", samples: 3))
        #expect(try can("error_rate(a, 2m) > 99%", samples: nil))
        #expect(try !can("error_rate(a, 2m) >= 100%", samples: nil))
        #expect(try !can("error_rate(a, 2m) < 10%", samples: 20))
        #expect(try can("error_rate(a, 2m) < 12%", samples: 20))
        #expect(try !can("not error_rate(a, 2m) <= 53%", samples: 3))
        #expect(try !can("burn_rate(a, 1h) > 100", samples: nil))
        #expect(try can("burn_rate(a, 1h) > 99", samples: nil))
        #expect(try !can("burn_rate(a, 1h) > 53", samples: 3))
    }

    @Test func itIsReadFromAConfigurationOnce() {
        var judgement = Judgement()
        #expect(judgement.z == nil)
        judgement.confidence = 0.95
        #expect(abs((judgement.z ?? 0) - 1.6449) < 1e-4)
        judgement.confidence = nil
        #expect(judgement.z == nil)
    }
}
