// Percentiles of latencies in bounded memory. A sketch can be merged (slices into a window) and
// subtracted again (a slice leaves the window), which ordinary quantile summaries cannot.
//
// What holds: a sketch that never held 100 values keeps them all, and its percentiles are exact.
// From the 100th on it is a histogram: percentiles are nearest-rank within 0.78 % relative error
// over 1 µs … 1 h (shorter ones read 0), and stay so when a subtraction takes it back below 100.
// `count`, and `mean` to the nanosecond, are exact always. `SignalWindows` rebuilds what it needs
// from its slices, so a *window* is exact whenever it holds fewer than 100 values.

/// A mergeable and subtractable sketch of durations in seconds.
///
/// Negative values count as 0, values above an hour as an hour; NaN is no value and is ignored.
public struct LatencySketch: Sendable {
    /// So many values make it a histogram.
    static let exactLimit = 100
    /// More non-empty bins than this are not worth a sparse list.
    static let sparseLimit = 1024

    /// How `cells` is to be read.
    enum Form: UInt8, Sendable {
        /// Bit patterns of the values, ascending (the order of non-negative doubles is that of
        /// their bits).
        case values
        /// Non-empty bins, ascending: bin in the upper 16 bits, count in the lower 48.
        case sparse
        /// The sums of the groups, then the count of every bin.
        case dense
    }

    private(set) var form = Form.values
    private(set) var cells: [UInt64] = []
    /// Number of recorded values.
    public private(set) var count = 0
    /// Nanoseconds. An integer, so that what was added can be taken away without a trace.
    private(set) var sum: Int128 = 0
    private(set) var maximum = 0.0
    /// Whether `maximum` is a recorded value; else it is one of a bin.
    private(set) var maximumIsExact = true

    public init() {}

    public var isEmpty: Bool { count == 0 }

    /// Whether percentiles are exact.
    public var isExact: Bool { form == .values }

    /// Seconds. nil when empty.
    public var mean: Double? {
        guard count > 0 else { return nil }
        return Double(sum) / Double(count) / 1e9
    }

    /// Seconds; exact, unless a subtraction removed the largest value (then within 0.78 %). nil
    /// when empty.
    public var max: Double? { count > 0 ? maximum : nil }

    public mutating func record(seconds: Double) {
        guard !seconds.isNaN else { return }
        let value = seconds > 0 ? Swift.min(seconds, LatencyBins.longest) : 0
        if form == .dense {
            increment(LatencyBins.index(of: value), by: 1)
        } else if form == .values, count + 1 < Self.exactLimit {
            insert(value.bitPattern)
        } else {
            makeDense()
            increment(LatencyBins.index(of: value), by: 1)
        }
        count += 1
        sum += Int128(Self.nanoseconds(value))
        noteMaximum(value, isExact: true)
    }

    public mutating func merge(_ other: LatencySketch) {
        guard other.count > 0 else { return }
        guard count > 0 else {
            self = other
            return
        }
        switch (form, other.form) {
        case (.values, .values) where count + other.count < Self.exactLimit:
            for cell in other.cells { insert(cell) }
        case (.sparse, .sparse), (.sparse, .values):
            mergeSparse(other)
        case (.dense, _), (.values, _), (.sparse, .dense):
            makeDense()
            other.forEachBin { increment($0, by: $1) }
        }
        count += other.count
        sum += other.sum
        noteMaximum(other.maximum, isExact: other.maximumIsExact)
    }

    /// Takes away what was merged before. (What was never in it is not taken away.)
    public mutating func subtract(_ other: LatencySketch) {
        guard other.count > 0, count > 0 else { return }
        if form == .values, other.form == .values {
            removeValues(other.cells)
        } else {
            makeDense()
            var removed = 0
            other.forEachBin { removed += decrement($0, by: $1) }
            count -= removed
            sum = Swift.max(0, sum - other.sum)
        }
        guard count > 0 else {
            self = LatencySketch()
            return
        }
        if other.maximum >= maximum { findMaximum() }
    }

    /// Nearest-rank percentile, 0 < p ≤ 100; seconds. nil when empty.
    public func percentile(_ p: Double) -> Double? {
        guard count > 0 else { return nil }
        // The factor keeps 99.9 % of 1000 from being rank 1000 by a rounding error.
        let exact = p * Double(count) / 100 * (1 - 1e-12)
        let rank = Swift.max(1, Int(Swift.min(exact, Double(count)).rounded(.up)))
        guard rank < count else { return maximum }
        return Swift.min(value(rank: rank), maximum)
    }

    /// Gives memory back: for a sketch that nothing more is expected for.
    public mutating func pack() {
        guard form == .dense else { return }
        var packed: [UInt64] = []
        forEachBin { packed.append(UInt64($0) << 48 | $1) }
        guard packed.count <= Self.sparseLimit else { return }
        form = .sparse
        cells = packed
    }

    /// Makes good the maximum that a subtraction lost, by whoever knows the parts.
    mutating func restoreMaximum(_ value: Double) {
        maximum = value
        maximumIsExact = true
    }
}

// MARK: - Cells

extension LatencySketch {
    static func nanoseconds(_ seconds: Double) -> Int64 { Int64(seconds * 1e9 + 0.5) }

    /// A histogram out of stored parts; nil when they make no sense.
    init?(bins: [(bin: Int, count: UInt64)], sum: Int128, maximum: Double, isExact: Bool) {
        guard sum >= 0, maximum >= 0, maximum <= LatencyBins.longest else { return nil }
        for (bin, number) in bins {
            guard (0..<LatencyBins.count).contains(bin), number > 0, number < 1 << 40 else {
                return nil
            }
            if let last = cells.last, last >> 48 >= UInt64(bin) { return nil }
            cells.append(UInt64(bin) << 48 | number)
            count += Int(number)
        }
        guard count > 0 else { return nil }
        form = .sparse
        if cells.count > Self.sparseLimit { makeDense() }
        self.sum = sum
        self.maximum = maximum
        maximumIsExact = isExact
    }

    /// Calls `body` with every non-empty bin, ascending, and its count. Values appear one by one.
    @inline(__always)
    func forEachBin(_ body: (_ bin: Int, _ count: UInt64) -> Void) {
        switch form {
        case .values:
            for cell in cells { body(LatencyBins.index(of: Double(bitPattern: cell)), 1) }
        case .sparse:
            for cell in cells { body(Int(cell >> 48), cell & 0xFFFF_FFFF_FFFF) }
        case .dense:
            for group in 0..<LatencyBins.groups where cells[group] > 0 {
                let start = group * LatencyBins.groupSize
                for bin in start..<start + LatencyBins.groupSize {
                    let number = cells[LatencyBins.groups + bin]
                    if number > 0 { body(bin, number) }
                }
            }
        }
    }

    private mutating func makeDense() {
        guard form != .dense else { return }
        var dense = [UInt64](repeating: 0, count: LatencyBins.groups + LatencyBins.count)
        forEachBin { bin, number in
            dense[bin / LatencyBins.groupSize] += number
            dense[LatencyBins.groups + bin] += number
        }
        form = .dense
        cells = dense
    }

    @inline(__always)
    private mutating func increment(_ bin: Int, by number: UInt64) {
        cells[bin / LatencyBins.groupSize] &+= number
        cells[LatencyBins.groups + bin] &+= number
    }

    /// How many were really taken away.
    private mutating func decrement(_ bin: Int, by number: UInt64) -> Int {
        let taken = Swift.min(number, cells[LatencyBins.groups + bin])
        cells[bin / LatencyBins.groupSize] -= taken
        cells[LatencyBins.groups + bin] -= taken
        return Int(taken)
    }

    private mutating func insert(_ cell: UInt64) {
        var (low, high) = (0, cells.count)
        while low < high {
            let middle = (low + high) / 2
            if cells[middle] <= cell { low = middle + 1 } else { high = middle }
        }
        cells.insert(cell, at: low)
    }

    private mutating func removeValues(_ others: [UInt64]) {
        var next = 0
        cells.removeAll { cell in
            while next < others.count, others[next] < cell { next += 1 }
            guard next < others.count, others[next] == cell else { return false }
            next += 1
            return true
        }
        count = cells.count
        sum = cells.reduce(0) { $0 + Int128(Self.nanoseconds(Double(bitPattern: $1))) }
    }

    private mutating func mergeSparse(_ other: LatencySketch) {
        var merged: [UInt64] = []
        merged.reserveCapacity(cells.count + other.cells.count)
        var mine = 0
        other.forEachBin { bin, number in
            let key = UInt64(bin)
            while mine < cells.count, cells[mine] >> 48 < key {
                merged.append(cells[mine])
                mine += 1
            }
            if mine < cells.count, cells[mine] >> 48 == key {
                merged.append(cells[mine] + number)
                mine += 1
            } else if let last = merged.last, last >> 48 == key {
                merged[merged.count - 1] += number
            } else {
                merged.append(key << 48 | number)
            }
        }
        merged.append(contentsOf: cells[mine...])
        cells = merged
        if cells.count > Self.sparseLimit { makeDense() }
    }

    private mutating func noteMaximum(_ value: Double, isExact: Bool) {
        if value > maximum {
            maximum = value
            maximumIsExact = isExact
        }
    }

    private mutating func findMaximum() {
        if form == .values {
            maximum = cells.last.map { Double(bitPattern: $0) } ?? 0
            maximumIsExact = true
            return
        }
        var top = 0
        forEachBin { bin, _ in top = bin }
        maximum = Swift.min(LatencyBins.value(of: top), maximum)
        maximumIsExact = false
    }

    /// The value with `rank` (1 is the smallest); `rank` must be 1 … `count`.
    private func value(rank: Int) -> Double {
        var left = UInt64(rank)
        switch form {
        case .values: return Double(bitPattern: cells[rank - 1])
        case .sparse:
            for cell in cells {
                let number = cell & 0xFFFF_FFFF_FFFF
                if number >= left { return LatencyBins.value(of: Int(cell >> 48)) }
                left -= number
            }
        case .dense:
            for group in 0..<LatencyBins.groups {
                if cells[group] < left {
                    left -= cells[group]
                    continue
                }
                let start = group * LatencyBins.groupSize
                for bin in start..<start + LatencyBins.groupSize {
                    let number = cells[LatencyBins.groups + bin]
                    if number >= left { return LatencyBins.value(of: bin) }
                    left -= number
                }
            }
        }
        return maximum
    }
}
