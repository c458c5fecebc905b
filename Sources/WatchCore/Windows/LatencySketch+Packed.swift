// A sketch that nothing is expected for, as few bytes: how closed slices, checkpoints and baselines
// keep it. What is read back is checked: a damaged checkpoint is an error, never a crash or a
// wrong percentile.
//
// Few values: their number (1 … 99), then each as the 8 bytes of a double, ascending.
// A histogram: 0, a byte that is 1 when the maximum is exact, the maximum as a double, the sum as
// 16 bytes, the first non-empty bin, and from there on the counts of all bins up to the last that
// is not empty, all as LEB128 numbers; 0 is followed by how many empty bins it stands for. Numbers
// of fixed size are little-endian. Nothing: no bytes.

extension LatencySketch {
    /// Where the maximum lies in a packed histogram.
    private static let maximumOffset = 2

    var packed: [UInt8] {
        var bytes: [UInt8] = []
        pack(into: &bytes)
        return bytes
    }

    /// Puts the packed form behind what is there.
    func pack(into bytes: inout [UInt8]) {
        guard count > 0 else { return }
        if let bits = bitPatterns {
            bytes.reserveCapacity(bytes.count + 1 + 8 * bits.count)
            bytes.append(UInt8(truncatingIfNeeded: bits.count))
            bytes.append(fixed: bits)
            return
        }
        bytes.append(0)
        bytes.append(maximumIsExact ? 1 : 0)
        bytes.append(fixed: (self.max ?? 0).bitPattern)
        bytes.append(fixed: UInt64(truncatingIfNeeded: sum))
        bytes.append(fixed: UInt64(truncatingIfNeeded: sum >> 64))
        var last: Int?
        forEachBin { bin, number in
            if let last {
                if bin - last > 1 {
                    bytes.append(0)
                    bytes.append(varint: UInt64(bin - last - 1))
                }
            } else {
                bytes.append(varint: UInt64(bin))
            }
            bytes.append(varint: number)
            last = bin
        }
    }

    /// nil: the bytes are damaged.
    init?(packed bytes: some RandomAccessCollection<UInt8>) {
        var reader = ByteReader(bytes)
        guard let head = reader.byte() else {
            self.init()
            return
        }
        if head > 0 {
            guard head < Self.exactLimit, reader.remaining == 8 * Int(head) else { return nil }
            if let bits = reader.allFixed() {
                self.init(bitPatterns: bits)
                return
            }
            var bits: [UInt64] = []
            bits.reserveCapacity(Int(head))
            while let value = reader.fixed() { bits.append(value) }
            self.init(bitPatterns: bits)
            return
        }
        guard let flag = reader.byte(), flag <= 1, let maximum = reader.fixed(),
            let low = reader.fixed(), let high = reader.fixed(), let first = reader.varint(),
            first < LatencyBins.count, let bins = Self.bins(from: Int(first), &reader)
        else { return nil }
        self.init(
            bins: bins, sum: Int128(Int64(bitPattern: high)) << 64 | Int128(low),
            maximum: Double(bitPattern: maximum), isExact: flag == 1)
    }

    private static func bins<Bytes: RandomAccessCollection<UInt8>>(
        from first: Int, _ reader: inout ByteReader<Bytes>
    ) -> [(bin: Int, count: UInt64)]? {
        var bins: [(bin: Int, count: UInt64)] = []
        var bin = first
        while reader.remaining > 0 {
            guard bin < LatencyBins.count, let number = reader.varint() else { return nil }
            if number > 0 {
                bins.append((bin, number))
                bin += 1
            } else {
                guard let empty = reader.varint(), (1...UInt64(LatencyBins.count)).contains(empty)
                else { return nil }
                bin += Int(empty)
            }
        }
        return bins
    }

    /// The maximum of a packed sketch, without unpacking it; seconds.
    static func maximum(packed bytes: some RandomAccessCollection<UInt8>) -> Double {
        guard let head = bytes.first else { return 0 }
        let offset = head > 0 ? 1 + 8 * (Int(head) - 1) : maximumOffset
        var reader = ByteReader(bytes.dropFirst(offset))
        return reader.fixed().map { Double(bitPattern: $0) } ?? 0
    }
}

/// The bit patterns of a packed sketch of few values, where they lie.
struct PackedValues: RandomAccessCollection {
    private let bytes: UnsafeRawBufferPointer
    let endIndex: Int

    /// nil: it is no sketch of few values.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let head = bytes.first, head > 0, bytes.count == 1 + 8 * Int(head) else { return nil }
        self.bytes = bytes
        endIndex = Int(head)
    }

    var startIndex: Int { 0 }

    subscript(place: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 1 + 8 * place, as: UInt64.self))
    }
}

extension LatencySketch: Codable {
    /// Base64 of `packed`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let bytes = Base64.decode(try container.decode(String.self)),
            let sketch = LatencySketch(packed: bytes)
        else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "the latencies make no sense")
        }
        self = sketch
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Base64.encode(packed))
    }
}
