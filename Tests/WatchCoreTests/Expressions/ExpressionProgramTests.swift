// The hot path says what the long one says, for any expression and any readings.

import FoundationEssentials
import Testing

@testable import WatchCore

/// Any expression that is well typed, by its grammar.
struct RandomExpression {
    var random: SplitMix64

    private mutating func pick(_ choices: [String]) -> String {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }

    mutating func source(_ type: ExpressionType, _ depth: Int) -> String {
        guard depth > 0 else { return leaf(type) }
        guard type == .truth else {
            switch Int.random(in: 0..<5, using: &random) {
            case 0: return source(type, depth - 1)
            case 1: return "-\(source(type, depth - 1))"
            case 2: return "(\(source(type, depth - 1)) - \(source(type, depth - 1)))"
            case 3: return "(\(source(type, depth - 1)) / \(source(.number, depth - 1)))"
            default: return "(\(source(.number, depth - 1)) * \(source(type, depth - 1)))"
            }
        }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return "not (\(source(.truth, depth - 1)))"
        case 1: return "(\(source(.truth, depth - 1)) and \(source(.truth, depth - 1)))"
        case 2: return "(\(source(.truth, depth - 1)) or \(source(.truth, depth - 1)))"
        default:
            let sides = [ExpressionType.ratio, .duration, .number][
                Int.random(in: 0..<3, using: &random)]
            let sign = pick([">", ">=", "<", "<=", "==", "!="])
            return "(\(source(sides, depth - 1)) \(sign) \(source(sides, depth - 1)))"
        }
    }

    private mutating func leaf(_ type: ExpressionType) -> String {
        switch type {
        case .ratio:
            pick([
                "25%", "error_rate(a, 2m)", "success_rate(b, 1h)", "failing(a, b)", "failing()",
                "parse_failures(s, 5m)", "failing_routes(s, 5m)", "affected(s.user, 5m)",
                "baseline(error_rate(a, 2m))",
            ])
        case .duration:
            pick([
                "250ms", "p95(a, 2m)", "max(b, 1h)", "p(99.9, b, 90s)", "mean(a, 3d)",
                "release_age()", "baseline(p95(a, 2m))", "1h30m",
            ])
        case .number:
            pick([
                "3", "0", "count(a, 5m)", "errors(b, 5m)", "rate(a, 5m)", "up(b)",
                "matches(s.panic, 1m)", "restarts(a, 5m)", "burn_rate(a, 1h)", "overrun(migration)",
                "baseline(rate(a, 5m))", "14.4",
            ])
        case .truth: pick(["up(a)", "1 > 2", "count(b, 5m) > 3", "error_rate(a, 2m) > 5%"])
        }
    }
}

@Suite struct ExpressionProgramTests {
    private func reading(_ random: inout SplitMix64) -> Reading {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: Reading(gap: .tooFewSamples(needed: 20), samples: 3)
        case 1: Reading(gap: .blind("unreadable"))
        case 2:
            Reading(
                value: [0, 1, .infinity, .nan, -1, 1e300].randomElement(using: &random) ?? 0,
                samples: 9)
        default:
            Reading(
                value: Double(Int.random(in: 0...40, using: &random)) / 10,
                samples: Int.random(in: 0...200, using: &random))
        }
    }

    @Test func theShortWayAndTheLongOneAgree() throws {
        var expressions = RandomExpression(random: SplitMix64(seed: 11))
        var random = SplitMix64(seed: 12)
        let sure = EvaluationTerms(confidence: 0.95, slo: 0.999)
        for _ in 0..<1500 {
            let depth = Int.random(in: 0...5, using: &random)
            let source = expressions.source(.truth, depth)
            guard source.utf8.count <= 4096 else { continue }
            let expression = try Expression(source)
            var readings: [Operand: Reading] = [:]
            for operand in expression.operands { readings[operand] = reading(&random) }
            for terms in [EvaluationTerms.plain, sure] {
                let long = expression.evaluate(terms) { readings[$0] ?? Reading(gap: .noData) }
                let short = expression.find(terms) { readings[$0] ?? Reading(gap: .noData) }
                #expect(short.truth == long.truth, "\(source)")
                #expect(short.isBlind == long.finding.isBlind, "\(source)")
                #expect(long.lines.first?.value == long.truth.rawValue, "\(source)")
                #expect(long.lines.allSatisfy { !$0.value.isEmpty }, "\(source)")
                #expect(!long.reasons.isEmpty, "\(source)")
            }
        }
    }

    /// parse(text(parse(x))) == parse(x)
    @Test func whatIsShownReadsAsWhatWasWritten() throws {
        var expressions = RandomExpression(random: SplitMix64(seed: 13))
        var random = SplitMix64(seed: 14)
        for _ in 0..<3000 {
            let depth = Int.random(in: 0...6, using: &random)
            let source = expressions.source(.truth, depth)
            guard source.utf8.count <= 4096, let expression = try? Expression(source) else {
                continue
            }
            let again = try Expression(expression.text)
            #expect(again.root == expression.root, "\(source)")
            #expect(again.text == expression.text)
            #expect(again.operands == expression.operands)
        }
    }

    @Test func theDeepestThatIsReadCanBeShownAndReadAgain() throws {
        for source in [
            String(repeating: "(", count: 64) + "1 > 0" + String(repeating: ")", count: 64),
            String(repeating: "not ", count: 64) + "1 > 0",
            String(repeating: "-", count: 63) + "1 > 0",
            (0..<250).map { _ in "1" }.joined(separator: "+") + " > 0",
            (0..<120).map { _ in "1 > 0" }.joined(separator: " and "),
        ] {
            let expression = try Expression(source)
            #expect(try Expression(expression.text).root == expression.root)
            #expect(expression.evaluate { _ in Reading(gap: .noData) }.truth != .unknown)
        }
    }

    @Test func whatIsTrueCouldBeTrue() throws {
        var expressions = RandomExpression(random: SplitMix64(seed: 15))
        var random = SplitMix64(seed: 16)
        let sure = EvaluationTerms(confidence: 0.95, slo: 0.999)
        for _ in 0..<3000 {
            let source = expressions.source(.truth, Int.random(in: 0...4, using: &random))
            guard source.utf8.count <= 4096 else { continue }
            let expression = try Expression(source)
            for terms in [EvaluationTerms.plain, sure] {
                let truth = expression.find(terms) { operand in
                    let share = Double(Int.random(in: 0...20, using: &random)) / 20
                    let isBurn = if case .burnRate = operand { true } else { false }
                    return Reading(
                        value: isBurn ? share / 0.001 : share,
                        samples: Int.random(in: 1...200, using: &random))
                }.truth
                guard truth == .true else { continue }
                #expect(expression.canBeTrue(ExpressionLimits(terms: terms)), "\(source)")
                let few = ExpressionLimits(terms: terms, samples: { _ in 200 })
                #expect(expression.canBeTrue(few), "\(source)")
            }
        }
    }

    @Test func eachOperandIsReadOnceByEitherWay() throws {
        let expression = try Expression(
            "count(a, 5m) > 0 or error_rate(b, 2m) > 1% or count(a, 300s) > 9")
        var asked: [Operand] = []
        _ = expression.find { operand in
            asked.append(operand)
            return Reading(value: 1, samples: 5)
        }
        #expect(asked == expression.operands)
        #expect(asked.count == 2)
    }
}
