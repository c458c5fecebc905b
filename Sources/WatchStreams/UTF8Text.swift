// Whether bytes are UTF-8 (RFC 3629 §4): most lines are ASCII, which is seen at once.

enum UTF8Text {
    static func isValid(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let base = text.baseAddress else { return true }
        var at = 0
        while at < text.count {
            while at + 8 <= text.count,
                (base + at).loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                at += 8
            }
            guard at < text.count else { return true }
            let length = length(text, at)
            guard length > 0 else { return false }
            at += length
        }
        return true
    }

    /// Bytes of the character at `at`; 0: it is none.
    private static func length(_ text: UnsafeRawBufferPointer, _ at: Int) -> Int {
        let first = text[at]
        let rest = text.count - at
        switch first {
        case 0..<0x80: return 1
        case 0xC2...0xDF: return rest >= 2 && isTail(text[at + 1]) ? 2 : 0
        case 0xE0...0xEF:
            guard rest >= 3, isTail(text[at + 1]), isTail(text[at + 2]) else { return 0 }
            // Not longer than need be; no surrogates.
            if first == 0xE0, text[at + 1] < 0xA0 { return 0 }
            return first == 0xED && text[at + 1] > 0x9F ? 0 : 3
        case 0xF0...0xF4:
            guard rest >= 4, isTail(text[at + 1]), isTail(text[at + 2]), isTail(text[at + 3])
            else { return 0 }
            if first == 0xF0, text[at + 1] < 0x90 { return 0 }
            return first == 0xF4 && text[at + 1] > 0x8F ? 0 : 4
        default: return 0
        }
    }

    private static func isTail(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
