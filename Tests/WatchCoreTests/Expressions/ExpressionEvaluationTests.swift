// What an expression says of readings, and how it explains itself.

import Testing

@testable import WatchCore

@Suite struct ExpressionEvaluationTests {
    private let truths: [Truth] = [.true, .false, .unknown]

    /// A reading that makes `count(name, 5m) > 0` come out as wanted.
    private func reading(_ truth: Truth) -> Reading {
        switch truth {
        case .true: Reading(value: 1, samples: 1)
        case .false: Reading(value: 0, samples: 1)
        case .unknown: Reading(gap: .noData)
        }
    }

    private func evaluate(_ source: String, _ named: [String: Truth]) throws -> Truth {
        try Expression(source).evaluate { operand in
            guard case .signal(_, let signal, _) = operand else { return Reading(gap: .noData) }
            return reading(named[signal] ?? .unknown)
        }.truth
    }

    @Test func andIsKleenes() throws {
        let table: [[Truth]] = [
            [.true, .false, .unknown], [.false, .false, .false], [.unknown, .false, .unknown],
        ]
        for (row, a) in truths.enumerated() {
            for (column, b) in truths.enumerated() {
                let truth = try evaluate(
                    "count(a, 5m) > 0 and count(b, 5m) > 0", ["a": a, "b": b])
                #expect(truth == table[row][column], "\(a) and \(b)")
            }
        }
    }

    @Test func orIsKleenes() throws {
        let table: [[Truth]] = [
            [.true, .true, .true], [.true, .false, .unknown], [.true, .unknown, .unknown],
        ]
        for (row, a) in truths.enumerated() {
            for (column, b) in truths.enumerated() {
                let truth = try evaluate("count(a, 5m) > 0 or count(b, 5m) > 0", ["a": a, "b": b])
                #expect(truth == table[row][column], "\(a) or \(b)")
            }
        }
    }

    @Test func notIsKleenes() throws {
        for (a, expected) in zip(truths, [Truth.false, .true, .unknown]) {
            #expect(try evaluate("not count(a, 5m) > 0", ["a": a]) == expected)
        }
    }

    @Test func arithmeticWithTheUnknownIsUnknown() throws {
        for source in [
            "count(a, 5m) + 1 > 0", "0 * count(a, 5m) == 0", "-count(a, 5m) < 1",
            "count(a, 5m) == count(a, 5m)", "count(a, 5m) / 0 > 1",
        ] {
            #expect(try evaluate(source, ["a": .unknown]) == .unknown)
        }
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func aReadingThatIsNoNumberDecidesNothing(value: Double) throws {
        let expression = try Expression("count(a, 5m) > 1")
        #expect(expression.evaluate { _ in Reading(value: value, samples: 1) }.truth == .unknown)
    }

    @Test func everyOperandIsReadOnceWhateverTheOthersSay() throws {
        let expression = try Expression(
            "count(a, 5m) > 0 or error_rate(b, 2m) > 1% or count(a, 300s) > 9 or up(c) == 1")
        var asked: [Operand] = []
        let evaluation = expression.evaluate { operand in
            asked.append(operand)
            return Reading(value: 1, samples: 5)
        }
        #expect(
            asked == [
                .signal(.count, signal: "a", width: .minutes(5)),
                .signal(.errorRate, signal: "b", width: .minutes(2)), .up("c"),
            ])
        #expect(expression.operands == asked)
        #expect(
            Set(evaluation.readings.keys) == ["count(a, 5m)", "error_rate(b, 2m)", "up(c)"])
    }

    @Test func twoWindowsNeverGoByOneName() throws {
        let widths = [
            "1d1h1m", "1d1h", "25h1ms", "5s", "5001ms", "5.00001s", "90s", "91s", "3600s",
        ]
        let names = try widths.map { try Expression("count(a, \($0)) > 1").operands[0].text }
        #expect(Set(names).count == widths.count)
        for name in names {
            #expect(try Expression("\(name) > 1").operands[0].text == name)
        }
    }

    @Test func theExplanationGoesFromTheWholeToItsParts() throws {
        let expression = try Expression(
            "error_rate(access, 2m) > 25% and p95(access, 5m) > 2 * p50(access, 5m)")
        let evaluation = expression.evaluate { operand in
            switch operand {
            case .signal(.errorRate, _, _): Reading(value: 0.312, samples: 2400)
            case .signal(.percentile(95), _, _): Reading(value: 0.42, samples: 6000)
            default: Reading(gap: .tooFewSamples(needed: 20), samples: 12)
            }
        }
        #expect(evaluation.truth == .unknown)
        let lines = evaluation.lines
        #expect(lines.map(\.depth) == [0, 1, 2, 1, 2, 2, 3])
        #expect(
            lines.map(\.value) == [
                "unknown", "true", "31.2 %", "unknown", "420 ms", "unknown", "unknown",
            ])
        #expect(lines[0].text == expression.root.text)
        #expect(lines[2].text == "error_rate(access, 2m)")
        #expect(lines[2].samples == 2400)
        #expect(lines[6].samples == 12)
        #expect(lines[6].note == "12 of 20 samples")
        #expect(lines[5].note == nil)
    }

    @Test func aDivisionByZeroSaysSo() throws {
        let evaluation = try Expression("count(a, 5m) / count(b, 5m) > 2").evaluate { operand in
            Reading(value: operand.text.contains("a") ? 4 : 0, samples: 4)
        }
        #expect(evaluation.lines[1].value == "unknown")
        #expect(evaluation.lines[1].note?.contains("division by zero") ?? false)
    }

    @Test(arguments: [
        ("error_rate(a, 2m) > 25%", 0.2504, "25.04 %"), ("error_rate(a, 2m) > 25%", 1, "100 %"),
        ("p95(a, 2m) > 1s", 0.00035, "0.35 ms"), ("p95(a, 2m) > 1s", 2.25, "2.25 s"),
        ("count(a, 2m) > 1", 12, "12"), ("rate(a, 2m) > 1", 12.3456, "12.35"),
    ])
    func valuesCarryTheirUnit(source: String, value: Double, shown: String) throws {
        let evaluation = try Expression(source).evaluate { _ in Reading(value: value, samples: 1) }
        #expect(evaluation.lines[1].value == shown)
    }

    @Test(arguments: [
        ("error_rate(a, 2m) > 100%", false), ("error_rate(a, 2m) >= 100%", true),
        ("error_rate(a, 2m) < 0%", false), ("failing(a, b) > 100%", false),
        ("error_rate(a, 2m) / 2 > 50%", false), ("error_rate(a, 2m) / 2 >= 50%", true),
        ("not error_rate(a, 2m) <= 100%", false), ("success_rate(a, 2m) == 101%", false),
        ("count(a, 5m) < 0", false), ("count(a, 5m) > 1000000", true),
        ("p95(a, 5m) > 2h", false), ("0 * p95(a, 5m) > 1s", false), ("up(a) > 1", false),
        ("error_rate(a, 2m) > 200% or count(a, 5m) > 1", true),
        ("error_rate(a, 2m) > 200% and count(a, 5m) > 1", false),
        ("p95(a, 5m) - p50(a, 5m) > 1s", true), ("-error_rate(a, 2m) > 0%", false),
        ("errors(a, 5m) / count(a, 5m) > 1", false), ("1 > 2", false), ("1 != 1", false),
    ])
    func aRuleThatCanNeverFireIsFound(source: String, can: Bool) throws {
        #expect(try Expression(source).canBeTrue() == can)
    }

    @Test func theCallerBoundsCounts() throws {
        let expression = try Expression("errors(probe, 5m) > 30")
        #expect(!expression.canBeTrue(ExpressionLimits(most: { _ in 30 })))
        #expect(expression.canBeTrue(ExpressionLimits(most: { _ in 31 })))
    }
}
