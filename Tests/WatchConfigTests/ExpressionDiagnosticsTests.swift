// A mistake in an expression is shown where it stands in the file, however the text is quoted.

import Testing
import WatchConfig

@Suite struct ExpressionDiagnosticsTests {
    private func config(_ when: String) -> String {
        """
        services:
          shop:
            probes: { health: { http: "https://example.com/", every: 10s } }
            streams: { access: { file: /a.log, format: nginx-combined } }
            triggers:
              - name: t
                severity: low
                when: \(when)
        """
    }

    @Test(arguments: [
        ("error_rate(acess, 2m) > 5%", "8:26"),
        ("'error_rate(acess, 2m) > 5%'", "8:27"),
        ("\"error_rate(acess, 2m) > 5%\"", "8:27"),
        ("\"\\x65rror_rate(acess, 2m) > 5%\"", "8:30"),
        ("error_rate(access, 2m) > 5% and up(helth) < 1", "8:50"),
        ("up(health) < 1 and failing(health, helth) > 50%", "8:50"),
        ("up(access) < 1", "8:18"),
    ])
    func theNameIsPointedAt(when: String, place: String) {
        #expect(errors(config(when)).map(\.at) == [place], "\(when)")
    }

    @Test func mistakesOfSyntaxHaveTheirColumn() {
        #expect(errors(config("error_rate(access, 2m) >")).map(\.line) == [8])
        #expect(errors(config("nope(access, 2m) > 1")).map(\.at) == ["8:15"])
        #expect(errors(config("up(health) < 1 && up(health) < 1")).map(\.at) == ["8:30"])
    }

    /// The comma of half of Europe: cut off at it, the advice would be a rule that fires at once.
    @Test(arguments: [
        ("error_rate(access, 2m) > 0,25", "0,25", "write a decimal point: 0.25, as a ratio 25%"),
        ("error_rate(access, 2m) > 2,5%", "2,5%", "write a decimal point: 2.5%"),
        ("p95(access, 5m) > 0,5s", "0,5s", "write a decimal point: 0.5s"),
        ("rate(access, 5m) < 1,5", "1,5", "write a decimal point: 1.5"),
        ("1,5 > rate(access, 5m)", "1,5", "write a decimal point: 1.5"),
        ("p(99,9, access, 5m) > 1s", "99,9", "write a decimal point: 99.9"),
    ])
    func aDecimalCommaIsNamed(when: String, number: String, remedy: String) throws {
        let all = errors(config("'\(when)'"))
        let found = try #require(all.first { $0.message.contains("comma") }, "\(all)")
        #expect(found.message == "'\(number)' has a decimal comma")
        #expect(found.remedy == remedy)
        let column = when.distance(
            from: when.startIndex, to: try #require(when.firstRange(of: number)).lowerBound)
        #expect(found.at == "8:\(16 + column)")
    }

    @Test(arguments: ["", ")"]) func forIsAKeyOfTheRule(end: String) throws {
        let start = end.isEmpty ? "" : "("
        let when = "\(start)error_rate(access, 2m) > 25% for 5m\(end)"
        let found = try #require(errors(config("'\(when)'")).first)
        #expect(found.message == "'for' is a key of the rule, not a part of its condition")
        #expect(found.remedy == "write for: 5m beside when:")
    }

    @Test func blocksPointAtTheRightLine() {
        let literal = "|\n          up(health) < 1\n          and up(helth) < 1"
        #expect(errors(config(literal)).map(\.at) == ["10:18"])
        let folded = ">-\n          up(health) < 1\n          and up(helth) < 1"
        #expect(errors(config(folded)).map(\.at) == ["10:18"])
    }

    @Test func failingAndUpAskProbesOnly() {
        let found = errors(config("failing(access) > 50%"))
        #expect(found.map(\.message).first?.contains("is a stream") ?? false)
    }
}
