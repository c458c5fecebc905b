// JSON in one line: what a terminal would act on, or hide, is written as an escape.

import Testing

@testable import WatchCore

@Suite struct JSONTextTests {
    @Test(arguments: [
        ("plain", "plain"), ("a \"b\" \\c", #"a \"b\" \\c"#),
        ("one\ntwo\u{1B}[31m", #"one\u000atwo\u001b[31m"#),
        ("a\u{202E}b\u{200B}", #"a\u202eb\u200b"#), ("\u{E0001}", #"\udb40\udc01"#),
        // It would be one character with the quote before it.
        ("\u{301}a", "\u{301}a"), ("", ""),
    ])
    func aTextIsEscaped(_ text: String, _ escaped: String) {
        #expect(jsonEscaped(text).unicodeScalars.elementsEqual(escaped.unicodeScalars))
        #expect(
            jsonQuoted(text).unicodeScalars.elementsEqual("\"\(escaped)\"".unicodeScalars))
    }

    @Test func aValueIsOneLine() {
        let value = JSONValue.object([
            "b": .array([.number(1), .number(0.5), .bool(true), .null]), "a": .string("x\ny"),
        ])
        #expect(value.text == #"{"a": "x\u000ay", "b": [1, 0.5, true, null]}"#)
        #expect(JSONValue.object([:]).text == "{}")
    }
}
