// The JSON scanner against an oracle: Foundation's parser and a walk over its tree.

import Foundation
import Testing
import WatchCore
import WatchStreams

@Suite struct JSONScannerTests {
    /// Whether a filter on the field at `path` finds exactly `value`, and how the line came out.
    private func outcome(
        _ line: [UInt8], _ path: String, value: String
    ) throws -> ParsedLine.Outcome {
        let pattern = "\\A\\Q\(value)\\E\\z"
        return try Parsing(
            .made(
                .json, fields: ["f": path], only: [LineFilter([.init(.field("f"), pattern)])]))(
                line
            )
            .outcome
    }

    private func isJSON(_ line: [UInt8]) throws -> Bool {
        try Parsing(.made(.json, fields: ["f": "$.a.b[1]"]))(line).outcome == .counted
    }

    private func oracle(_ line: [UInt8]) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(line), options: [.fragmentsAllowed])) != nil
    }

    // MARK: - Random documents

    private static let names = ["a", "b", "status", "c d", "\\u0061", "\\\"", "é", ""]

    private func value(_ random: inout Seeded, _ depth: Int) -> String {
        let space = ["", "", " ", "\t"].randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<(depth > 4 ? 7 : 10), using: &random) {
        case 0: return "null"
        case 1: return "true"
        case 2: return ["0", "-1", "12.5", "1e3", "-0.25E-2"].randomElement(using: &random) ?? ""
        case 3, 4:
            let parts = ["x", "\\n", "\\u00e9", "é", "\\\\", "\\\"", "{", "]", ",", "longer text"]
            let texts = (0..<Int.random(in: 0...5, using: &random)).map { _ in
                parts.randomElement(using: &random) ?? ""
            }
            return "\"\(texts.joined())\""
        case 5: return "{\(space)}"
        case 6: return "[\(space)]"
        case 7, 8:
            let members = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                let name = Self.names.randomElement(using: &random) ?? ""
                return "\"\(name)\"\(space):\(space)\(value(&random, depth + 1))"
            }
            return "{\(space)\(members.joined(separator: "\(space),\(space)"))\(space)}"
        default:
            let items = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                value(&random, depth + 1)
            }
            return "[\(space)\(items.joined(separator: "\(space),"))\(space)]"
        }
    }

    @Test(arguments: 0..<10)
    func whatIsJSONIsReadAndWhatIsDamagedIsNot(seed: Int) throws {
        var random = Seeded(state: UInt64(seed))
        for _ in 0..<150 {
            var line = Array(value(&random, 0).utf8)
            #expect(try isJSON(line), "\(String(decoding: line, as: UTF8.self))")
            switch Int.random(in: 0..<3, using: &random) {
            case 0: line = Array(line.prefix(Int.random(in: 0...line.count, using: &random)))
            case 1: line.remove(at: Int.random(in: 0..<line.count, using: &random))
            default:
                let bytes = Array("{}[]\",:\\0-e\u{1}".utf8) + [0xFF, 0xC0]
                line[Int.random(in: 0..<line.count, using: &random)] =
                    bytes.randomElement(using: &random) ?? 0
            }
            let text = String(decoding: line, as: UTF8.self)
            // The oracle takes a comma before the closing bracket, which RFC 8259 does not.
            let isLax = text.range(of: #",\s*[\]}]"#, options: .regularExpression) != nil
            #expect(try isJSON(line) == oracle(line) || isLax, "\(text)")
        }
    }

    @Test(arguments: 0..<10)
    func eachPathFindsWhatTheTreeHas(seed: Int) throws {
        var random = Seeded(state: UInt64(seed) &+ 1000)
        for _ in 0..<100 {
            let line = Array(value(&random, 0).utf8)
            guard let tree = try? JSONDecoder().decode(JSONValue.self, from: Data(line)) else {
                continue
            }
            for path in ["$.a", "$.a.b", "$.b[0]", "$[1]", "$[-1].a", "$['c d'][-2]", "$['\"']"] {
                // Members that come twice are another test's.
                guard
                    Set(Self.names).allSatisfy({ name in
                        String(decoding: line, as: UTF8.self).components(separatedBy: "\"\(name)\"")
                            .count <= 2
                    }), !String(decoding: line, as: UTF8.self).contains("\\u0061")
                else { continue }
                let parsed = try JSONPath(path)
                guard case .string(let text)? = tree[parsed], !text.contains("\\") else { continue }
                let outcome = try outcome(line, path, value: text)
                #expect(outcome == .counted, "\(path) \(String(decoding: line, as: UTF8.self))")
            }
        }
    }

    // MARK: - One by one

    @Test(arguments: [
        (#"{"a":"x"}"#, "$.a", "x"), (#"{"a":{"b":[1,"y"]}}"#, "$.a.b[1]", "y"),
        (#"[1,[2,"z"]]"#, "$[1][1]", "z"), (#"["p","q"]"#, "$[-1]", "q"),
        (#"[["p"],["q","r"]]"#, "$[-1][-2]", "q"), (#"{"\u0061":"x"}"#, "$.a", "x"),
        (#"{"a":"\u00e9\ud83d\ude00\n\/"}"#, "$.a", "é😀\n/"),
        (#"{"c d":true}"#, "$['c d']", "true"),
        (#"{"a":-1.50e2}"#, "$.a", "-1.50e2"), (#"{"":"e"}"#, "$['']", "e"),
        (#"  {"x":{"a":1},"a" : "outer"}  "#, "$.a", "outer"), (#""only text""#, "$", "only text"),
    ])
    func aPathFindsItsValue(line: String, path: String, value: String) throws {
        #expect(try outcome(Array(line.utf8), path, value: value) == .counted)
    }

    @Test(arguments: [
        (#"{"a":1,"a":"last"}"#, "$.a", "last"),
        (#"{"a":{"b":"first"},"a":{"b":"last"}}"#, "$.a.b", "last"),
        (#"{"a":"first","\u0061":"last"}"#, "$.a", "last"),
    ])
    func ofANameThatComesTwiceTheLastCounts(line: String, path: String, value: String) throws {
        #expect(try outcome(Array(line.utf8), path, value: value) == .counted)
    }

    @Test(arguments: [#"{"a":{"b":"x"},"a":5}"#, #"{"a":{"b":"x"},"a":{}}"#, #"{"a":{"b":null}}"#])
    func whatTheLastOfTwoDoesNotHaveIsMissing(line: String) throws {
        #expect(try outcome(Array(line.utf8), "$.a.b", value: "x") == .ignored)
    }

    @Test(arguments: [
        "", " ", "{", "}", "{}}", "{} x", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#,
        #"{'a':1}"#,
        "[1,]", "[,1]", "[1 2]", "01", "1.", ".5", "+1", "-", "1e", "NaN", "Infinity", "nul",
        "True",
        #""\x""#, #""\u12""#, "\"a\u{1}\"", "\"a\tb\"", "\"", "[}", "{]", "// x", "[1]\u{0}",
        "\u{FEFF}{}",
    ])
    func whatIsNoJSONIsUnparsed(line: String) throws {
        #expect(try !isJSON(Array(line.utf8)))
    }

    @Test(
        arguments: [
            [0xFF], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], [0x22, 0xC3, 0x22],
            [0x22, 0xE0, 0x80, 0x80, 0x22],
        ] as [[UInt8]])
    func whatIsNoUTF8IsUnparsed(line: [UInt8]) throws { #expect(try !isJSON(line)) }

    @Test(arguments: ["[", #"{"a":"#, #"{"a":["#, #"[{"a":"#])
    func depthIsBounded(opening: String) throws {
        let deep = Array(String(repeating: opening, count: 60_000 / opening.utf8.count).utf8)
        #expect(try !isJSON(deep))
        let closed = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(try isJSON(Array(closed.utf8)))
        #expect(try !isJSON(Array("[\(closed)]".utf8)))
    }
}
