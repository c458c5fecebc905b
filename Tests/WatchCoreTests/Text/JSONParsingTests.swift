import Foundation
import Testing

@testable import WatchCore

@Suite struct JSONParsingTests {
    @Test(
        "what is JSON reads as the library reads it",
        arguments: [
            "null", "true", " false ", "0", "-0", "12.5e-3", "1E+2", #""""#, "[]", "{}",
            #"{"a": [1, 2, {"b": null}], "c": "\u00e9\n\"\\\/\ud83d\ude00é"}"#, "\r\n\t[1 , 2]",
        ])
    func good(text: String) throws {
        let oracle = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        #expect(JSONValue(body: Array(text.utf8)) == oracle)
    }

    @Test(
        "what is no JSON is refused",
        arguments: [
            "", " ", "{", "[1,]", #"{"a":}"#, #"{"a" 1}"#, "{a: 1}", "01", "1.", ".5", "-", "1e",
            "+1", "NaN", "tru", "truex", "[1] 2", #"""#, #""\x""#, #""\ud800\u00""#, #""\ud80""#,
            "\"\u{1}\"", "<html>", "'a'", "[1 2]", "1e999",
        ])
    func bad(text: String) {
        #expect(JSONValue(body: Array(text.utf8)) == nil)
    }

    /// As where a log cut a text in the middle of an emoji; no reason to read nothing of it.
    @Test(
        "half a pair of surrogates is U+FFFD",
        arguments: [
            (#""\ud83d""#, "\u{FFFD}"), (#""a\ude00b""#, "a\u{FFFD}b"),
            (#""\ud800\u0041""#, "\u{FFFD}A"), (#""\ud83d\n""#, "\u{FFFD}\n"),
            (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
        ])
    func half(text: String, read: String) {
        #expect(JSONValue(body: Array(text.utf8)) == .string(read))
    }

    @Test func brokenUTF8IsRefused() {
        #expect(JSONValue(body: [34, 0xC3, 34]) == nil)
    }

    @Test func endlessNestingIsRefusedAndNotFollowed() {
        #expect(JSONValue(body: [UInt8](repeating: UInt8(ascii: "["), count: 1 << 20)) == nil)
        let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(JSONValue(body: Array(deep.utf8)) != nil)
        #expect(JSONValue(body: Array("[\(deep)]".utf8)) == nil)
    }

    /// Short ones are read in another way than long ones.
    @Test func numbersAreTheNearestOnes() {
        var random = SplitMix64(seed: 7)
        var texts = ["0", "-0", "0.1", "12.5", "0.30000000000000", "999999999999999", "-1.00"]
        for _ in 0..<20_000 {
            let digits = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                String(Int.random(in: 0...9, using: &random))
            }
            texts.append(
                (Bool.random(using: &random) ? "-" : "")
                    + String(Int64.random(in: 0...9_999_999_999, using: &random))
                    + (digits.isEmpty ? "" : "." + digits.joined()))
        }
        for text in texts {
            #expect(JSONValue(body: Array(text.utf8)) == Double(text).map { .number($0) })
        }
    }
}
