// What can be written, what it means, and what a mistake is answered with.

import Testing

@testable import WatchCore

/// The text with a mark under the place of the mistake, as `config check` would show it.
private func mistake(_ source: String) -> (marked: String, message: String, remedy: String?)? {
    do {
        _ = try Expression(source)
        return nil
    } catch {
        let bytes = Array(source.utf8)
        let end = min(error.offset + error.length, bytes.count)
        guard error.offset >= 0, error.offset <= end else { return ("?", error.message, nil) }
        return (
            String(decoding: bytes[error.offset..<end], as: UTF8.self), error.message, error.remedy
        )
    }
}

@Suite struct ExpressionSyntaxTests {
    @Test(arguments: [
        ("error_rate(access, 2m) > 25%", "error_rate(access, 2m) > 25%"),
        ("error_rate( access ,120s )>25 %", "error_rate(access, 2m) > 25%"),
        ("success_rate(sign-in, 1h30m) < 99.9%", "success_rate(sign-in, 1h30m) < 99.9%"),
        ("p95(access, 5m) > 250ms", "p95(access, 5m) > 250ms"),
        ("p(95, access, 5m) > 250ms", "p95(access, 5m) > 250ms"),
        ("p(99.9, access, 5m) >= 1.5s", "p(99.9, access, 5m) >= 1.5s"),
        ("p5(a_b, 3d) == 0s", "p5(a_b, 3d) == 0s"),
        ("mean(a, 5s) <= 700us", "mean(a, 5s) <= 700us"),
        ("max(a, 1h1m1s) != 1h", "max(a, 1h1m1s) != 1h"),
        ("count(a, 5500ms) > .5", "count(a, 5.5s) > .5"),
        ("failing(health, sign-in, unit) > 60%", "failing(health, sign-in, unit) > 60%"),
        ("up(health) == 0", "up(health) == 0"),
        ("not up(health)", "not (up(health) == 1)"),
        ("up(a) and up(b)", "up(a) == 1 and up(b) == 1"),
        (
            "p95(a, 5m)-p50(a, 5m) > 2 * p50(a, 5m)",
            "(p95(a, 5m) - p50(a, 5m)) > (2 * p50(a, 5m))"
        ),
    ])
    func whatIsWrittenHasACanonicalForm(source: String, canonical: String) throws {
        let text = try Expression(source).root.text
        // Parentheses around the sides of a comparison are a matter of taste.
        #expect(try Expression(text).root == Expression(canonical).root)
        #expect(try Expression(text).root.text == text)
    }

    @Test(arguments: [
        ("a or b and c", "a or (b and c)"), ("a and b or c", "(a and b) or c"),
        ("not a and b", "(not a) and b"), ("not not a", "not (not a)"),
        ("a or b or c", "(a or b) or c"), ("not (a or b)", "not (a or b)"),
    ])
    func logicBindsAsUsual(source: String, grouped: String) throws {
        func filled(_ text: String) throws -> ExpressionNode {
            var result = ""
            for character in text {
                let isName = "abc".contains(character)
                let inWord = result.last.map(\.isLetter) ?? false
                result += isName && !inWord ? "count(\(character), 5m) > 1" : String(character)
            }
            // `and` begins with an a: put the words back.
            result = result.split(separator: "count(a, 5m) > 1nd", omittingEmptySubsequences: false)
                .joined(separator: "and")
            return try Expression(result).root
        }
        #expect(try filled(source) == filled(grouped))
    }

    @Test(arguments: [
        ("1 + 2 * 3 > 6", Truth.true), ("(1 + 2) * 3 > 8", .true), ("10 - 4 - 3 == 3", .true),
        ("24 / 4 / 3 == 2", .true), ("-2 * -3 == 6", .true), ("- - 2 == 2", .true),
        ("2 - -3 == 5", .true), ("not 1 > 2", .true), ("1 < 2 and 2 < 1", .false),
        ("1 > 2 or 1 == 1", .true), ("10% + 15% == 25%", .true), ("2 * 250ms == 500ms", .true),
        ("1m / 2 == 30s", .true), ("1m / 1s == 60", .true), ("50% * 2s == 1s", .true),
        ("50% * 50% == 25%", .true), ("1h30m == 90m", .true), ("1 / 0 > 1", .unknown),
        ("not 1 / 0 > 1", .unknown), ("0 / 0 == 0 or 1 > 0", .true),
        ("1 / 0 > 1 and 1 > 2", .false),
    ])
    func arithmeticIsOrdinary(source: String, truth: Truth) throws {
        #expect(try Expression(source).evaluate { _ in Reading(gap: .noData) }.truth == truth)
    }

    @Test func aPercentageIsTheNearestNumber() throws {
        // 333 of 1000 is not more than 33.3 %.
        let expression = try Expression("error_rate(a, 2m) > 33.3%")
        let reading = Reading(value: 333.0 / 1000, samples: 1000)
        #expect(expression.evaluate { _ in reading }.truth == .false)
    }

    @Test(arguments: [
        ("p95(access, 5m) > 25%", "25%", "compare with a duration like 250ms"),
        ("25% < p95(access, 5m)", "25%", "compare with a duration like 250ms"),
        ("error_rate(a, 2m) > 0.25", "0.25", "write it as a ratio: 25%"),
        ("error_rate(a, 2m) > 25", "25", "write it as a ratio: 25%"),
        ("0.07 < error_rate(a, 2m)", "0.07", "write it as a ratio: 7%"),
        ("p95(a, 5m) > 250", "250", "give it a unit: 250ms"),
        ("p95(a, 5m) > 2", "2", "give it a unit: 2s"),
        ("count(a, 5m) > 5%", "5%", "compare with a number like 10"),
        ("errors(a, 5m) / 2 > 5%", "5%", "compare with a number like 10"),
        ("up(a) == 1 AND up(b) == 1", "AND", "write 'and', in small letters"),
        ("Not up(a)", "Not", "write 'not', in small letters"),
        ("p95(a, 5m) > error_rate(a, 5m)", "error_rate(a, 5m)", "compare with a duration"),
        ("error_rate(a, 5m) + 1 > 5%", "1", "between 0% and 100%, as in 50%"),
        ("p95(a, 5m) * p95(a, 5m) > 1s", "*", nil),
        ("(1 > 2) == (2 > 1)", "(2 > 1)", "join conditions with"),
        ("(1 > 2) + 1 > 2", "1", "join conditions with"),
        ("-(1 > 2)", "-", "write 'not'"),
        ("error_rate(a, 2m)", "error_rate(a, 2m)", "compare it, as in 'error_rate(a, 2m) > 25%'"),
        ("1 > 0 and p95(a, 2m)", "p95(a, 2m)", "compare it, as in 'p95(a, 2m) > 250ms'"),
        ("not count(a, 2m) or 1 > 0", "count(a, 2m)", "compare it, as in 'count(a, 2m) > 10'"),
        ("1 < 2 < 3", "<", "write 'a < b and b < c'"),
        ("1 == 1 != 2", "!=", "write 'a < b and b < c'"),
    ])
    func anErrorOfTypeHasAPlaceAndARemedy(source: String, marked: String, remedy: String?) {
        let found = mistake(source)
        #expect(found?.marked == marked)
        if let remedy {
            #expect(found?.remedy?.contains(remedy) ?? false, "\(String(describing: found))")
        }
    }

    @Test func theMessageNamesBothSides() {
        #expect(
            mistake("p95(access, 5m) > 25%")?.message
                == "'p95(access, 5m)' is a duration, '25%' is a ratio")
    }

    @Test(arguments: [
        ("", "", "write a condition"), ("   ", " ", "write a condition"),
        ("error_rat(a, 2m) > 25%", "error_rat", "did you mean 'error_rate'?"),
        ("eror_rate(a, 2m) > 25%", "eror_rate", "did you mean 'error_rate'?"),
        ("conut(a, 2m) > 25", "conut", "did you mean 'count'?"),
        ("faling(a) > 25%", "faling", "did you mean 'failing'?"),
        (
            "nonsense(a, 2m) > 25%", "nonsense",
            "there are affected, baseline, burn_rate, count, error_rate"
        ),
        ("access > 5", "access", "error_rate(access, 2m)"),
        ("p99.9(a, 5m) > 1s", "p99.9", "write p(99.9, signal, window)"),
        ("p100(a, 5m) > 1s", "p100", "write max(signal, window)"),
        ("p0(a, 5m) > 1s", "p0", "p(99.9, access, 5m)"),
        ("p1e1(a, 5m) > 1s", "p1e1", nil),
        ("p(100, a, 5m) > 1s", "100", "p(99.9, access, 5m)"),
        ("p(0, a, 5m) > 1s", "0", nil), ("p(95%, a, 5m) > 1s", "95%", nil),
        ("error_rate(a, 4s) > 1%", "4s", "use 5s or more"),
        ("error_rate(a, 73h) > 1%", "73h", "use 3d or less"),
        ("error_rate(a, 5) > 1%", "5", "give it a unit"),
        ("error_rate(a, 5%) > 1%", "5%", "give it a unit"),
        ("error_rate(a, 5x) > 1%", "5x", "units are"),
        ("error_rate(a, 30m1h) > 1%", "30m1h", "units are"),
        ("error_rate(a) > 1%", ")", nil), ("error_rate(2m, a) > 1%", "2m", nil),
        ("error_rate(a, 2m > 1%", ">", nil), ("error_rate() > 1%", ")", nil),
        ("failing(,) > 1%", ",", nil), ("failing(a, a) > 1%", "a", "name every probe once"),
        ("up(a, b) == 1", ",", nil), ("1 > 2 3 > 4", "3", nil), ("1 >", "", nil),
        ("(1 > 2", "", nil), ("1 > 2)", ")", nil), ("a && b", "&&", "write 'and'"),
        ("1 > 2 && 2 > 1", "&&", "write 'and'"), ("1 > 2 || 2 > 1", "||", "write 'or'"),
        ("! 1 > 2", "!", "write 'not'"), ("1 = 1", "=", "write '=='"),
        ("1 ≥ 1", "≥", "write '>='"), ("1 > 1.2.3", "1.2.3", nil), ("1 > “2”", "“", nil),
        ("1 > 99999999999d", "99999999999d", nil),
        ("count(app.panic.a, 5m) > 1", "app.panic.a", "names have no dot: app"),
    ])
    func aMistakeHasAPlaceAndARemedy(source: String, marked: String, remedy: String?) {
        let found = mistake(source)
        #expect(found?.marked == marked, "\(String(describing: found))")
        if let remedy {
            #expect(found?.remedy?.contains(remedy) ?? false, "\(String(describing: found))")
        }
    }

    @Test(arguments: [
        "matches(app.data_loss, 1m) >= 1", "restarts(unit, 5m) > 1",
        "parse_failures(access, 5m) > 1%", "failing_routes(access, 5m) > 50%",
        "affected(access.user, 5m) > 5%", "burn_rate(access, 1h) > 14.4",
        "overrun(migration) > 2", "release_age() < 1h", "failing() > 60%",
        "p95(access, 5m) > 1.5 * baseline(p95(access, 5m))",
        "error_rate(a, 5m) > baseline(error_rate(a, 5m)) + 10%",
        "baseline(rate(a, 5m)) > 1", "baseline(p(99.9, a, 5m)) > 1s", "matches(a.b.c, 1m) > 1",
    ])
    func everyFunctionIsItsOwnCanonicalText(source: String) throws {
        let expression = try Expression(source)
        #expect(expression.text == source)
        #expect(try Expression(expression.text).root == expression.root)
    }

    @Test(arguments: [
        ("matches(data_loss, 1m) >= 1", "data_loss", "write STREAM.data_loss"),
        ("matches(1m) >= 1", "1m", nil), ("matches(app.x) >= 1", ")", nil),
        ("affected(user, 5m) > 1%", "user", "write STREAM.user, as in app.user"),
        ("restarts(app.unit, 5m) > 1", "app.unit", "names have no dot"),
        ("overrun() > 2", ")", nil), ("overrun(migration, 5m) > 2", ",", nil),
        ("release_age(5m) < 1h", "5m", nil), ("release_age < 1h", "release_age", nil),
        ("baseline() > 1", ")", "as in 1.5 * baseline(p95(access, 5m))"),
        ("baseline(25%) > 1%", "25%", "as in 1.5 * baseline"),
        ("baseline(access) > 1%", "access", "as in 1.5 * baseline"),
        (
            "baseline(up(health)) > 1", "up(health)", "as in 1.5 * baseline"
        ),
        ("baseline(baseline(p95(a, 5m))) > 1s", "baseline(p95(a, 5m))", "as in 1.5 * baseline"),
        ("baseline(count(a, 5m)) > 1", "count(a, 5m)", "compare rate(a, 5m)"),
        ("baseline(errors(a, 5m)) > 1", "errors(a, 5m)", "compare error_rate(a, 5m)"),
        ("baseline(p95(a, 5m) * 2) > 1s", "*", "calculate outside of it"),
        ("baseline(p95(a, 5m)", "", nil),
        ("burn_rate(a, 1h) > 5%", "5%", "compare with a number like 10"),
        ("parse_failures(a, 1h) > 1", "1", "between 0% and 100%, as in 50%"),
        ("release_age() < 5", "5", "give it a unit: 5s"),
        ("overrun(a) > 2m", "2m", "compare with a number"),
        ("p95(a, 5m) > baseline(error_rate(a, 5m))", "baseline(error_rate(a, 5m))", "a duration"),
        ("mathces(a.b, 5m) > 1", "mathces", "did you mean 'matches'?"),
        ("burnrate(a, 5m) > 1", "burnrate", "did you mean 'burn_rate'?"),
        ("p(0.0001, a, 5m) > 1s", "0.0001", "p(99.9, access, 5m)"),
    ])
    func aMistakeInACallHasAPlaceAndARemedy(source: String, marked: String, remedy: String?) {
        let found = mistake(source)
        #expect(found?.marked == marked, "\(String(describing: found))")
        if let remedy {
            #expect(found?.remedy?.contains(remedy) ?? false, "\(String(describing: found))")
        }
    }

    @Test(arguments: [
        ("(a or b) or c", "a or b or c"), ("a or (b or c)", "a or (b or c)"),
        ("(a and b) or c", "a and b or c"), ("a and (b or c)", "a and (b or c)"),
        ("not (a or b)", "not (a or b)"), ("not (not a)", "not not a"),
        ("(1 + 2) + 3 > 6", "1 + 2 + 3 > 6"), ("1 + (2 + 3) > 6", "1 + (2 + 3) > 6"),
        ("1 - (2 - 3) > 6", "1 - (2 - 3) > 6"), ("(1 * 2) + 3 > 6", "1 * 2 + 3 > 6"),
        ("2 * (1 + 2) > 6", "2 * (1 + 2) > 6"), ("-(1 + 2) > 6", "-(1 + 2) > 6"),
        ("-(-1) > 6", "--1 > 6"), ("6 / (3 / 2) > 1", "6 / (3 / 2) > 1"),
    ])
    func onlyNeededParenthesesAreWritten(source: String, canonical: String) throws {
        var filled = source
        var expected = canonical
        if !source.contains(">") {
            for name in ["a", "b", "c"] {
                let call = "up(\(name)x) == 1"
                let word = try Regex("\\b\(name)\\b")
                filled = filled.replacing(word, with: call)
                expected = expected.replacing(word, with: call)
            }
        }
        #expect(try Expression(filled).text == expected)
        #expect(try Expression(expected).root == Expression(filled).root)
    }

    @Test func lengthAndNestingAreBounded() {
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "1 > 0" + String(repeating: ")", count: depth)
        }
        #expect(mistake(nested(64)) == nil)
        #expect(mistake(nested(65))?.message == "nested deeper than 64 levels")
        #expect(mistake(String(repeating: "not ", count: 65) + "1 > 0") != nil)
        #expect(mistake(String(repeating: "-", count: 65) + "1 > 0") != nil)
        let long = "1 > 0" + String(repeating: " ", count: 4091)
        #expect(mistake(long) == nil)
        #expect(mistake(long + " ")?.message.contains("4096") ?? false)
        let chain = String(repeating: "1+", count: 2000) + "1 > 0"
        #expect(mistake(chain)?.message.contains("chained") ?? false)
    }

    @Test func noBytesCrashTheParser() {
        var random = SplitMix64(seed: 7)
        let pieces = [
            "error_rate", "(", ")", "access", ",", "2m", ">", "25%", "and", "or", "not", "-", "p95",
            "baseline", "matches", "app.x", "overrun", "release_age", "burn_rate", "affected",
            "p(", "99.9", "up", "failing", "1", "/", "0", "==", "\u{0}", "é", "💥", ".", "..", "%",
        ]
        for _ in 0..<5000 {
            let count = Int.random(in: 0...12, using: &random)
            let source = (0..<count).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }.joined(separator: Bool.random(using: &random) ? " " : "")
            if let found = mistake(source) {
                #expect(found.marked != "?", "\(source)")
            }
        }
    }
}
