// Backslash escapes of JSON (RFC 8259 §7), which logfmt's quoted values have too.

enum EscapedText {
    /// Writes the text without escapes and returns its length. A half of a surrogate pair becomes
    /// U+FFFD, an unknown escape the character itself.
    static func decode(
        _ line: UnsafeRawBufferPointer, _ range: Range<Int>,
        into text: UnsafeMutableRawBufferPointer
    ) -> Int {
        var at = range.lowerBound
        var count = 0
        while at < range.upperBound, count < text.count {
            let byte = line[at]
            guard byte == UInt8(ascii: "\\"), at + 1 < range.upperBound else {
                text[count] = byte
                count += 1
                at += 1
                continue
            }
            if line[at + 1] == UInt8(ascii: "u") {
                let scalar = unicode(line, &at, range.upperBound)
                count = append(scalar, to: text, count)
            } else {
                text[count] = single(line[at + 1])
                count += 1
                at += 2
            }
        }
        return count
    }

    private static func single(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "t"): 9
        case UInt8(ascii: "r"): 13
        case UInt8(ascii: "b"): 8
        case UInt8(ascii: "f"): 12
        default: byte
        }
    }

    /// One `\uXXXX`, or a pair of them.
    private static func unicode(
        _ line: UnsafeRawBufferPointer, _ at: inout Int, _ end: Int
    ) -> UInt32 {
        guard let first = hex(line, at + 2, end) else {
            at += 2
            return 0xFFFD
        }
        at += 6
        guard (0xD800..<0xE000).contains(first) else { return first }
        guard first < 0xDC00, at + 1 < end, line[at] == UInt8(ascii: "\\"),
            line[at + 1] == UInt8(ascii: "u"), let second = hex(line, at + 2, end),
            (0xDC00..<0xE000).contains(second)
        else { return 0xFFFD }
        at += 6
        return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    }

    private static func hex(_ line: UnsafeRawBufferPointer, _ at: Int, _ end: Int) -> UInt32? {
        guard at + 4 <= end else { return nil }
        var value: UInt32 = 0
        for index in at..<at + 4 {
            guard let digit = hexDigit(line[index]) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    static func hexDigit(_ byte: UInt8) -> UInt8? {
        if byte &- 48 <= 9 { return byte - 48 }
        let letter = (byte | 32) &- 97
        return letter < 6 ? letter + 10 : nil
    }

    private static func append(
        _ scalar: UInt32, to text: UnsafeMutableRawBufferPointer, _ start: Int
    ) -> Int {
        var count = start
        let character = Unicode.Scalar(scalar) ?? "\u{FFFD}"
        for byte in UTF8.encode(character) ?? UTF8.encodedReplacementCharacter {
            guard count < text.count else { return count }
            text[count] = byte
            count += 1
        }
        return count
    }
}
