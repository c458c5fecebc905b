// The search before the regular expression must never leave a match out.

import Testing
import WatchPatterns

@Suite struct LinePatternTests {
    /// Asks both, which must agree, and returns the answer.
    private func matches(_ source: String, _ text: String) throws -> Bool {
        let pattern = try LinePattern(source)
        let found = try Array(text.utf8).withUnsafeBytes {
            try LinePatternMatcher(pattern).matches($0)
        }
        let expected = try pattern.pattern.firstMatch(in: text) != nil
        #expect(expected == found, "\(source) \(text)")
        return found
    }

    @Test(arguments: [
        ("panic:", "a panic: x", true), ("panic:", "a panic", false), ("colou?r", "color", true),
        ("colou?r", "colour", true), ("ab*c", "ac", true), ("ab+c", "abbc", true),
        ("ab{0,2}c", "ac", true), ("a|b", "xb", true), ("foo|", "x", true),
        ("(?i)foo", "FOO", true),
        ("x(?i)foo", "xFOO", true), ("(foo)?bar", "bar", true), ("[]a]b", "]b", true),
        ("a\\.b", "a.b", true), ("a\\.b", "axb", false), ("\\Qa|b\\E", "a|b", true),
        ("\\x41B", "AB", true), ("é?x", "x", true), ("a[[:digit:]]b", "a1b", true),
        ("(?#a)b)c", "b)c", false), ("(a|b(c|d))e", "bde", true), ("(?<n>x)y\\k<n>", "xyx", true),
        ("integrity constraint|data loss", "no data loss", true), ("^a$", "a", true),
        ("\\d+ms", "12ms", true), ("a\\", "a", false), ("(?=ab)a", "ab", true), ("a??b", "b", true),
    ])
    func itFindsWhatThePatternFinds(source: String, text: String, expected: Bool) throws {
        guard (try? Pattern(source)) != nil else {
            #expect(throws: PatternError.self) { try LinePattern(source) }
            return
        }
        #expect(try matches(source, text) == expected)
    }

    @Test func randomPatternsAgree() throws {
        var random = SystemRandomNumberGenerator()
        let parts = [
            "a", "b", "c", "ab", "\\.", "?", "*", "+", "|", "(", ")", "[ab]", "[^a]", "{0}", "{2}",
            "(?:", "(?i)", "\\b", "\\d", ".", "^", "$", "\\x61", "(?=",
        ]
        let letters = ["a", "b", "c", "A", ".", "1", " "]
        for _ in 0..<3000 {
            let source = (0..<Int.random(in: 1...7, using: &random))
                .map { _ in parts.randomElement(using: &random) ?? "" }.joined()
            guard (try? Pattern(source)) != nil else { continue }
            for _ in 0..<4 {
                let text = (0..<Int.random(in: 0...8, using: &random))
                    .map { _ in letters.randomElement(using: &random) ?? "" }.joined()
                _ = try matches(source, text)
            }
        }
    }
}
