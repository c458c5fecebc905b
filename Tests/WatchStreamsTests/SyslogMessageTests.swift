// Messages of syslog as programs write them, and the bytes they come in.

import Testing
import WatchCore

@testable import WatchStreams

@Suite struct SyslogMessageTests {
    private struct Read: Equatable {
        var level: LogLevel?
        var time: Int64?
        var program: String
        var text: String
    }

    private func read(_ text: String) -> Read { read(Array(text.utf8)) }

    private func read(_ bytes: [UInt8]) -> Read {
        bytes.withUnsafeBytes { bytes in
            let message = SyslogMessage(bytes)
            return Read(
                level: message.level, time: message.time,
                program: String(decoding: bytes[message.program], as: UTF8.self),
                text: String(decoding: bytes[message.text], as: UTF8.self))
        }
    }

    /// 2003-10-11T22:14:15.003Z
    private static let example: Int64 = 1_065_910_455_003_000_000

    @Test func examplesOfRFC5424() {
        #expect(
            read(
                "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - "
                    + "\u{FEFF}'su root' failed for lonvick on /dev/pts/8")
                == Read(
                    level: .critical, time: Self.example, program: "su",
                    text: "'su root' failed for lonvick on /dev/pts/8"))
        #expect(
            read(
                "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 "
                    + #"[exampleSDID@32473 iut="3" eventSource="A\"]pp" eventID="1011"]"#
                    + #"[x@1 a="b"] An event"#
            )
                == Read(level: .notice, time: Self.example, program: "evntslog", text: "An event"))
        #expect(
            read("<165>1 2003-10-11T22:14:15.003Z - - - - [a@1 b=\"c\"]")
                == Read(level: .notice, time: Self.example, program: "", text: ""))
        #expect(read("<0>1 - - - - - -") == Read(level: .emergency, program: "", text: ""))
    }

    @Test func whatProgramsCallRFC3164() {
        for (text, expected) in [
            (
                "<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
                Read(level: .critical, program: "su", text: "'su root' failed")
            ),
            (
                "<13>Feb  5 17:32:18 10.0.0.99 shop[42]: status=503",
                Read(level: .notice, program: "shop", text: "status=503")
            ),
            // nginx: access_log syslog:server=…,nohostname
            (
                "<190>Nov 21 09:30:00 nginx: 10.0.0.1 - - 200",
                Read(level: .info, program: "nginx", text: "10.0.0.1 - - 200")
            ),
            // rsyslog's RSYSLOG_ForwardFormat.
            (
                "<11>2003-10-11T22:14:15.003+00:00 host app: broken\n",
                Read(level: .error, time: Self.example, program: "app", text: "broken")
            ),
            ("<14>just text", Read(level: .info, program: "", text: "just text")),
            ("<14>", Read(level: .info, program: "", text: "")),
        ] {
            #expect(read(text) == expected, "\(text)")
        }
    }

    @Test func whatHasNoPriorityIsText() {
        for text in ["hello", "<>x", "<192>x", "<1234>x", "<1", "< 1>x", ""] {
            #expect(read(text) == Read(program: "", text: text), "\(text)")
        }
        #expect(read("hello\r\n\u{0}").text == "hello")
    }

    @Test func noBytesAreTooStrange() {
        let good = Array(
            #"<165>1 2003-10-11T22:14:15.003Z h app 1 ID47 [a@1 b="c"] text"#.utf8)
        for end in 0...good.count { _ = read(Array(good[..<end])) }
        for index in good.indices {
            var bytes = good
            for byte: UInt8 in [0, 32, 34, 60, 93, 255] {
                bytes[index] = byte
                _ = read(bytes)
            }
        }
    }

    // MARK: - Framing

    private func frames(_ pieces: [[UInt8]]) -> (messages: [String], tooLong: Int, isBroken: Bool) {
        var framing = SyslogFraming()
        var messages: [String] = []
        var tooLong = 0
        for piece in pieces {
            piece.withUnsafeBytes {
                framing.take(
                    $0, { messages.append(String(decoding: $0, as: UTF8.self)) },
                    tooLong: { tooLong += 1 })
            }
        }
        framing.end { messages.append(String(decoding: $0, as: UTF8.self)) }
        return (messages, tooLong, framing.isBroken)
    }

    @Test func messagesAreCountedOrEndWithANewline() {
        let text = "5 <1>ab<2>cd\n\n7 <3>\ne\nf<4>gh\n6 <5>ij\n<6>end"
        let whole = ["<1>ab", "<2>cd", "<3>\ne\nf", "<4>gh", "<5>ij\n", "<6>end"]
        #expect(frames([Array(text.utf8)]).messages == whole)
        // In whatever pieces it comes.
        for size in 1...text.utf8.count {
            let bytes = Array(text.utf8)
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min(bytes.count, $0 + size)])
            }
            let found = frames(pieces)
            #expect(found.messages == whole, "\(size)")
            #expect(!found.isBroken)
        }
    }

    /// Searched anew with each byte, these would take minutes of the thread that all senders share.
    @Test(.timeLimit(.minutes(10)))
    func messagesThatComeByteByByteCostTheirLength() {
        let message = Array("<1>".utf8) + Array(repeating: UInt8(ascii: "x"), count: 60_000)
        let pieces = (Array(repeatElement(message + [10], count: 10).joined())).map { [$0] }
        let found = frames(pieces)
        #expect(found.messages.count == 10)
        #expect(found.messages.allSatisfy { $0.utf8.count == message.count })
    }

    @Test func whatIsTooLongIsSkippedAndCounted() {
        let long = Array(repeating: UInt8(ascii: "x"), count: 100_000)
        let counted = frames([Array("100000 ".utf8) + long + Array("5 <1>ab".utf8)])
        #expect(counted.messages == ["<1>ab"])
        #expect(counted.tooLong == 1)
        let ended = frames([Array("<1>".utf8) + long, long, Array("\n<2>cd\n".utf8)])
        #expect(ended.messages == ["<2>cd"])
        #expect(ended.tooLong == 1)
    }

    /// The text of a message may have a line break in it, and go on with a number.
    @Test func aLineThatBeginsWithANumberIsALengthOnlyBeforeAMessage() {
        let text = "<1>at\n500 Internal Server Error\n2026-11-27 08:00 up\n<2>b\n12\n<3>c\n"
        let whole = [
            "<1>at", "500 Internal Server Error", "2026-11-27 08:00 up", "<2>b", "12", "<3>c",
        ]
        let bytes = Array(text.utf8)
        for size in 1...bytes.count {
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min(bytes.count, $0 + size)])
            }
            let found = frames(pieces)
            #expect(found.messages == whole, "\(size)")
            #expect(!found.isBroken)
        }
    }

    @Test func whatIsNoLengthEndsTheConnection() {
        for text in ["12x <1>ab", "123456789 <1>ab", "0 <1>ab"] {
            let found = frames([Array(text.utf8)])
            #expect(found.isBroken && found.messages.isEmpty, "\(text)")
        }
    }
}
