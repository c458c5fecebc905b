// Observations of one slice, counted.

struct Tally: SliceContent {
    /// Larger counts in a checkpoint are damage.
    static let limit = 1 << 48

    var count = 0
    var errors = 0

    mutating func merge(_ other: Tally) {
        count += other.count
        errors += other.errors
    }

    mutating func subtract(_ other: Tally) {
        count -= other.count
        errors -= other.errors
    }

    mutating func pack() {}
    var isDegraded: Bool { false }
    mutating func mend(from slices: some Sequence<Tally>) {}
}

extension Tally {
    /// `[count, errors]`: there are many of them in a checkpoint.
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let pair = try container.decode([Int].self)
        guard pair.count == 2, (0...Self.limit).contains(pair[0]), (0...pair[0]).contains(pair[1])
        else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\(pair) is no count with its errors")
        }
        self.init(count: pair[0], errors: pair[1])
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode([count, errors])
    }
}
