// Files that are no configuration, by accident or on purpose: a clear answer, soon.

import Testing
import WatchConfig

@Suite struct HostileInputTests {
    private func load(_ bytes: [UInt8]) throws -> [Diagnostic] {
        try Files.withDirectory { directory in
            try Files.write(bytes, directory + "/a.yaml")
            return ConfigurationLoader.load(paths: [directory + "/a.yaml"]).diagnostics
        }
    }

    @Test(arguments: ["", "\n\n", "# only\n# comments\n", "---\n", "~"])
    func anEmptyFileIsAnError(text: String) {
        let found = errors(text)
        #expect(found.map(\.message) == ["the file holds no configuration"])
        #expect(found.first?.remedy != nil)
    }

    @Test func binaryGarbageIsNotText() throws {
        var state: UInt64 = 42
        let bytes = (0..<4096).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1
            return UInt8(truncatingIfNeeded: state >> 33)
        }
        let found = try load(bytes)
        #expect(found.count == 1)
        #expect(found[0].message.contains("UTF-8"))
    }

    @Test func theFirstBadByteHasAPlace() throws {
        let found = try load(Array("services:\n  shöp: ".utf8) + [0xC3, 0x28])
        #expect(found.map(\.at) == ["2:9"])
    }

    @Test func marksOfOtherEncodingsAreNamed() throws {
        #expect(try load([0xFF, 0xFE, 0x73, 0]).map(\.message) == ["the file is UTF-16"])
        let marked = try load([0xEF, 0xBB, 0xBF] + Array("services: {}".utf8))
        #expect(marked.map(\.message) == ["the file begins with a byte order mark"])
    }

    @Test func controlCharactersAreShownWhereTheyStand() {
        let found = errors("services:\n  a\u{1}b: {}\n")
        #expect(found.map(\.at) == ["2:4"])
        #expect(!found[0].text.contains("\u{1}"))
    }

    @Test func aTabIsCalledATab() {
        let found = errors("services:\n\tshop: {}\n")
        #expect(found.count == 1)
        #expect(found[0].message.contains("tab"))
        #expect(found[0].line == 2)
    }

    @Test func aSecondDocumentIsRefused() {
        let found = errors("services: {}\n---\nservices: {}\n")
        #expect(found.map(\.line) == [2])
        #expect(found[0].message.contains("second document"))
    }

    @Test func aMegabyteOfBracketsIsRefused() {
        let open = String(repeating: "[", count: 1 << 20)
        #expect(errors(open).count == 1)
        #expect(errors(String(repeating: "{a: ", count: 200_000)).count == 1)
        #expect(errors(String(repeating: "- ", count: 500_000)).count == 1)
        #expect(errors(String(repeating: "? ", count: 500_000)).count == 1)
    }

    /// They are no anchors, and nobody looks for any.
    @Test func bracketsAreNotTakenForAnchors() {
        let found = errors("services: " + String(repeating: "[", count: 300))
        #expect(found.map(\.message) == ["more than 200 brackets are open here"])
        #expect(found.first?.remedy?.contains("close each [ and {") ?? false)
        #expect(found.first?.remedy?.contains("anchor") == false)
    }

    @Test func deepNestingIsRefusedByUs() {
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        #expect(errors(deep).map(\.message) == ["nested deeper than 32 levels"])
    }

    @Test func anAliasBombIsRefusedBeforeItGrows() {
        var text = "a0: &a0 [x, x]\n"
        for level in 1...60 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        text += "? *a60\n: 1\n"
        let found = errors(text)
        #expect(found.count == 1)
        #expect(found[0].message.contains("anchors and aliases"))
    }

    @Test func oneAliasIsRefusedAtItsPlace() {
        let found = errors("services:\n  a: &base { bake: 5m }\n  b: *base\n")
        #expect(found.map(\.at) == ["2:6"])
        #expect(errors("services: *none").map(\.message).first?.contains("aliases") ?? false)
    }

    @Test func aFileThatIsTooLargeIsRefused() throws {
        let found = try load([UInt8](repeating: 35, count: (1 << 20) + 1))
        #expect(found.count == 1)
        #expect(found[0].remedy?.contains("1 MB") ?? false)
    }

    @Test func aHundredThousandMistakesAreBounded() {
        let text = "services:\n" + (0..<20_000).map { "  s\($0): { x: 1 }\n" }.joined()
        let found = problems(text)
        #expect(found.count == 501)
        #expect(found.last?.message.contains("not shown") ?? false)
    }

    @Test func manyDuplicateKeysAreBounded() {
        let text = (0..<200).map { _ in "services: {}\n" }.joined()
        #expect((1...52).contains(errors(text).count))
    }

    @Test func nothingReachesATerminalUnfiltered() {
        let found = errors("services: { \"a\\e[31mb\": {} }")
        #expect(found.count == 1)
        #expect(!found[0].text.contains("\u{1B}"))
    }

    @Test func unusualLineBreaksCountAsYAMLCountsThem() {
        #expect(errors("services:\r\n  a: {}\r\n  b: { x: 1 }\r\n").map(\.at) == ["3:8"])
        #expect(errors("# \u{2028}services:\n  b: { x: 1 }\n").map(\.line) == [3])
    }

    @Test func aMissingFileIsAnError() {
        let result = ConfigurationLoader.load(paths: ["/nowhere/watchd.yaml"])
        #expect(result.configuration == nil)
        #expect(result.diagnostics.map(\.line) == [1])
        #expect(result.diagnostics[0].remedy == "check the path")
    }
}
