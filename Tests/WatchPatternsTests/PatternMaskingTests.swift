// What a pattern matches is gone, and nothing else.

import Testing
import WatchPatterns

@Suite struct PatternMaskingTests {
    @Test(arguments: [
        ("token=[a-z]+", "a token=xyz b token=q", "a *** b ***"), ("x", "", ""),
        ("x", "nothing", "nothing"), ("(?i)SECRET", "my Secret", "my ***"),
        ("x*", "axb", "***a******b***"), ("é+", "caféé au", "caf*** au"),
    ])
    func everyMatchIsMasked(pattern: String, text: String, masked: String) throws {
        #expect(try Pattern(pattern).masked(text) == masked)
    }

    @Test func aHostilePatternIsGivenUp() throws {
        let pattern = try Pattern("(a+)+$")
        let subject = String(repeating: "a", count: 40) + "b"
        #expect(throws: PatternLimitError.self) { try pattern.masked(subject) }
    }
}
