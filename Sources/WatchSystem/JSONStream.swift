// JSON (RFC 8259) that is written as it is told. The library's encoder makes a tree of objects
// first, which is most of what a checkpoint costs. What is written is read by its decoder.

public enum JSONStream {
    /// - Throws: `EncodingError` for a number that JSON does not have, or what a value throws.
    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        let writer = JSONWriter()
        try writer.write(value, at: [])
        return writer.bytes
    }
}

/// The text so far, and what in it is open. Values are told one after the other: whoever goes on
/// with an object or an array is done with all that is inside it.
final class JSONWriter {
    private enum Kind { case object, array }

    private(set) var bytes: [UInt8] = []
    private var open: [(kind: Kind, isEmpty: Bool)] = []

    /// - Returns: by what the object or array is known from now on.
    func begin(isObject: Bool) -> Int {
        bytes.append(UInt8(ascii: isObject ? "{" : "["))
        open.append((isObject ? .object : .array, true))
        return open.count
    }

    /// Ends what is inside the one of that depth.
    private func close(to depth: Int) {
        while open.count > depth, let last = open.popLast() {
            switch last.kind {
            case .object: bytes.append(UInt8(ascii: "}"))
            case .array: bytes.append(UInt8(ascii: "]"))
            }
        }
    }

    /// Before the next value of the one of that depth.
    func next(at depth: Int) {
        close(to: depth)
        if !open[depth - 1].isEmpty { bytes.append(UInt8(ascii: ",")) }
        open[depth - 1].isEmpty = false
    }

    func key(_ name: String, at depth: Int) {
        next(at: depth)
        write(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// What is of no kind that JSON knows tells itself; if it tells nothing, it is an empty object.
    func write<Value: Encodable>(_ value: Value, at path: [any CodingKey]) throws {
        // Arrays of these are most of a checkpoint.
        if Value.self == Double.self, let number = value as? Double {
            return try write(number, at: path)
        }
        if Value.self == Int.self, let number = value as? Int { return write(number) }
        if Value.self == String.self, let text = value as? String { return write(text) }
        let (depth, count) = (open.count, bytes.count)
        try value.encode(to: StreamEncoder(writer: self, codingPath: path))
        if bytes.count == count { _ = begin(isObject: true) }
        close(to: depth)
    }

    func writeNull() { bytes.append(contentsOf: "null".utf8) }

    func write(_ value: Bool) { bytes.append(contentsOf: (value ? "true" : "false").utf8) }

    func write(_ value: some BinaryInteger) {
        var (rest, start) = (value.magnitude, bytes.count)
        if value < 0 {
            bytes.append(UInt8(ascii: "-"))
            start += 1
        }
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    func write(_ value: Double, at path: [any CodingKey]) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: path, debugDescription: "JSON has no number \(value)"))
        }
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return write(whole) }
        bytes.append(contentsOf: value.description.utf8)
    }

    func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { letters in
            var plain = 0
            for (at, byte) in letters.enumerated() where byte < 32 || byte == 34 || byte == 92 {
                bytes.append(contentsOf: letters[plain..<at])
                plain = at + 1
                escape(byte)
            }
            bytes.append(contentsOf: letters[plain...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        guard byte < 32 else { return bytes.append(byte) }
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(contentsOf: "u00".utf8)
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
    }
}
