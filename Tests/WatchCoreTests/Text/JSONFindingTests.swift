// Values by paths are the same as those of the whole document, which is what they are checked by.

import Testing

@testable import WatchCore

@Suite struct JSONFindingTests {
    private static let paths = [
        "$", "$.a", "$.a.b", "$['a']['b'][0]", "$.c[1]", "$.c[-1]", "$.c[0].d", "$.none", "$.a.b.c",
        "$['x y']", "$.é",
    ]

    private static let documents = [
        "{}", "[]", "1", "null", #""a""#, #"{"a": 1}"#,
        #"{"a": {"b": [1, 2]}, "c": [{"d": "x"}, 2]}"#, #"{"a": {"b": 1}, "a": {"c": 2}}"#,
        #"{"a": {"b": 1}, "a": 3}"#, #"{"a": 3, "a": {"b": 1}}"#,
        #"{"\u0061": {"\u0062": [true]}, "x y": false}"#, #"{"x y": "\"\\\n", "c": []}"#,
        #"{"é": 1, "a": "é"}"#, #"{"\u00e9": 1}"#,
        #" { "a" : { "b" : null } , "c" : [ 1.5e3 , -0 ] } "#,
        #"{"c": [[[[{"d": 1}]]], {"d": 2}]}"#, #"{"z": 1e9, "a": 1}"#,
        // No documents.
        "", "{", #"{"a": 1"#, #"{"a": 1,}"#, #"{"a" 1}"#, #"{"a": 01}"#, #"{"z": 1e999, "a": 1}"#,
        #"{"z": "\x", "a": 1}"#, #"{"a": 1} x"#, #"{"z": tru, "a": 1}"#, "[1,]", #"{"a": }"#,
        "{\"z\": \"\u{1}\"}", #"{"z": .5}"#, #"{"z": -}"#, #"{"z": 1.}"#,
    ]

    private func oracle(_ paths: [JSONPath], _ body: [UInt8]) -> [JSONValue?]? {
        JSONValue(body: body).map { value in paths.map { value[$0] } }
    }

    @Test(arguments: documents)
    func foundAsInTheWhole(text: String) throws {
        let paths = try Self.paths.map { try JSONPath($0) }
        let body = Array(text.utf8)
        for count in 0...paths.count {
            let some = Array(paths.prefix(count)).filter { !$0.description.contains("-") }
            #expect(JSONValue.values(at: some, in: body) == oracle(some, body))
        }
        #expect(JSONValue.values(at: paths, in: body) == oracle(paths, body))
    }

    /// Every beginning of a document, and every document with one byte changed.
    @Test func hostileDocumentsToo() throws {
        let paths = try ["$.a.b[1]", "$.c", "$.a"].map { try JSONPath($0) }
        let good = Array(#"{"a":{"b":[1,"x\n"]},"c":[true,null,-1.5e2]}"#.utf8)
        var bodies = good.indices.map { Array(good.prefix($0)) }
        for index in good.indices {
            for byte in Array("{}[]\",:\\0e-. t\u{1}".utf8) {
                var body = good
                body[index] = byte
                bodies.append(body)
            }
        }
        for body in bodies {
            #expect(
                JSONValue.values(at: paths, in: body) == oracle(paths, body),
                "\(String(decoding: body, as: UTF8.self))")
        }
    }

    @Test func endlessNestingIsRefused() throws {
        let path = try JSONPath("$.a")
        for count in [128, 129, 1 << 20] {
            let deep = [UInt8](repeating: UInt8(ascii: "["), count: count)
            let body = deep + [UInt8](repeating: UInt8(ascii: "]"), count: count)
            #expect((JSONValue.values(at: [path], in: body) == nil) == (count > 128))
        }
    }

    @Test func manyPathsAreAnsweredToo() throws {
        let paths = try (0..<70).map { try JSONPath("$.a[\($0)]") }
        let items = (0..<70).map(String.init).joined(separator: ",")
        let found = JSONValue.values(at: paths, in: Array("{\"a\":[\(items)]}".utf8))
        #expect(found == (0..<70).map { JSONValue.number(Double($0)) })
        #expect(
            JSONValue.values(at: Array(paths.prefix(64)), in: Array("{\"a\":[\(items)]}".utf8))?
                .last
                == .number(63))
    }
}
