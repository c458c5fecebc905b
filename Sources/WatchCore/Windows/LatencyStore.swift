// Latencies of a window: the newest slice open, the others packed, and the total as a histogram
// that percentiles are read from at once.

struct LatencyStore: SliceStore {
    private var closed = PackedSlices()
    private var open = LatencySketch()
    private var openNumber: Int64?
    private(set) var total = LatencySketch()

    init() {}

    var extent: (first: Int64, last: Int64, count: Int)? {
        guard let last = openNumber ?? closed.last else { return nil }
        return (closed.first ?? last, last, closed.count + (openNumber == nil ? 0 : 1))
    }

    mutating func add(_ content: LatencySketch, to number: Int64) {
        guard !content.isEmpty else { return }
        total.merge(content)
        let newest = openNumber ?? closed.last ?? .min
        if number == openNumber {
            open.merge(content)
        } else if number > newest {
            close()
            open = content
            openNumber = number
        } else {
            closed.merge(content, into: number)
        }
    }

    private mutating func close() {
        guard let number = openNumber else { return }
        closed.append(number, open)
        open = LatencySketch()
        openNumber = nil
    }

    mutating func drop(before number: Int64) {
        if let newest = openNumber, newest < number {
            open = LatencySketch()
            openNumber = nil
        }
        guard let last = openNumber ?? closed.last, last >= number else {
            closed = PackedSlices()
            total = LatencySketch()
            return
        }
        let before = total.max
        closed.drop(before: number, from: &total)
        mend(before)
    }

    /// Below 100 values the total is exact again, out of the slices' own values; and when the
    /// largest value has left another one is the largest.
    /// - Parameter before: the largest until now: of those that are left none is larger.
    private mutating func mend(_ before: Double?) {
        if !total.isExact, total.count < LatencySketch.exactLimit {
            total = open
            closed.forEach { total.merge($1) }
        } else if !total.maximumIsExact,
            let largest = open.max == before ? before : largest(upTo: before)
        {
            total.restoreMaximum(largest)
        }
    }

    private func largest(upTo limit: Double?) -> Double? {
        guard let newest = open.max else { return closed.maximum(upTo: limit) }
        return Swift.max(newest, closed.maximum(upTo: limit) ?? newest)
    }

    static func == (a: LatencyStore, b: LatencyStore) -> Bool {
        a.allClosed == b.allClosed && a.total == b.total
    }

    func hash(into hasher: inout Hasher) { hasher.combine(total) }

    private var allClosed: PackedSlices {
        var copy = self
        copy.close()
        return copy.closed
    }
}

extension LatencyStore: Codable {
    /// The total is computed anew, so that it cannot disagree with the slices.
    init(from decoder: any Decoder) throws {
        closed = try PackedSlices(from: decoder)
        closed.forEach { total.merge($1) }
    }

    func encode(to encoder: any Encoder) throws { try allClosed.encode(to: encoder) }
}
