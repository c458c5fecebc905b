// One message of syslog: RFC 5424, the older RFC 3164 as programs really write it, or just text.

public import WatchCore

public struct SyslogMessage: Hashable, Sendable {
    /// Of the PRI; nil: it has none.
    public var level: LogLevel?
    /// Nanoseconds since 1970. The stamp of RFC 3164 has neither year nor zone, so it is left out:
    /// the message counts when it is received.
    public var time: Int64?
    /// APP-NAME, or the tag; empty: none.
    public var program: Range<Int> = 0..<0
    /// The text itself.
    public var text: Range<Int> = 0..<0

    /// Everything is a message (RFC 3164 §4.3.3); what has no PRI is all text.
    public init(_ bytes: UnsafeRawBufferPointer) {
        var end = bytes.count
        while end > 0, bytes[end - 1] == 10 || bytes[end - 1] == 13 || bytes[end - 1] == 0 {
            end -= 1
        }
        var reader = Reader(bytes: bytes, at: 0, end: end)
        guard let priority = reader.priority() else {
            text = 0..<end
            return
        }
        level = LogLevel(rawValue: Self.levels[priority % 8])
        let start = reader.at
        if reader.takes("1 "), readStructured(&reader) { return }
        reader.at = start
        readOld(&reader)
    }

    /// Syslog's severities, the worst first (RFC 5424 §6.2.1), as levels.
    private static let levels = [
        LogLevel.emergency, .alert, .critical, .error, .warning, .notice, .info, .debug,
    ].map(\.rawValue)

    // MARK: - RFC 5424 §6

    /// TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID SP STRUCTURED-DATA [SP MSG]
    private mutating func readStructured(_ reader: inout Reader) -> Bool {
        guard let stamp = reader.word(), reader.word() != nil, let name = reader.word(),
            reader.word() != nil, reader.word() != nil, reader.skipData()
        else { return false }
        time = LogTime.iso(reader.bytes, stamp.lowerBound, stamp.upperBound)
        program = reader.isNil(name) ? name.lowerBound..<name.lowerBound : name
        // A byte order mark says that the text is UTF-8.
        if reader.takesBytes([0xEF, 0xBB, 0xBF]) {}
        text = reader.at..<reader.end
        return true
    }

    // MARK: - RFC 3164 §4

    /// `Mmm dd hh:mm:ss HOST TAG[PID]: text`; host and pid may be missing, and the stamp may be
    /// that of RFC 3339.
    private mutating func readOld(_ reader: inout Reader) {
        let start = reader.at
        if reader.skipOldStamp() {
            // Whether a word is the host or the tag, its end tells.
            let mark = reader.at
            if let host = reader.word(), reader.bytes[host.upperBound - 1] == UInt8(ascii: ":") {
                reader.at = mark
            }
        } else if let stamp = reader.word(),
            let time = LogTime.iso(reader.bytes, stamp.lowerBound, stamp.upperBound)
        {
            self.time = time
            _ = reader.word()
        } else {
            reader.at = start
        }
        if let tag = reader.tag() { program = tag }
        text = reader.at..<reader.end
    }

    // MARK: - Bytes

    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var at: Int
        let end: Int

        /// `<0>` … `<191>`
        mutating func priority() -> Int? {
            guard at < end, bytes[at] == UInt8(ascii: "<") else { return nil }
            var next = at + 1
            var value = 0
            while next < end, next <= at + 3, let digit = LogTime.digits(bytes, next, 1) {
                value = value * 10 + digit
                next += 1
            }
            guard next > at + 1, next < end, bytes[next] == UInt8(ascii: ">"), value <= 191 else {
                return nil
            }
            at = next + 1
            return value
        }

        mutating func takes(_ text: StaticString) -> Bool {
            takesBytes(
                Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)))
        }

        mutating func takesBytes(_ wanted: [UInt8]) -> Bool {
            guard at + wanted.count <= end, bytes[at..<at + wanted.count].elementsEqual(wanted)
            else { return false }
            at += wanted.count
            return true
        }

        /// Up to the next space, which is stepped over; nil: there is none.
        mutating func word() -> Range<Int>? {
            let start = at
            var next = at
            while next < end, bytes[next] != 32 { next += 1 }
            guard next > start else { return nil }
            at = Swift.min(next + 1, end)
            return start..<next
        }

        func isNil(_ word: Range<Int>) -> Bool {
            word.count == 1 && bytes[word.lowerBound] == UInt8(ascii: "-")
        }

        /// `-`, or elements `[…]` in which `"`, `\` and `]` of values are escaped.
        mutating func skipData() -> Bool {
            guard at < end else { return false }
            if bytes[at] == UInt8(ascii: "-") {
                at += 1
            } else {
                guard bytes[at] == UInt8(ascii: "[") else { return false }
                while at < end, bytes[at] == UInt8(ascii: "[") {
                    guard skipElement() else { return false }
                }
            }
            guard at < end else { return true }
            guard bytes[at] == 32 else { return false }
            at += 1
            return true
        }

        private mutating func skipElement() -> Bool {
            var isQuoted = false
            while at < end {
                let byte = bytes[at]
                at += 1
                if byte == UInt8(ascii: "\\"), isQuoted {
                    at += 1
                } else if byte == UInt8(ascii: "\"") {
                    isQuoted.toggle()
                } else if byte == UInt8(ascii: "]"), !isQuoted {
                    return true
                }
            }
            at = end
            return false
        }

        /// `Nov 21 09:30:00 `, the day with a space for its first digit.
        mutating func skipOldStamp() -> Bool {
            guard at + 16 <= end, bytes[at + 3] == 32, bytes[at + 6] == 32, bytes[at + 9] == 58,
                bytes[at + 12] == 58, bytes[at + 15] == 32,
                LogTime.digits(bytes, at + 7, 2) != nil
            else { return false }
            at += 16
            return true
        }

        /// `nginx: `, `sshd[42]: `; the colon is stepped over, with the space after it.
        mutating func tag() -> Range<Int>? {
            let start = at
            var next = at
            while next < end, next < start + 64, Self.isTagByte(bytes[next]) { next += 1 }
            let name = start..<next
            guard !name.isEmpty, next < end else { return nil }
            if bytes[next] == UInt8(ascii: "[") {
                while next < end, bytes[next] != UInt8(ascii: "]"), bytes[next] != 32 { next += 1 }
                guard next < end, bytes[next] == UInt8(ascii: "]") else { return nil }
                next += 1
            }
            guard next < end, bytes[next] == UInt8(ascii: ":") else { return nil }
            next += 1
            if next < end, bytes[next] == 32 { next += 1 }
            at = next
            return name
        }

        private static func isTagByte(_ byte: UInt8) -> Bool {
            byte > 32 && byte != 58 && byte != 91 && byte < 127
        }
    }
}
