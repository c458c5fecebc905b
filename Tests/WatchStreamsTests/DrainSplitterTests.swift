// Bodies of requests, cut into lines; wherever the network cuts them.

import Testing
import WatchStreams

@Suite struct DrainSplitterTests {
    private struct Cut: Equatable {
        var lines: [String] = []
        var tooLong = 0
        var problem: String?
    }

    private func cut(
        _ body: String, _ shape: DrainSplitter.Shape = .json, pieces: Int = .max, limit: Int = 64
    ) -> Cut {
        var splitter = DrainSplitter(shape, limit: limit)
        var found = Cut()
        let bytes = Array(body.utf8)
        var at = 0
        while at < bytes.count {
            let end = Swift.min(bytes.count, pieces == .max ? bytes.count : at + pieces)
            bytes[at..<end].withUnsafeBytes { piece in
                splitter.take(
                    piece, { found.lines.append(String(decoding: $0, as: UTF8.self)) },
                    tooLong: { found.tooLong += 1 })
            }
            at = end
        }
        splitter.end(
            { found.lines.append(String(decoding: $0, as: UTF8.self)) },
            tooLong: { found.tooLong += 1 })
        found.problem = splitter.problem?.description
        return found
    }

    @Test(arguments: [
        ("{\"a\":1}\n{\"b\":{\"c\":[1,2]}}\n", ["{\"a\":1}", "{\"b\":{\"c\":[1,2]}}"]),
        ("{\"a\":1}{\"b\":2}", ["{\"a\":1}", "{\"b\":2}"]),
        ("{\n  \"a\": 1\n}\n", ["{\n  \"a\": 1\n}"]),
        (" [ {\"a\":1} , {\"b\":\"],{\"} ] ", ["{\"a\":1}", "{\"b\":\"],{\"}"]),
        ("[1,\"x\",null,[2],{\"a\":[]}]", ["1", "\"x\"", "null", "[2]", "{\"a\":[]}"]),
        ("[]", []), ("", []), (" \r\n", []), ("[\n{\"a\":1}\r\n]\n[2]", ["{\"a\":1}", "2"]),
        ("{\"a\":\"\\\"}\\\\\"}\n", ["{\"a\":\"\\\"}\\\\\"}"]),
        // Each is a line that does not parse, and costs no other.
        ("oh no\n{\"a\":1}\n", ["oh no", "{\"a\":1}"]),
        ("{\"a\":\"cut\n{\"b\":2}\nend", ["{\"a\":\"cut", "{\"b\":2}", "end"]),
    ])
    func valuesAreLines(body: String, lines: [String]) {
        #expect(cut(body) == Cut(lines: lines))
        for pieces in 1...7 { #expect(cut(body, pieces: pieces) == Cut(lines: lines)) }
    }

    @Test func textIsCutAtItsLineBreaks() {
        #expect(
            cut("[1] one\n\n  two\r\nthree", .lines).lines == ["[1] one", "  two\r", "three"])
    }

    @Test(arguments: [
        ("[{\"a\":1}", "the array is not closed"), ("[1,", "the array is not closed"),
        ("[{\"a\":1} {\"b\":2}]", "a comma is missing between two elements (byte 9)"),
        ("[1,,2]", "an element of the array is missing (byte 3)"),
        ("[1,]", "an element of the array is missing (byte 3)"),
        ("{\"a\":{\"b\":1}\n", "the body ends within a value"),
        ("[\"a\nb\"]", "a line break within a text (byte 3)"),
    ])
    func whereTheNextValueIsUnknownTheBodyIsRefused(body: String, text: String) {
        let whole = cut(body)
        #expect(whole.problem?.hasPrefix(text) ?? false, "\(whole)")
        for pieces in 1...5 { #expect(cut(body, pieces: pieces) == whole) }
    }

    @Test func whatIsTooLongIsCountedAndTheRestIsRead() {
        let long = "{\"a\":\"" + String(repeating: "x", count: 100) + "\"}"
        for pieces in [1, 3, 50, .max] {
            let found = cut("[\(long),{\"b\":1}]", pieces: pieces)
            #expect(found == Cut(lines: ["{\"b\":1}"], tooLong: 1))
        }
    }
}
