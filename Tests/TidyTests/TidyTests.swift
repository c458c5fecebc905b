// The repository, checked against its own rules. A rule that matters is one that a test enforces.

import Testing

extension Rule {
    static let all: [Rule] = [
        imports, clocks, crashes, printing, unchecked, sleeping, switchedOff, machinePaths,
        fileLength, lineLength, functionLength, openingComment,
    ]
}

@Suite struct TidyTests {
    @Test(arguments: Rule.all) func theRepositoryKeeps(rule: Rule) {
        let findings = Repository.own.files.flatMap(rule.findings(in:))
        let list = findings.map(\.description).joined(separator: "\n")
        #expect(findings.isEmpty, "\(list)")
    }

    @Test func everyTargetHasTests() {
        let untested = Repository.own.untestedTargets
        #expect(
            untested.isEmpty,
            """
            [tests] no test is about \(untested.joined(separator: ", ")): add one to \
            Tests/<target>Tests
            """)
    }

    @Test func theFilesAreFound() {
        let paths = Repository.own.files.map(\.path)
        #expect(paths.contains("Package.swift"))
        #expect(paths.contains("Tests/TidyTests/TidyTests.swift"))
        #expect(paths.contains("Sources/WatchCore/Time/Instant.swift"))
        #expect(!paths.contains { $0.hasPrefix(".build/") })
    }
}
