// Who is affected: how many distinct clients or users there are, and how many of them saw an
// error, without remembering any of them.

/// Distinct values of one field of a stream, by HyperLogLog: exact up to 1023 values, beyond that
/// with a standard error of 1.6 %.
public struct Audience: Hashable, Sendable, Codable {
    private enum CodingKeys: String, CodingKey {
        case everybody = "a"
        case hit = "e"
    }

    private var everybody = HyperLogLog()
    private var hit = HyperLogLog()

    public init() {}

    public var isEmpty: Bool { everybody.isEmpty }

    /// A well-mixed hash of a value, the same in every process: FNV-1a (draft-eastlake-fnv),
    /// finished as in SplitMix64.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ hash >> 27) &* 0x94D0_49BB_1331_11EB
        return hash ^ hash >> 31
    }

    /// One line's value, as a well-mixed hash.
    public mutating func record(hash: UInt64, isError: Bool) {
        everybody.insert(hash)
        if isError { hit.insert(hash) }
    }

    public mutating func merge(_ other: Audience) {
        everybody.merge(other.everybody)
        hit.merge(other.hit)
    }

    /// Estimated distinct values.
    public var all: Double { everybody.estimate }

    /// Estimated distinct values with at least one error; at most `all`.
    public var affected: Double { Swift.min(hit.estimate, everybody.estimate) }
}

/// Audiences of a window. They cannot be subtracted, so the total is merged when it is asked for:
/// all slices but the newest at once and kept, because only the newest changes often.
struct AudienceStore: SliceStore {
    private var slices = SliceList<Audience>()
    /// The union of all slices but the newest; nil: not known.
    private var older: Audience?
    /// The union of all; nil: not known.
    private var total: Audience?

    init() {}

    var extent: (first: Int64, last: Int64, count: Int)? { slices.extent }

    mutating func add(_ content: Audience, to number: Int64) {
        if slices.extent.map({ $0.last != number }) ?? true { older = nil }
        total = nil
        slices.update(number, empty: Audience()) { $0.merge(content) }
    }

    mutating func drop(before number: Int64) {
        while slices.popFirst(before: number) != nil {
            older = nil
            total = nil
        }
    }

    /// The union of all slices.
    mutating func merged() -> Audience {
        if let total { return total }
        guard let newest = slices.newest, let last = slices.extent?.last else {
            return Audience()
        }
        var union = older ?? Audience()
        if older == nil {
            slices.forEach { number, audience in
                if number != last { union.merge(audience) }
            }
            older = union
        }
        union.merge(newest)
        total = union
        return union
    }

    static func == (a: AudienceStore, b: AudienceStore) -> Bool { a.slices == b.slices }
    func hash(into hasher: inout Hasher) { hasher.combine(slices.extent?.last) }

    init(from decoder: any Decoder) throws { slices = try SliceList(from: decoder) }
    func encode(to encoder: any Encoder) throws { try slices.encode(to: encoder) }
}
