import Testing

@testable import WatchCore

@Suite struct IdentifierTests {
    @Test(arguments: ["1.9.0", "v2", "4f2c1d0", "a", "1.0.0+build.5", "release_2026-11-21"])
    func ordinaryVersionsAreIdentifiers(text: String) {
        #expect(Identifier.isValid(text))
    }

    @Test(arguments: [
        "", "-rf", ".", "../etc", "a/b", "a b", "a;b", "$(id)", "a\nb", "a\u{0}", "é", "+1", "_x",
        "1.9.0\n", "“1”",
    ])
    func whatCouldBeMoreThanAWordIsNone(text: String) {
        #expect(!Identifier.isValid(text))
    }

    @Test func theLengthIsBounded() {
        #expect(Identifier.isValid(String(repeating: "a", count: 128)))
        #expect(!Identifier.isValid(String(repeating: "a", count: 129)))
    }

    @Test func aRefusalShowsNothingThatATerminalObeys() {
        let text = Identifier.refusal("\u{1B}[2J" + String(repeating: "x", count: 100))
        #expect(!text.contains("\u{1B}"))
        #expect(text.contains("?[2J"))
        #expect(text.contains("…"))
        #expect(Identifier.refusal("") == "it is empty")
    }

    @Test func textFromOutsideIsMadePrintable() {
        #expect(printable("a\tb\nc\u{7F}d\u{9B}e") == "a?b?c?d?e")
        // Marks that turn the direction of writing could make a command look like another.
        #expect(printable("a\u{202E}b") == "a?b")
        #expect(printable("grün 💥") == "grün 💥")
        #expect(printable("abcdef", limit: 3) == "abc…")
        #expect(printable("abc", limit: 3) == "abc")
    }
}
