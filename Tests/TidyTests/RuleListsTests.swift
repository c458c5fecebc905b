// The check of the lists of rules, on snippets and on the lists themselves.

import Testing

@Suite struct RuleListsTests {
    private static let source = SourceFile(
        path: "Tests/WatchCoreTests/ClearingTests.swift",
        text: """
            private struct Helper {
                func noTest() {}
            }

            @Suite struct ClearingTests {
                private func helper() {}
                @Test func itClears() {}
                @Test(arguments: [
                    ("a", 1), ("b", 2),
                ])
                func eachClears(name: String, count: Int) {}
                // @Test func inAComment() {}
                @Test("with a name of its own") func named() {}
            }

            extension ClearingTests {
                @Test func laterToo() {}
            }
            """)

    private func found(_ rows: String...) -> [String] {
        let list = SourceFile(
            path: "docs/rules/x.md",
            text: "| rule | test |\n|---|---|\n" + rows.joined(separator: "\n"))
        return RuleLists.findings(in: list, tests: RuleLists.tests(in: [Self.source]))
            .map(\.description)
    }

    @Test func testsAreFoundByTheirSuite() {
        #expect(
            RuleLists.tests(in: [Self.source]) == [
                "ClearingTests/itClears", "ClearingTests/eachClears", "ClearingTests/named",
                "ClearingTests/laterToo",
            ])
    }

    @Test func aRowThatNamesItsTestsIsFine() {
        #expect(
            found(
                "| 1. It clears | `ClearingTests/itClears`<br>`ClearingTests/laterToo` |",
                "| 2. Of `for` | `ClearingTests/named` |", "| 3. Later | not built yet |"
            ).isEmpty)
    }

    @Test(arguments: [
        ("| 1. It clears | `ClearingTests/itCleared` |", "no test is 'ClearingTests/itCleared'"),
        ("| 1. Alone | `ClearingTests/helper` |", "no test is 'ClearingTests/helper'"),
        ("| 1. Other | `OtherTests/itClears` |", "no test is 'OtherTests/itClears'"),
        ("| 1. Nobody knows | – |", "a rule without a test"),
    ])
    func aTestThatIsGoneIsFoundWithItsPlace(row: String, what: String) {
        let expected = "docs/rules/x.md:3: [rule-lists] \(what): \(RuleLists.instead)"
        #expect(found(row) == [expected])
    }

    @Test func theListsNameTestsThatThereAre() {
        let files = Repository.own.files
        let lists = files.filter { $0.path.hasPrefix("docs/rules/") && $0.path.hasSuffix(".md") }
        #expect(!lists.isEmpty)
        let tests = RuleLists.tests(in: files)
        let findings = lists.flatMap { RuleLists.findings(in: $0, tests: tests) }
        let text = findings.map(\.description).joined(separator: "\n")
        #expect(findings.isEmpty, "\(text)")
    }
}
