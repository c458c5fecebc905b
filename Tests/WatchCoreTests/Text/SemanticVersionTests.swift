import Testing
import WatchCore

@Suite struct SemanticVersionTests {
    @Test func theyAreOrderedAsTheSpecificationSays() throws {
        // The chain of semver.org, item 11, and a few more.
        let ordered = [
            "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
            "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0",
            "2.0.0",
        ]
        let versions = try ordered.map { try #require(SemanticVersion($0)) }
        for (a, b) in zip(versions, versions.dropFirst()) { #expect(a < b) }
    }

    @Test(arguments: ["1.2.3", "v1.2.3", "1.2.3+build.7"])
    func whatStandsForTheSameVersion(text: String) {
        #expect(SemanticVersion(text) == SemanticVersion("1.2.3"))
    }

    @Test(arguments: ["", "1", "1.2", "1.2.x", "1.2.3.4", "01.2.3", "1.2.-3", "a.b.c", "1.2.3-"])
    func whatIsNoVersion(text: String) { #expect(SemanticVersion(text) == nil) }

    @Test(
        "what is in a range and what is not",
        arguments: [
            ("^1.4", ["1.4.0", "1.9.9"], ["1.3.9", "2.0.0", "1.5.0-rc.1"]),
            ("^0.4.2", ["0.4.2", "0.4.9"], ["0.5.0", "0.4.1"]), ("^0.0.3", ["0.0.3"], ["0.0.4"]),
            ("~1.4.2", ["1.4.2", "1.4.9"], ["1.5.0", "1.4.1"]), ("~1", ["1.9.0"], ["2.0.0"]),
            (">=1.4 <2", ["1.4.0", "1.99.0"], ["2.0.0", "1.3.0"]),
            (">= 1.4 < 2", ["1.4.0"], ["2.0.0"]), (">1.4", ["1.5.0"], ["1.4.9"]),
            ("<=1.4", ["1.4.9"], ["1.5.0"]), (">1.4.0", ["1.4.1"], ["1.4.0"]),
            ("<=1.4.0", ["1.4.0"], ["1.4.1"]), ("1.x", ["1.0.0", "1.9.9"], ["2.0.0"]),
            ("1.4", ["1.4.7"], ["1.5.0"]), ("=1.4.2", ["1.4.2", "v1.4.2+x"], ["1.4.3"]),
            ("^1.4 || ^2", ["1.4.0", "2.3.0"], ["3.0.0", "1.3.0"]),
            (">=1.4.0-rc.1", ["1.4.0-rc.1", "1.4.0-rc.2", "1.4.0"], ["1.4.0-beta", "1.5.0-rc.1"]),
        ])
    func ranges(text: String, good: [String], bad: [String]) throws {
        let range = try #require(SemanticRange(text))
        for version in good {
            #expect(range.contains(try #require(SemanticVersion(version))), "\(version)")
        }
        for version in bad {
            #expect(!range.contains(try #require(SemanticVersion(version))), "\(version)")
        }
    }

    @Test(arguments: ["", "^", "latest", "1.x.3", ">=", "^1.4 ||", "1.2.3 - 2", ">=1.4,<2"])
    func whatIsNoRange(text: String) { #expect(SemanticRange(text) == nil) }
}
