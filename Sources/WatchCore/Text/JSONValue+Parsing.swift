// Bytes as JSON (RFC 8259), in one pass. The library's decoder has to guess the kind of each value
// by failing at the others, which takes seconds for a megabyte that a target can send every few
// seconds; and it would do so on a thread that others need.

extension JSONValue {
    /// Nil when the bytes are no JSON document, or one nested more than 128 deep.
    public init?(body: [UInt8]) {
        let value = body.withUnsafeBufferPointer { bytes in
            var parser = JSONParser(bytes: bytes)
            return parser.document()
        }
        guard let value else { return nil }
        self = value
    }
}

/// Each function begins at what it is named after and moves behind it; nil or false: it was not
/// there.
struct JSONParser {
    static let depthLimit = 128

    let bytes: UnsafeBufferPointer<UInt8>
    var at = 0
    var depth = 0

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func document() -> JSONValue? {
        guard let value = value() else { return nil }
        skipSpace()
        return at == bytes.count ? value : nil
    }

    var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

    mutating func skipSpace() {
        while let byte, byte == 32 || (9...10).contains(byte) || byte == 13 { at += 1 }
    }

    /// Steps over `expected` after white space.
    mutating func take(_ expected: Unicode.Scalar) -> Bool {
        skipSpace()
        guard let byte, UInt32(byte) == expected.value else { return false }
        at += 1
        return true
    }

    mutating func value() -> JSONValue? {
        skipSpace()
        switch byte {
        case UInt8(ascii: "{"): return nested { $0.object() }
        case UInt8(ascii: "["): return nested { $0.array() }
        case UInt8(ascii: "\""): return string().map { .string($0) }
        case UInt8(ascii: "t"): return word("true", .bool(true))
        case UInt8(ascii: "f"): return word("false", .bool(false))
        case UInt8(ascii: "n"): return word("null", .null)
        case nil: return nil
        default: return number()
        }
    }

    mutating func nested<Found>(_ parse: (inout Self) -> Found?) -> Found? {
        guard depth < Self.depthLimit else { return nil }
        depth += 1
        defer { depth -= 1 }
        at += 1
        return parse(&self)
    }

    private mutating func object() -> JSONValue? {
        var members: [String: JSONValue] = [:]
        if take("}") { return .object(members) }
        repeat {
            skipSpace()
            guard byte == UInt8(ascii: "\""), let name = string(), take(":"), let value = value()
            else { return nil }
            members[name] = value
        } while take(",")
        return take("}") ? .object(members) : nil
    }

    private mutating func array() -> JSONValue? {
        var items: [JSONValue] = []
        if take("]") { return .array(items) }
        repeat {
            guard let value = value() else { return nil }
            items.append(value)
        } while take(",")
        return take("]") ? .array(items) : nil
    }

    mutating func word<Found>(_ text: StaticString, _ value: Found) -> Found? {
        let end = at + text.utf8CodeUnitCount
        guard end <= bytes.count else { return nil }
        for index in 0..<(end - at) where bytes[at + index] != text.utf8Start[index] { return nil }
        at = end
        return value
    }

    // MARK: - Numbers

    mutating func number() -> JSONValue? {
        let start = at
        guard numberText() != nil else { return nil }
        if let value = shortNumber(start..<at) { return .number(value) }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self)
        guard let value = Double(text), value.isFinite else { return nil }
        return .number(value)
    }

    /// Whole numbers up to 2^53 and powers of ten up to 10^22 are exact, so that the quotient of
    /// two is rounded once, as it should be (Clinger, "How to Read Floating Point Numbers
    /// Accurately", 1990). Nil: it is longer, or has an exponent.
    private func shortNumber(_ range: Range<Int>) -> Double? {
        guard range.count <= 15 else { return nil }
        var (whole, scale, isFraction) = (Int64(0), 1.0, false)
        for byte in bytes[range] {
            switch byte {
            case 48...57:
                whole = whole * 10 + Int64(byte - 48)
                if isFraction { scale *= 10 }
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "-"): continue
            default: return nil
            }
        }
        let value = Double(whole) / scale
        return bytes[range.lowerBound] == UInt8(ascii: "-") ? -value : value
    }

    mutating func skipNumber() -> Bool {
        let start = at
        guard let hasExponent = numberText() else { return false }
        // Those may be too large to be any number, and then the document is none.
        guard hasExponent || at - start > 300 else { return true }
        at = start
        return number() != nil
    }

    /// Whether there is an exponent.
    private mutating func numberText() -> Bool? {
        if byte == UInt8(ascii: "-") { at += 1 }
        let whole = digits()
        guard whole > 0, whole == 1 || bytes[at - whole] != UInt8(ascii: "0") else { return nil }
        if byte == UInt8(ascii: ".") {
            at += 1
            guard digits() > 0 else { return nil }
        }
        guard byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") else { return false }
        at += 1
        if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { at += 1 }
        return digits() > 0 ? true : nil
    }

    private mutating func digits() -> Int {
        let start = at
        while let byte, (48...57).contains(byte) { at += 1 }
        return at - start
    }

    // MARK: - Strings

    mutating func string() -> String? {
        at += 1
        let start = at
        stepOverPlainText()
        if byte == UInt8(ascii: "\"") {
            at += 1
            let text = UnsafeBufferPointer(rebasing: bytes[start..<(at - 1)])
            return String(validating: text, as: UTF8.self)
        }
        return string(beginning: Array(bytes[start..<at]))
    }

    func isPlain(_ byte: UInt8) -> Bool {
        byte >= 32 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    mutating func stepOverPlainText() {
        while at < bytes.count, isPlain(bytes[at]) { at += 1 }
    }

    /// One with escapes, from the first of them on.
    private mutating func string(beginning: [UInt8]) -> String? {
        var text = beginning
        while let byte {
            switch byte {
            case UInt8(ascii: "\""):
                at += 1
                return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                at += 1
                guard let scalar = escape() else { return nil }
                text.append(contentsOf: Array(String(scalar).utf8))
            case 0..<32: return nil
            default:
                text.append(byte)
                at += 1
            }
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard let byte else { return nil }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return unicode()
        default: return nil
        }
    }

    /// Characters beyond the first plane come as a pair of surrogates (RFC 8259 §7). Of half a pair
    /// (somebody has cut a text in the middle of one) U+FFFD is made.
    private mutating func unicode() -> Unicode.Scalar? {
        guard let first = hexadecimal() else { return nil }
        guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
        let afterFirst = at
        guard bytes[at...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else {
            return "\u{FFFD}"
        }
        at += 2
        guard let low = hexadecimal() else { return nil }
        guard (0xDC00..<0xE000).contains(low) else {
            at = afterFirst
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (low - 0xDC00))
    }

    private mutating func hexadecimal() -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte else { return nil }
            switch byte {
            case 48...57: value = value << 4 | UInt32(byte - 48)
            case 65...70: value = value << 4 | UInt32(byte - 55)
            case 97...102: value = value << 4 | UInt32(byte - 87)
            default: return nil
            }
            at += 1
        }
        return value
    }
}
