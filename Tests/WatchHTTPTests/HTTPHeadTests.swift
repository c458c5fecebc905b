import Testing

@testable import WatchHTTP

@Suite struct HTTPHeadTests {
    private func head(_ lines: [String]) -> HTTPHead {
        var head = HTTPHead()
        for line in lines {
            var line = line
            line.withUTF8 { head.append(line: UnsafeRawBufferPointer($0)) }
        }
        return head
    }

    @Test func headersAreReadAsTheyCame() {
        let head = head([
            "HTTP/1.1 200 OK\r\n", "A: 1\r\n", "b:\t two words \t\r\n", "C:\n", "no header\r\n",
            "D: x:y\r\n", "E: last",
        ])
        #expect(
            head.all == [
                HTTPHeader("A", "1"), HTTPHeader("b", "two words"), HTTPHeader("C", ""),
                HTTPHeader("D", "x:y"), HTTPHeader("E", "last"),
            ])
        #expect(head.first("B") == "two words" && head.first("e") == "last")
        #expect(head.first("no header") == nil && head.first("") == nil)
    }

    @Test func theFirstOfSeveralCounts() {
        let head = head(["X: 1\r\n", "Y: 2\r\n", "x: 3\r\n"])
        #expect(head.first("X") == "1")
        #expect(head.matching { $0.elementsEqual("Y".utf8) } == [HTTPHeader("Y", "2")])
    }

    @Test func whatIsNoTextIsMadeOne() {
        var head = HTTPHead()
        [UInt8]([0x58, 0x3A, 0xFF, 0x0D, 0x0A]).withUnsafeBytes { head.append(line: $0) }
        #expect(head.first("x") != nil)
        head.removeAll()
        #expect(head.all.isEmpty)
    }
}
