// Bytes as JSON (RFC 8259), in one pass. The library's decoder has to guess the kind of each value
// by failing at the others, which takes seconds for a megabyte that a target can send every few
// seconds; and it would do so on a thread that others need.

extension JSONValue {
    /// Nil when the bytes are no JSON document, or one nested more than 128 deep.
    public init?(body: [UInt8]) {
        var parser = JSONParser(bytes: body)
        guard let value = parser.document() else { return nil }
        self = value
    }
}

private struct JSONParser {
    static let depthLimit = 128

    let bytes: [UInt8]
    var at = 0
    var depth = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() -> JSONValue? {
        guard let value = value() else { return nil }
        skipSpace()
        return at == bytes.count ? value : nil
    }

    private var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipSpace() {
        while let byte, byte == 32 || (9...10).contains(byte) || byte == 13 { at += 1 }
    }

    /// Steps over `expected` after white space.
    private mutating func take(_ expected: Unicode.Scalar) -> Bool {
        skipSpace()
        guard let byte, UInt32(byte) == expected.value else { return false }
        at += 1
        return true
    }

    private mutating func value() -> JSONValue? {
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

    private mutating func nested(_ parse: (inout Self) -> JSONValue?) -> JSONValue? {
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

    private mutating func word(_ text: StaticString, _ value: JSONValue) -> JSONValue? {
        let end = at + text.utf8CodeUnitCount
        guard end <= bytes.count, bytes[at..<end].elementsEqual("\(text)".utf8) else { return nil }
        at = end
        return value
    }

    // MARK: - Numbers

    private mutating func number() -> JSONValue? {
        let start = at
        if byte == UInt8(ascii: "-") { at += 1 }
        let whole = digits()
        guard whole > 0, whole == 1 || bytes[at - whole] != UInt8(ascii: "0") else { return nil }
        if byte == UInt8(ascii: ".") {
            at += 1
            guard digits() > 0 else { return nil }
        }
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            at += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { at += 1 }
            guard digits() > 0 else { return nil }
        }
        guard let value = Double(String(decoding: bytes[start..<at], as: UTF8.self)),
            value.isFinite
        else { return nil }
        return .number(value)
    }

    private mutating func digits() -> Int {
        let start = at
        while let byte, (48...57).contains(byte) { at += 1 }
        return at - start
    }

    // MARK: - Strings

    private mutating func string() -> String? {
        at += 1
        var text: [UInt8] = []
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

    /// Characters beyond the first plane come as a pair of surrogates (RFC 8259 §7).
    private mutating func unicode() -> Unicode.Scalar? {
        guard let high = hexadecimal() else { return nil }
        guard (0xD800..<0xDC00).contains(high) else { return Unicode.Scalar(high) }
        guard byte == UInt8(ascii: "\\") else { return nil }
        at += 1
        guard byte == UInt8(ascii: "u") else { return nil }
        at += 1
        guard let low = hexadecimal(), (0xDC00..<0xE000).contains(low) else { return nil }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
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
