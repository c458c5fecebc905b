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
