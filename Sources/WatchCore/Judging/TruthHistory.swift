// In which of the last seconds a rule's expression was true: what `for` asks. An unbroken `for` is
// reset by one good sample, so that an outage with gaps never fires (SRE Workbook, table 5-3);
// this one wants most of the seconds.

/// A bit for each of the last `length` whole seconds; those nobody judged count as not true.
struct TruthHistory: Hashable, Sendable {
    /// The longest `for`; a bit for each of its seconds is 32 KB.
    static let longest = Duration.days(3)
    /// So much of the span must have been true.
    static let share = 0.9

    /// Seconds remembered.
    let length: Int
    private var words: [UInt64]
    /// The latest second noted; nil: none yet.
    private var last: Int64?
    private(set) var trueSeconds = 0

    init(span: Duration) {
        length = Self.seconds(span)
        words = [UInt64](repeating: 0, count: (length + 63) / 64)
    }

    /// Whole seconds of a span; at least one.
    static func seconds(_ span: Duration) -> Int {
        let bounded = Swift.min(longest, span).nanoseconds
        return Swift.max(1, Int((bounded + 999_999_999) / 1_000_000_000))
    }

    /// True in at least 90 % of the seconds.
    var isSustained: Bool { trueSeconds * 10 >= length * 9 }

    /// The first judgement of a second is that second's; time does not go back here.
    mutating func note(_ isTrue: Bool, second: Int64) {
        guard let last else {
            self.last = second
            if isTrue { set(second) }
            return
        }
        guard second > last else { return }
        forget(after: last, upTo: second)
        self.last = second
        if isTrue { set(second) }
    }

    /// Seconds that come into the span begin as not true.
    private mutating func forget(after last: Int64, upTo second: Int64) {
        guard second - last < Int64(length) else {
            for index in words.indices { words[index] = 0 }
            trueSeconds = 0
            return
        }
        for passed in (last + 1)...second {
            let (word, bit) = place(passed)
            if words[word] & bit != 0 {
                words[word] &= ~bit
                trueSeconds -= 1
            }
        }
    }

    private mutating func set(_ second: Int64) {
        let (word, bit) = place(second)
        words[word] |= bit
        trueSeconds += 1
    }

    private func place(_ second: Int64) -> (word: Int, bit: UInt64) {
        let rest = Int(second % Int64(length))
        let index = rest < 0 ? rest + length : rest
        return (index / 64, 1 << UInt64(index % 64))
    }

    /// The same seconds in a span of another length, as far as that reaches.
    func resized(to span: Duration) -> TruthHistory {
        var other = TruthHistory(span: span)
        guard let last else { return other }
        let kept = Int64(Swift.min(length, other.length))
        for second in (last - kept + 1)...last {
            let (word, bit) = place(second)
            other.note(words[word] & bit != 0, second: second)
        }
        return other
    }
}

extension TruthHistory: Codable {
    private enum CodingKeys: String, CodingKey {
        case length, words, last
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        length = try container.decode(Int.self, forKey: .length)
        words = try container.decode([UInt64].self, forKey: .words)
        last = try container.decodeIfPresent(Int64.self, forKey: .last)
        let bits = words.reduce(0) { $0 + $1.nonzeroBitCount }
        guard (1...Self.seconds(Self.longest)).contains(length), words.count == (length + 63) / 64,
            bits <= length, (last ?? 0) > .min / 2, (last ?? 0) < .max / 2
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .words, in: container, debugDescription: "the seconds make no sense")
        }
        trueSeconds = bits
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(length, forKey: .length)
        try container.encode(words, forKey: .words)
        try container.encodeIfPresent(last, forKey: .last)
    }
}
