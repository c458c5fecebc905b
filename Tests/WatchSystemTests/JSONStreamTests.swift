// What is streamed is what the library's decoder reads back, and its encoder would have said.

import Foundation
import Testing
import WatchSystem

@Suite struct JSONStreamTests {
    private enum Kind: String, Codable, Hashable {
        case plain
        case odd = "q\"\\/\n\u{1}é"
    }

    private enum Choice: Codable, Hashable {
        case number(Int)
        case both(name: String, Part?)
        case nothing
    }

    private struct Part: Codable, Hashable {
        var number = -5
        var absent: String?
        var figures = [0.1, 2, -3e-10, 1e300, -0.5, 9_007_199_254_740_992]
        var parts: [String: Part] = [:]
        var kind = Kind.odd
        var large = UInt64.max
        var small = Int64.min
        var holes: [Int?] = [1, nil]
        var byKind: [Kind: Int] = [.plain: 1]
        var byNumber: [Int: String] = [7: "seven"]
        var nested: [[[Bool]]] = [[], [[true, false]]]
        var isOn = false
        var choices: [Choice] = []
    }

    private struct Silent: Codable, Hashable {}

    private var whole: Part {
        var part = Part()
        part.parts = ["": Part(), "k\"": Part()]
        part.absent = "here\t"
        part.choices = [.number(.max), .both(name: "", Part()), .both(name: "x", nil), .nothing]
        return part
    }

    private func twice<Value: Codable>(_ value: Value) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(try JSONStream.encode(value)))
    }

    @Test func whatIsWrittenIsReadBack() throws {
        #expect(try twice(whole) == whole)
        #expect(try twice([whole, Part()]) == [whole, Part()])
        #expect(try twice([String: Part]()) == [:])
        #expect(try twice([Silent()]) == [Silent()])
        #expect(try twice(Kind.odd) == .odd)
        #expect(try twice([Int]()) == [])
    }

    /// As data, the library's encoder says the same.
    @Test func itIsTheSameDocument() throws {
        func object(_ bytes: Data) throws -> NSDictionary {
            try #require(JSONSerialization.jsonObject(with: bytes) as? NSDictionary)
        }
        #expect(
            try object(Data(JSONStream.encode(whole))) == object(JSONEncoder().encode(whole)))
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func whatIsNoNumberIsRefused(value: Double) {
        #expect(throws: EncodingError.self) { try JSONStream.encode([value]) }
    }

    /// Whoever goes on with the outer one is done with the inner ones.
    @Test func containersWithinContainersEnd() throws {
        struct Nesting: Encodable {
            enum Key: String, CodingKey { case a, b, c }

            func encode(to encoder: any Encoder) throws {
                var outer = encoder.container(keyedBy: Key.self)
                var list = outer.nestedUnkeyedContainer(forKey: .a)
                var inner = list.nestedContainer(keyedBy: Key.self)
                try inner.encode(1, forKey: .b)
                try list.encode("x")
                _ = list.nestedUnkeyedContainer()
                try list.encodeNil()
                try outer.encodeNil(forKey: .b)
                var last = outer.superEncoder(forKey: .c).singleValueContainer()
                try last.encode(true)
            }
        }
        let text = String(decoding: try JSONStream.encode(Nesting()), as: UTF8.self)
        #expect(text == #"{"a":[{"b":1},"x",[],null],"b":null,"c":true}"#)
    }
}
