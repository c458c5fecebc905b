// Observations of one slice, counted.

struct Tally: Hashable, Sendable {
    /// Larger counts in a checkpoint are damage.
    static let limit = 1 << 48

    var count = 0
    var errors = 0

    mutating func add(_ other: Tally) {
        count &+= other.count
        errors &+= other.errors
    }

    mutating func subtract(_ other: Tally) {
        count &-= other.count
        errors &-= other.errors
    }
}

extension Tally: Codable {
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

/// Counts with their errors; also lines of which some do not parse, lines that match, restarts.
struct TallyStore: SliceStore {
    private var slices = SliceList<Tally>()
    private(set) var total = Tally()

    init() {}

    var extent: (first: Int64, last: Int64, count: Int)? { slices.extent }

    mutating func add(_ content: Tally, to number: Int64) {
        total.add(content)
        slices.update(number, empty: Tally()) { $0.add(content) }
    }

    func forEach(_ body: (_ number: Int64, _ tally: Tally) -> Void) { slices.forEach(body) }

    mutating func drop(before number: Int64) {
        while let oldest = slices.popFirst(before: number) { total.subtract(oldest) }
    }

    /// The total is computed anew, so that it cannot disagree with the slices.
    init(from decoder: any Decoder) throws {
        slices = try SliceList(from: decoder)
        slices.forEach { total.add($1) }
    }

    func encode(to encoder: any Encoder) throws { try slices.encode(to: encoder) }
}
