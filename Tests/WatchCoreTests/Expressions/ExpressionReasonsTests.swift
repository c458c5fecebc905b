// Why an expression is what it is, in sentences for somebody who was woken for them.

import Testing

@testable import WatchCore

@Suite struct ExpressionReasonsTests {
    private func reasons(
        _ source: String, _ readings: [String: Reading], terms: EvaluationTerms = .plain
    ) throws -> [String] {
        try Expression(source).evaluate(terms) { readings[$0.text] ?? Reading(gap: .noData) }
            .reasons
    }

    @Test func aComparisonSaysWhatWasMeasuredAndAgainstWhat() throws {
        let readings = ["error_rate(access, 2m)": Reading(value: 0.312, samples: 2400)]
        #expect(
            try reasons("error_rate(access, 2m) > 25%", readings)
                == ["error_rate(access, 2m) is 31.2 % of 2400 samples, more than 25%"])
        #expect(
            try reasons("error_rate(access, 2m) > 40%", readings)
                == ["error_rate(access, 2m) is 31.2 % of 2400 samples, not more than 40%"])
        #expect(
            try reasons("25% < error_rate(access, 2m)", readings)
                == ["error_rate(access, 2m) is 31.2 % of 2400 samples, more than 25%"])
    }

    @Test func aThresholdThatMovesIsShownAsItIsNow() throws {
        let readings = [
            "p95(access, 5m)": Reading(value: 0.42, samples: 6000),
            "baseline(p95(access, 5m))": Reading(value: 0.2, samples: 90_000),
        ]
        #expect(
            try reasons("p95(access, 5m) > 1.5 * baseline(p95(access, 5m))", readings) == [
                "p95(access, 5m) is 420 ms of 6000 samples, more than "
                    + "1.5 * baseline(p95(access, 5m)), now 300 ms"
            ])
    }

    @Test func aBoundIsSaidWhereOneWasUsed() throws {
        let readings = ["error_rate(a, 2m)": Reading(value: 0.3, samples: 20)]
        let terms = EvaluationTerms(confidence: 0.95, slo: nil)
        #expect(
            try reasons("error_rate(a, 2m) > 25%", readings, terms: terms) == [
                "error_rate(a, 2m) is 30 % of 20 samples (surely at least 16.39 %), "
                    + "not more than 25%"
            ])
        #expect(
            try reasons("error_rate(a, 2m) < 60%", readings, terms: terms) == [
                "error_rate(a, 2m) is 30 % of 20 samples (surely at most 48.38 %), less than 60%"
            ])
    }

    @Test func whatIsUnknownSaysWhy() throws {
        let few = ["error_rate(a, 2m)": Reading(gap: .tooFewSamples(needed: 20), samples: 12)]
        #expect(
            try reasons("error_rate(a, 2m) > 25%", few)
                == ["error_rate(a, 2m) is not known: 12 of 20 samples"])
        #expect(
            try reasons("error_rate(a, 2m) - success_rate(a, 2m) > 25%", few) == [
                "error_rate(a, 2m) - success_rate(a, 2m) is not known: "
                    + "error_rate(a, 2m): 12 of 20 samples"
            ])
        let none = [
            "count(a, 5m)": Reading(value: 3, samples: 3),
            "count(b, 5m)": Reading(value: 0, samples: 0),
        ]
        #expect(
            try reasons("count(a, 5m) / count(b, 5m) > 1", none) == [
                "count(a, 5m) / count(b, 5m) is not known: undefined (division by zero)"
            ])
    }

    /// Of `and` and `or` only the sides that decide are said.
    @Test(arguments: [
        ("up(a) and up(b)", ["a"], ["b"]), ("up(a) and up(b)", [], ["a", "b"]),
        ("up(a) or up(b)", ["a"], ["a"]), ("up(a) or up(b)", ["a", "b"], ["a", "b"]),
        ("up(a) or up(b)", [], ["a", "b"]), ("not (up(a) or up(b))", ["b"], ["b"]),
        ("(up(a) or up(b)) and up(c)", ["a"], ["c"]),
        ("(up(a) or up(b)) and up(c)", ["a", "c"], ["a", "c"]),
        ("up(a) and (up(b) and not up(c))", ["a", "b", "c"], ["c"]),
    ])
    func onlyWhatDecidesIsSaid(source: String, up: [String], said: [String]) throws {
        let readings = Dictionary(
            uniqueKeysWithValues: ["a", "b", "c"].map {
                ("up(\($0))", Reading(value: up.contains($0) ? 1 : 0, samples: 1))
            })
        let names = try reasons(source, readings).map { String($0.dropFirst(3).prefix(1)) }
        #expect(names == said)
    }

    @Test(arguments: [
        ("release_age() < 1h", "release_age()", 5400.0, "release_age() is 1h30m, not less than 1h"),
        ("overrun(m) > 2", "overrun(m)", 2.5, "overrun(m) is 2.5, more than 2"),
        ("matches(s.x, 1m) >= 1", "matches(s.x, 1m)", 4, "matches(s.x, 1m) is 4, at least 1"),
        (
            "failing(a, b) > 60%", "failing(a, b)", 0.5,
            "failing(a, b) is 50 % of 9 probes, not more than 60%"
        ),
        (
            "failing_routes(s, 5m) > 50%", "failing_routes(s, 5m)", 0.75,
            "failing_routes(s, 5m) is 75 % of 9 routes, more than 50%"
        ),
        (
            "affected(s.user, 5m) >= 5%", "affected(s.user, 5m)", 0.05,
            "affected(s.user, 5m) is 5 % of 9 distinct values, at least 5%"
        ),
        (
            "parse_failures(s, 5m) <= 5%", "parse_failures(s, 5m)", 0.05,
            "parse_failures(s, 5m) is 5 % of 9 lines, at most 5%"
        ),
        ("count(a, 5m) != 3", "count(a, 5m)", 3, "count(a, 5m) is 3, not different from 3"),
    ])
    func eachFunctionHasItsUnit(source: String, name: String, value: Double, said: String) throws {
        #expect(try reasons(source, [name: Reading(value: value, samples: 9)]) == [said])
    }

    @Test(arguments: [
        ("error_rate(a, 2m)", 0.312, "31.2 %"), ("baseline(error_rate(a, 2m))", 0.01, "1 %"),
        ("p95(a, 2m)", 0.42, "420 ms"), ("p(99.9, a, 2m)", 2, "2 s"), ("max(a, 2m)", 2, "2 s"),
        ("parse_failures(a, 2m)", 0.5, "50 %"), ("matches(a.b, 2m)", 3, "3"),
        ("release_age()", 7200, "2h"), ("overrun(a)", 1.5, "1.5"), ("nonsense", 4, "4"),
        ("count(a, 2m)", 1e300, "1e+300"),
    ])
    func aRecordedFigureIsShownByItsName(name: String, value: Double, shown: String) {
        #expect(Operand.shown(value, of: name) == shown)
    }
}
