// After one mistake the others are found too, and nothing is called a mistake that is none.

import Testing
import WatchCore

@Suite struct ExpressionRecoveryTests {
    /// Each mistake as the text it points at.
    private func mistakes(_ source: String) -> [String] {
        Expression.examine(source).mistakes.map { mistake in
            let bytes = Array(source.utf8)
            let end = min(bytes.count, mistake.offset + mistake.length)
            return String(decoding: bytes[min(mistake.offset, end)..<end], as: UTF8.self)
        }
    }

    @Test(arguments: [
        ("error_rate(a, 2m) > 25 and p95(a, 2m) > 1", ["25", "1"]),
        ("error_rate(a, 2m) > 25 or (count(b, 1s) > 5% and not up(c))", ["25", "1s", "5%"]),
        ("eror_rate(a, 2m) > 5% and cont(b, 2m) > 1", ["eror_rate", "cont"]),
        ("eror_rate(a, 2m) > 5", ["eror_rate", "5"]),
        ("p95(a, 2) > 25% and mean(b, 5m) > 3", ["2", "25%", "3"]),
        ("error_rate(a 2m) > 5 && count(b, 5m) > 2%", ["2m", "5", "&&", "2%"]),
        ("access > 5% AND up(a) OR p95(b, 5m)", ["access", "AND", "OR", "p95(b, 5m)"]),
        ("1 < 2 < 3 and count(a, 5m) > 1%", ["<", "1%"]),
        ("p99.9(a, 5m) > 5% and p95(a, 5m) > 5%", ["p99.9", "5%", "5%"]),
        ("error_rate(a, 0,5m) > 2 and up(b", ["0,5m", "2", ""]),
        ("(count(a, 5m) > 1% and up(b) or p95(c, 5m) > 2", ["1%", "2", ""]),
        ("error_rate(a, 2m > 5 and count(b, 5m) > 1%", [">", "5", "1%"]),
        ("count(a, 5m) > 5 for 5m", ["for"]), ("up(a)) and count(b, 5m) > 1%", [")", "1%"]),
        ("failing() > 1", ["1"]), ("", [""]),
    ])
    func allMistakesAreFound(source: String, expected: [String]) {
        #expect(mistakes(source) == expected)
    }

    @Test func whatIsAskedInSpiteOfThemIsKnown() {
        let source = "error_rate(acces, 30s) > 25 and failing() > 1 and up(helth) > 5%"
        #expect(
            Expression.examine(source).operands.map(\.text)
                == ["error_rate(acces, 30s)", "failing()", "up(helth)"])
        // Of a function that is misspelt, too.
        #expect(
            Expression.examine("eror_rate(acces, 1s) > 25").operands.map(\.text)
                == ["error_rate(acces, 1m)"])
    }

    /// The first mistake is that which the strict parser stops at.
    @Test(arguments: [
        "error_rate(a, 2m) > 25", "a b c", "((((", "))))", "and and", "not", "1.2.3.4 > up(",
        "p95(a, 5m) > > 5", "€ > 5 and & | ! =", ",,,,", "baseline(up(a)) > 1", "up(a, b, c)",
    ])
    func noMistakeIsLost(source: String) throws {
        let first = #expect(throws: ExpressionError.self) { try Expression(source) }
        let found = Expression.examine(source).mistakes
        #expect(found.contains { $0.offset == first?.offset }, "\(found)")
        #expect(found.count <= 20)
    }

    @Test func whatNeverEndsIsLimited() {
        let deep = String(repeating: "(", count: 4000)
        #expect(Expression.examine(deep).mistakes.count <= 20)
        let many = Array(repeating: "count(a, 5m) > 1%", count: 150).joined(separator: " and ")
        #expect(Expression.examine(many).mistakes.count == 20)
        let long = String(repeating: "x", count: 5000)
        #expect(Expression.examine(long).mistakes.map(\.message).first?.contains("4096") ?? false)
    }

    @Test func aGoodExpressionHasNone() throws {
        let source = "error_rate(a, 2m) > 5% and not up(b) or p95(c, 5m) > 2 * baseline(p95(c, 5m))"
        let expression = try Expression(source)
        let (mistakes, operands) = Expression.examine(source)
        #expect(mistakes.isEmpty)
        // With what a baseline is of, in its place.
        #expect(Set(operands).isSuperset(of: expression.operands))
    }
}
