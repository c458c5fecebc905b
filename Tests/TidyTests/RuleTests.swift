// The rules themselves, on snippets: each allows what it should and refuses what it should.

import Testing

@Suite struct RuleTests {
    @Test(arguments: Rule.all) func eachRuleAllowsItsGoodExample(rule: Rule) {
        #expect(rule.findings(in: rule.good.file).isEmpty)
    }

    @Test(arguments: Rule.all) func eachRuleRefusesItsBadExampleAndNamesTheReplacement(
        rule: Rule
    ) throws {
        let findings = rule.findings(in: rule.bad.file)
        try #require(findings.count == 1)
        #expect(findings[0].description.hasPrefix("\(rule.bad.path):"))
        #expect(findings[0].description.contains("[\(rule.name)]"))
        #expect(findings[0].description.contains(rule.instead))
    }

    @Test func rulesHaveDifferentNames() {
        #expect(Set(Rule.all.map(\.name)).count == Rule.all.count)
    }

    @Test(arguments: [
        ("WatchCore", "FoundationEssentials", false), ("WatchCore", "Collections", true),
        ("WatchConfig", "Yams", true), ("WatchProbes", "Yams", false),
        ("WatchStore", "GRDB", true), ("WatchDaemon", "GRDB", false),
        ("WatchProbes", "CCurl", false), ("WatchStreams", "CSystemd", true),
        ("WatchControl", "NIOCore", true), ("watchctl", "Hummingbird", false),
        ("watchctl", "ArgumentParser", true), ("watchd", "Foundation", false),
        ("watchd-step", "Synchronization", false), ("WatchSystem", "WatchStore", false),
    ])
    func aLibraryLivesInItsRoom(target: String, module: String, isAllowed: Bool) {
        #expect(Rule.mayImport(module, target, isTest: false) == isAllowed)
    }

    @Test func testsMayImportWhatTheyTest() {
        #expect(Rule.mayImport("GRDB", "WatchStoreTests", isTest: true))
        #expect(Rule.mayImport("WatchHTTP", "WatchControlTests", isTest: true))
        #expect(!Rule.mayImport("GRDB", "WatchCoreTests", isTest: true))
        #expect(!Rule.mayImport("XCTest", "WatchCoreTests", isTest: true))
    }

    @Test(arguments: [
        ("func f() {", true), ("    public static func f(", true), ("init?(x: Int) {", true),
        ("@MainActor private init<T>(", true), ("self.init(x)", false), ("let a = f(x)", false),
        ("x.initialize()", false), ("    return Foo.init(x)", false), ("initial()", false),
    ])
    func declarationsAreTold(line: String, isFunction: Bool) {
        #expect(Rule.declaresFunction(line) == isFunction)
    }

    @Test func aRequirementHasNoLength() {
        #expect(Rule.length(Array("func f()\n    func g() -> Int\n}\n".utf8)[...]) == nil)
        #expect(Rule.length(Array("func f(\n  a: [Int]\n) {\n  { x }()\n}\n".utf8)[...]) == 5)
    }

    @Test func aTargetWithoutTestsIsFound() {
        let real = SourceFile(path: "Sources/A/A.swift", text: "// a\nfunc f() {\n    g()\n}\n")
        #expect(!Repository.isPlaceholder(real))
        let stub = SourceFile(path: "Sources/A/P.swift", text: "enum APlaceholder {}\n")
        #expect(Repository.isPlaceholder(stub))
        let placeholder = "import Testing\n\n@Test func placeholder() {}\n"
        #expect(Repository.tests(SourceFile(path: "Tests/A/P.swift", text: placeholder)) == 0)
        #expect(
            Repository.tests(SourceFile(path: "Tests/A/T.swift", text: "@Test func x() {}")) == 1)
    }
}
