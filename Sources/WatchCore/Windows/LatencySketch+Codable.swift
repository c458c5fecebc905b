// Sketches go into checkpoints, so they are written small: values as they are, else only the
// non-empty bins; everything that follows from these is computed when read. What is read back is
// checked: a damaged checkpoint is an error, never a crash or a wrong percentile.

extension LatencySketch: Codable {
    private enum Key: String, CodingKey {
        /// Values in seconds, while there are fewer than 100.
        case values = "v"
        /// Distance from the bin before (the first: from 0), count, distance, count, …
        case bins = "b"
        /// Sum of the values: whole seconds, nanoseconds.
        case sum = "s"
        case max = "m"
        /// Present, false: `max` is that of a bin.
        case maxIsExact = "x"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let values = try container.decodeIfPresent([Double].self, forKey: .values) {
            guard values.count < Self.exactLimit else {
                throw DecodingError.dataCorruptedError(
                    forKey: .values, in: container, debugDescription: "too many values")
            }
            self.init()
            for value in values { record(seconds: value) }
            return
        }
        let flat = try container.decode([Int].self, forKey: .bins)
        let sum = try container.decode([Int64].self, forKey: .sum)
        let max = try container.decode(Double.self, forKey: .max)
        let isExact = try container.decodeIfPresent(Bool.self, forKey: .maxIsExact) ?? true
        guard flat.count.isMultiple(of: 2), flat.count <= 2 * LatencyBins.count, sum.count == 2,
            let bins = Self.bins(flat),
            let sketch = LatencySketch(
                bins: bins, sum: Int128(sum[0]) * 1_000_000_000 + Int128(sum[1]), maximum: max,
                isExact: isExact)
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .bins, in: container, debugDescription: "the histogram makes no sense")
        }
        self = sketch
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        guard form != .values else {
            try container.encode(cells.map { Double(bitPattern: $0) }, forKey: .values)
            return
        }
        var flat: [Int] = []
        var last = 0
        forEachBin { bin, number in
            flat += [bin - last, Int(number)]
            last = bin
        }
        try container.encode(flat, forKey: .bins)
        let (seconds, rest) = sum.quotientAndRemainder(dividingBy: 1_000_000_000)
        try container.encode(
            [Int64(clamping: seconds), Int64(truncatingIfNeeded: rest)], forKey: .sum)
        try container.encode(maximum, forKey: .max)
        if !maximumIsExact { try container.encode(false, forKey: .maxIsExact) }
    }

    private static func bins(_ flat: [Int]) -> [(bin: Int, count: UInt64)]? {
        var bins: [(bin: Int, count: UInt64)] = []
        var bin = 0
        for index in stride(from: 0, to: flat.count, by: 2) {
            guard (0..<LatencyBins.count).contains(flat[index]), flat[index + 1] > 0 else {
                return nil
            }
            bin += flat[index]
            bins.append((bin, UInt64(flat[index + 1])))
        }
        return bins
    }
}

extension LatencySketch: Hashable {
    /// Equal content is equal, however it is kept.
    public static func == (a: LatencySketch, b: LatencySketch) -> Bool {
        guard a.count == b.count, a.sum == b.sum, a.maximum == b.maximum else { return false }
        if a.form == b.form { return a.cells == b.cells }
        if a.form == .values || b.form == .values { return false }
        return a.sparseCells == b.sparseCells
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        hasher.combine(sum)
        hasher.combine(maximum)
    }

    private var sparseCells: [UInt64] {
        var result: [UInt64] = []
        forEachBin { result.append(UInt64($0) << 48 | $1) }
        return result
    }
}
