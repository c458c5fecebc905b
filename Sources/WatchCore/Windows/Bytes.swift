// Numbers in bytes, for what is kept packed.

extension [UInt8] {
    /// Eight bytes, little-endian.
    mutating func append(fixed number: UInt64) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }

    /// The same of each, one behind the other.
    mutating func append(fixed numbers: [UInt64]) {
        guard 1.littleEndian == 1 else { return numbers.forEach { append(fixed: $0) } }
        numbers.withUnsafeBytes { append(contentsOf: $0) }
    }

    /// LEB128: seven bits a byte, the lowest first.
    mutating func append(varint number: UInt64) {
        var rest = number
        while rest > 127 {
            append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }
}

/// Reads what was appended. Everything returns nil at the end of the bytes.
struct ByteReader<Bytes: RandomAccessCollection<UInt8>> {
    private let bytes: Bytes
    private var at: Bytes.Index

    init(_ bytes: Bytes) {
        self.bytes = bytes
        at = bytes.startIndex
    }

    var remaining: Int { bytes.distance(from: at, to: bytes.endIndex) }

    mutating func skip(_ count: Int) {
        at = bytes.index(at, offsetBy: count, limitedBy: bytes.endIndex) ?? bytes.endIndex
    }

    mutating func byte() -> UInt8? {
        guard at < bytes.endIndex else { return nil }
        defer { bytes.formIndex(after: &at) }
        return bytes[at]
    }

    mutating func fixed() -> UInt64? {
        guard remaining >= 8 else { return nil }
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            number |= UInt64(byte() ?? 0) << shift
        }
        return number
    }

    /// As many of them as there are, if the bytes lie in one piece; else nil.
    mutating func allFixed() -> [UInt64]? {
        let count = remaining / 8
        let numbers = bytes[at...].withContiguousStorageIfAvailable { bytes in
            let raw = UnsafeRawBufferPointer(bytes)
            return (0..<count).map {
                UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
            }
        }
        if numbers != nil { skip(8 * count) }
        return numbers
    }

    /// nil also when it does not fit 64 bits.
    mutating func varint() -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = byte() else { return nil }
            if shift == 63, byte > 1 { return nil }
            number |= UInt64(byte & 127) << shift
            if byte < 128 { return number }
        }
        return nil
    }
}
