// Closed slices of latencies in one piece of memory. A probe leaves a value or two per slice and a
// busy stream some hundred bins: as single objects the former would be mostly overhead, and
// unpacked the latter would be ten times as large.

/// Packed sketches by slice number, ascending, one behind the other.
struct PackedSlices: Hashable, Sendable {
    /// Number of the slice (8 bytes), then the size of what follows (4 bytes).
    private static let headSize = 12

    private var bytes: [UInt8] = []
    /// What lies before has been taken out: at every second something is, and what is behind it is
    /// moved up only now and then.
    private var start = 0
    private(set) var count = 0
    private(set) var last: Int64?

    private var isEmpty: Bool { start == bytes.count }

    var first: Int64? { isEmpty ? nil : head(at: start).number }

    private func head(at offset: Int) -> (number: Int64, size: Int) {
        bytes.withUnsafeBytes { bytes in
            (
                Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self)),
                Int(
                    UInt32(
                        littleEndian: bytes.loadUnaligned(
                            fromByteOffset: offset + 8, as: UInt32.self)))
            )
        }
    }

    private func body(at offset: Int, size: Int) -> ArraySlice<UInt8> {
        bytes[offset + Self.headSize..<offset + Self.headSize + size]
    }

    private func sketch(at offset: Int, size: Int) -> LatencySketch {
        guard let sketch = LatencySketch(packed: body(at: offset, size: size)) else {
            preconditionFailure("what was packed here can be unpacked")
        }
        return sketch
    }

    private static func entry(_ number: Int64, _ sketch: LatencySketch) -> [UInt8] {
        var entry: [UInt8] = []
        entry.reserveCapacity(sizeOfFew(sketch))
        write(number, sketch, behind: &entry)
        return entry
    }

    /// Enough for a few values, which is what most slices are.
    private static func sizeOfFew(_ sketch: LatencySketch) -> Int {
        headSize + 1 + 8 * Swift.min(sketch.count, LatencySketch.exactLimit)
    }

    private static func write(
        _ number: Int64, _ sketch: LatencySketch, behind bytes: inout [UInt8]
    ) {
        let start = bytes.count
        bytes.append(fixed: UInt64(bitPattern: number))
        for _ in 0..<headSize - 8 { bytes.append(0) }
        sketch.pack(into: &bytes)
        let size = bytes.count - start - headSize
        for byte in 0..<headSize - 8 {
            bytes[start + 8 + byte] = UInt8(truncatingIfNeeded: size >> (8 * byte))
        }
    }

    /// Behind all others.
    mutating func append(_ number: Int64, _ sketch: LatencySketch) {
        if sketch.isExact {
            makeRoom(for: bytes.count + Self.sizeOfFew(sketch))
            Self.write(number, sketch, behind: &bytes)
        } else {
            replace(bytes.count..<bytes.count, with: Self.entry(number, sketch))
        }
        count += 1
        last = number
    }

    /// Into the slice of that number, wherever it is.
    mutating func merge(_ sketch: LatencySketch, into number: Int64) {
        guard let last, number <= last else { return append(number, sketch) }
        var offset = start
        while offset < bytes.count {
            let (found, size) = head(at: offset)
            if found < number {
                offset += Self.headSize + size
                continue
            }
            if found == number {
                var merged = self.sketch(at: offset, size: size)
                merged.merge(sketch)
                replace(
                    offset..<offset + Self.headSize + size, with: Self.entry(number, merged))
            } else {
                replace(offset..<offset, with: Self.entry(number, sketch))
                count += 1
            }
            return
        }
    }

    /// Takes out what comes before that number, also of the total.
    mutating func drop(before number: Int64, from total: inout LatencySketch) {
        while start < bytes.count {
            let (found, size) = head(at: start)
            guard found < number else { break }
            subtract(at: start, size: size, from: &total)
            start += Self.headSize + size
            count -= 1
        }
        if isEmpty { last = nil }
        guard start * 8 > bytes.count else { return }
        replace(0..<start, with: [])
        start = 0
    }

    /// Few values are not unpacked for it: one slice or another leaves its window at every second.
    private func subtract(at offset: Int, size: Int, from total: inout LatencySketch) {
        let isDone = bytes.withUnsafeBytes { bytes in
            let start = offset + Self.headSize
            guard let values = PackedValues(.init(rebasing: bytes[start..<start + size])) else {
                return false
            }
            total.subtract(bitPatterns: values)
            return true
        }
        if !isDone { total.subtract(sketch(at: offset, size: size)) }
    }

    func forEach(_ body: (_ number: Int64, _ sketch: LatencySketch) -> Void) {
        forEachEntry { body($0, sketch(at: $1, size: $2)) }
    }

    /// The largest value of all; nil: there is none. Seconds.
    /// - Parameter limit: none is larger, so that one as large ends the search; nil: nobody knows.
    func maximum(upTo limit: Double?) -> Double? {
        var maximum: Double?
        var offset = start
        while offset < bytes.count, maximum == nil || maximum != limit {
            let size = head(at: offset).size
            let value = LatencySketch.maximum(packed: body(at: offset, size: size))
            maximum = Swift.max(maximum ?? value, value)
            offset += Self.headSize + size
        }
        return maximum
    }

    private func forEachEntry(_ body: (_ number: Int64, _ offset: Int, _ size: Int) -> Void) {
        var offset = start
        while offset < bytes.count {
            let (number, size) = head(at: offset)
            body(number, offset, size)
            offset += Self.headSize + size
        }
    }

    /// With little room to spare: an array that grows by itself doubles.
    private mutating func replace(_ range: Range<Int>, with new: [UInt8]) {
        let needed = bytes.count - range.count + new.count
        makeRoom(for: needed)
        bytes.replaceSubrange(range, with: new)
        if bytes.capacity > 2 * needed + 256 {
            bytes = needed == 0 ? [] : Array(ArraySlice(bytes))
        }
    }

    private mutating func makeRoom(for needed: Int) {
        if needed > bytes.capacity { bytes.reserveCapacity(needed + needed / 8) }
    }
}

extension PackedSlices {
    static func == (a: Self, b: Self) -> Bool {
        a.count == b.count && a.last == b.last && a.bytes[a.start...] == b.bytes[b.start...]
    }

    func hash(into hasher: inout Hasher) { hasher.combine(bytes[start...]) }
}

extension PackedSlices: Codable {
    /// Base64.
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let bytes = Base64.decode(try container.decode(String.self)), check(bytes) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "the slices of latencies make no sense")
        }
        self.bytes = bytes
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Base64.encode(Array(bytes[start...])))
    }

    /// Whether every part of this can be read; notes how many slices there are, and the last.
    private mutating func check(_ bytes: [UInt8]) -> Bool {
        var reader = ByteReader(bytes)
        while reader.remaining > 0 {
            guard let bits = reader.fixed() else { return false }
            var size = 0
            for shift in stride(from: 0, to: 32, by: 8) {
                guard let byte = reader.byte() else { return false }
                size |= Int(byte) << shift
            }
            let number = Int64(bitPattern: bits)
            let offset = bytes.count - reader.remaining
            guard size > 0, size <= reader.remaining, last.map({ $0 < number }) ?? true,
                LatencySketch(packed: bytes[offset..<offset + size]) != nil
            else { return false }
            reader.skip(size)
            last = number
            count += 1
        }
        return true
    }
}
