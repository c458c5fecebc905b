import FoundationEssentials
import Testing

@testable import WatchCore

@Suite struct JSONPathTests {
    private let document = JSONValue.object([
        "version": .string("1.9.0"),
        "db": .object(["latency_ms": .number(12), "c d": .bool(true), "it's": .null]),
        "list": .array([.number(1), .number(2), .object(["x": .string("y")])]),
    ])

    @Test(arguments: [
        ("$.version", JSONValue.string("1.9.0")), ("$['version']", .string("1.9.0")),
        ("$[\"version\"]", .string("1.9.0")), ("$.db.latency_ms", .number(12)),
        ("$.db['c d']", .bool(true)), (#"$.db['it\'s']"#, .null), ("$.list[0]", .number(1)),
        ("$.list[-2]", .number(2)), ("$.list[2].x", .string("y")),
    ])
    func aPathNamesOneValue(text: String, value: JSONValue) throws {
        #expect(document[try JSONPath(text)] == value)
    }

    @Test(arguments: [
        "$.nothing", "$.list[3]", "$.list[-4]", "$.version.x", "$.version[0]", "$.db[0]",
        "$.list.x",
    ])
    func whatIsNotThereIsNil(text: String) throws {
        #expect(document[try JSONPath(text)] == nil)
    }

    @Test func theRootIsTheWhole() throws {
        #expect(document[try JSONPath("$")] == document)
    }

    @Test(arguments: [
        ("", 0), ("version", 0), (".version", 0), ("$version", 1), ("$.", 2), ("$..x", 2),
        ("$.*", 2), ("$[*]", 2), ("$[?@.a]", 2), ("$[:2]", 2), ("$[1:2]", 3), ("$[", 2),
        ("$['a", 4), ("$['a'", 5), ("$[a]", 2), ("$[01]", 2), ("$[-0]", 2), ("$[-]", 2),
        ("$[99999999999999999999]", 2), ("$[-9223372036854775808]", 2), ("$.a b", 3),
        ("$['a','b']", 5), ("$.1a", 2),
        (#"$['a\n']"#, 5), (#"$['\u0041']"#, 4), (#"$['a\"#, 5),
    ])
    func whatIsNoSingularQueryIsRefusedWithItsPlace(text: String, offset: Int) {
        let error = #expect(throws: JSONPath.ParseError.self) { try JSONPath(text) }
        #expect(error?.offset == offset)
        #expect(!(error?.message.isEmpty ?? true))
    }

    @Test func scalarsHaveAPlainText() {
        #expect(JSONValue.number(3).scalarText == "3")
        #expect(JSONValue.number(1.5).scalarText == "1.5")
        #expect(JSONValue.number(1e300).scalarText == "1e+300")
        #expect(JSONValue.bool(true).scalarText == "true")
        #expect(JSONValue.string("x").scalarText == "x")
        #expect(JSONValue.null.scalarText == nil)
        #expect(JSONValue.array([]).scalarText == nil)
    }

    @Test func jsonIsReadAsItIs() throws {
        let text = #"{"a":[1,true,null,"x",{"b":0.5}],"one":1,"yes":true}"#
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        #expect(
            value
                == .object([
                    "a": .array([
                        .number(1), .bool(true), .null, .string("x"), .object(["b": .number(0.5)]),
                    ]), "one": .number(1), "yes": .bool(true),
                ]))
        let again = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
        #expect(again == value)
    }
}
