import Testing

@testable import watchctl

@Suite struct EventStreamParserTests {
    @Test func eventsAreFoundHoweverTheBytesAreCut() {
        let bytes = Array("retry: 2000\n: gap: 2 to 3\n\nid: 4\nevent: x\ndata: {\"a\":1}\n\n".utf8)
        let expected: [EventStreamParser.Item] = [.comment("gap: 2 to 3"), .data("{\"a\":1}")]
        var whole = EventStreamParser()
        #expect(whole.take(bytes) == expected)
        var single = EventStreamParser()
        #expect(bytes.flatMap { single.take([$0]) } == expected)
    }

    @Test func anEndlessLineIsNotKept() {
        var parser = EventStreamParser()
        let chunk = [UInt8](repeating: 0x78, count: 65_536)
        for _ in 0..<32 { #expect(parser.take(chunk).isEmpty) }
        #expect(parser.take([0x0A]) == [.comment("gap: an event was too long")])
        #expect(parser.take(Array("data: 1\n\n".utf8)) == [.data("1")])
    }
}
