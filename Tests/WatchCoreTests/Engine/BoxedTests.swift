import Foundation
import Testing

@testable import WatchCore

@Suite("Boxed optionals")
struct BoxedTests {
    private struct Holder: Hashable, Codable {
        @Boxed var text: String?
        @Boxed var other: String?
    }

    private struct Plain: Codable {
        var text: String?
        var other: String?
    }

    @Test("One behaves as the optional it stands for")
    func optional() {
        var holder = Holder(text: "a", other: nil)
        let copy = holder
        holder.text? += "b"
        holder.other? += "c"
        #expect(holder.text == "ab")
        #expect(holder.other == nil)
        #expect(copy.text == "a", "a copy is not changed with it")
        #expect(copy != holder)
        holder.text = nil
        #expect(holder == Holder(text: nil, other: nil))
        #expect(holder.$text.isEmpty, "what was taken out leaves nothing behind")
        holder.text = "c"
        holder.text?.append("d")
        #expect(holder == Holder(text: "cd", other: nil))
        #expect(holder.hashValue == Holder(text: "cd", other: nil).hashValue)
        #expect(holder.$text.peek { $0.count } == 2)
        #expect(holder.$other.peek { $0.count } == nil)
    }

    @Test("It is stored as the optional would be, so that older records can be read and written")
    func stored() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        for text in ["x", nil] {
            let boxed = try encoder.encode(Holder(text: text, other: nil))
            #expect(boxed == (try encoder.encode(Plain(text: text, other: nil))))
            #expect(try JSONDecoder().decode(Holder.self, from: boxed).text == text)
            #expect(try JSONDecoder().decode(Plain.self, from: boxed).text == text)
        }
        let null = Data(#"{"text":null}"#.utf8)
        #expect(try JSONDecoder().decode(Holder.self, from: null).text == nil)
    }
}
