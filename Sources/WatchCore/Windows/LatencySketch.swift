// Percentiles of latencies in bounded memory. A sketch can be merged (slices into a window) and
// subtracted again (a slice leaves the window), which ordinary quantile summaries cannot.
//
// What holds: a sketch that never held 100 values keeps them all, and its percentiles are exact.
// From the 100th on it is a histogram: percentiles are nearest-rank within 0.78 % relative error
// over 1 µs … 1 h (shorter ones read 0), and stay so when a subtraction takes it back below 100.
// `count`, and `mean` to the nanosecond, are exact always. `LatencyStore` rebuilds what it needs
// from its slices, so a *window* is exact whenever it holds fewer than 100 values.

/// A mergeable and subtractable sketch of durations in seconds.
///
/// Negative values count as 0, values above an hour as an hour; NaN is no value and is ignored.
public struct LatencySketch: Sendable {
    /// So many values make it a histogram.
    static let exactLimit = 100
    /// Cells of one group in a histogram: the sum of its bins, then the bins.
    private static let groupCells = 1 + LatencyBins.groupSize
    /// A byte for each group: 0, or which of the groups that are kept it is, counted from 1.
    private static let tableCells = LatencyBins.groups / 8

    /// While exact: bit patterns of the values, ascending (the order of non-negative doubles is
    /// that of their bits). Else a table and then groups of bins: only those in use, so that a
    /// service whose answers take 5 … 500 ms does not pay for an hour.
    private(set) var cells: [UInt64] = []
    /// Number of recorded values.
    public private(set) var count = 0
    private var maximum = 0.0
    /// Whether all values are kept, and percentiles are exact.
    public private(set) var isExact = true
    /// Whether `maximum` is a recorded value; else it is one of a bin.
    private(set) var maximumIsExact = true
    /// Nanoseconds. An integer, so that what was added can be taken away without a trace.
    private(set) var sum: Int128 = 0

    public init() {}

    init(_ values: [Double]) {
        for value in values { record(seconds: value) }
    }

    public var isEmpty: Bool { count == 0 }

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
        if isExact, count + 1 < Self.exactLimit {
            insert(value.bitPattern)
        } else {
            makeHistogram()
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
        if isExact, other.isExact, count + other.count < Self.exactLimit {
            for cell in other.cells { insert(cell) }
        } else {
            makeHistogram()
            add(other)
        }
        count += other.count
        sum += other.sum
        noteMaximum(other.maximum, isExact: other.maximumIsExact)
    }

    /// Takes away what was merged before. (What was never in it is not taken away.)
    public mutating func subtract(_ other: LatencySketch) {
        if other.isExact { return subtract(bitPatterns: other.cells) }
        guard other.count > 0, count > 0 else { return }
        makeHistogram()
        var removed = 0
        other.forEachBin { removed += decrement($0, by: $1) }
        noteRemoved(removed, sum: other.sum, maximum: other.maximum)
    }

    /// The same of few values by their bit patterns, ascending.
    mutating func subtract(bitPatterns: some RandomAccessCollection<UInt64>) {
        guard let largest = bitPatterns.last, count > 0 else { return }
        var (removed, lost) = (0, Int128(0))
        if isExact {
            (removed, lost) = removeValues(bitPatterns)
        } else {
            (removed, lost) = decrement(bitPatterns)
        }
        noteRemoved(removed, sum: lost, maximum: Double(bitPattern: largest))
    }

    private mutating func noteRemoved(_ removed: Int, sum lost: Int128, maximum other: Double) {
        count -= removed
        sum = Swift.max(0, sum - lost)
        if !isExact { trim() }
        guard count > 0 else {
            self = LatencySketch()
            return
        }
        if !maximumIsExact || other >= maximum { findMaximum() }
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

    /// Makes good the maximum that a subtraction lost, by whoever knows the parts.
    mutating func restoreMaximum(_ value: Double) {
        maximum = value
        maximumIsExact = true
    }

    static func nanoseconds(_ seconds: Double) -> Int64 { Int64(seconds * 1e9 + 0.5) }

    private mutating func noteMaximum(_ value: Double, isExact: Bool) {
        if value > maximum {
            maximum = value
            maximumIsExact = isExact
        } else if value == maximum, isExact {
            maximumIsExact = true
        }
    }
}

// MARK: - Few values

extension LatencySketch {
    /// The values, ascending, while all of them are kept; else nil.
    var values: [Double]? { isExact ? cells.map { Double(bitPattern: $0) } : nil }

    /// The same as they are kept; nil in a histogram.
    var bitPatterns: [UInt64]? { isExact ? cells : nil }

    /// Few values out of their bit patterns; nil when they do not ascend, or are none of a sketch.
    init?(bitPatterns: [UInt64]) {
        var last = 0.0
        for bits in bitPatterns {
            let value = Double(bitPattern: bits)
            // -0 equals 0 and has another bit pattern; NaN is neither more nor less.
            guard value >= last, value <= LatencyBins.longest, bits >> 63 == 0 else { return nil }
            sum += Int128(Self.nanoseconds(value))
            last = value
        }
        cells = bitPatterns
        count = bitPatterns.count
        maximum = last
    }

    private mutating func insert(_ cell: UInt64) {
        var (low, high) = (0, cells.count)
        while low < high {
            let middle = (low + high) / 2
            if cells[middle] <= cell { low = middle + 1 } else { high = middle }
        }
        cells.insert(cell, at: low)
    }

    /// Both ascend. How many there were, and their sum in nanoseconds.
    private mutating func removeValues(
        _ others: some RandomAccessCollection<UInt64>
    ) -> (count: Int, sum: Int128) {
        var next = others.startIndex
        var (removed, lost) = (0, Int128(0))
        cells.removeAll { cell in
            while next < others.endIndex, others[next] < cell { others.formIndex(after: &next) }
            guard next < others.endIndex, others[next] == cell else { return false }
            others.formIndex(after: &next)
            removed += 1
            lost += Int128(Self.nanoseconds(Double(bitPattern: cell)))
            return true
        }
        return (removed, lost)
    }
}

// MARK: - Histogram

extension LatencySketch {
    /// A histogram out of stored parts, bins ascending; nil when they make no sense.
    init?(bins: [(bin: Int, count: UInt64)], sum: Int128, maximum: Double, isExact: Bool) {
        guard let first = bins.first, let last = bins.last, first.bin >= 0,
            last.bin < LatencyBins.count, maximum >= 0, maximum <= LatencyBins.longest
        else { return nil }
        makeHistogram()
        var before = -1
        for (bin, number) in bins {
            guard bin > before, number > 0, number < 1 << 40 else { return nil }
            increment(bin, by: number)
            count += Int(number)
            before = bin
        }
        let longest = Int128(count) * Int128(Self.nanoseconds(LatencyBins.longest))
        guard (0...longest).contains(sum) else { return nil }
        self.sum = sum
        self.maximum = maximum
        maximumIsExact = isExact
    }

    /// Calls `body` with every non-empty bin, ascending, and its count. Values appear one by one.
    @inline(__always)
    func forEachBin(_ body: (_ bin: Int, _ count: UInt64) -> Void) {
        guard !isExact else {
            for cell in cells { body(LatencyBins.index(of: Double(bitPattern: cell)), 1) }
            return
        }
        for group in 0..<LatencyBins.groups {
            guard let start = start(of: group), cells[start] > 0 else { continue }
            for step in 0..<LatencyBins.groupSize {
                let number = cells[start + 1 + step]
                if number > 0 { body(group * LatencyBins.groupSize + step, number) }
            }
        }
    }

    private mutating func makeHistogram() {
        guard isExact else { return }
        let values = cells
        cells = [UInt64](repeating: 0, count: Self.tableCells)
        isExact = false
        for value in values { increment(LatencyBins.index(of: Double(bitPattern: value)), by: 1) }
    }

    /// Where the group's cells begin; nil: it is not kept.
    @inline(__always)
    func start(of group: Int) -> Int? {
        let place = Self.place(of: group, cells[group >> 3])
        return place == 0 ? nil : Self.start(at: place)
    }

    /// Which of the groups that are kept it is, by the word of the table that says so; 0: none.
    @inline(__always)
    private static func place(of group: Int, _ word: UInt64) -> Int {
        Int(word >> UInt64((group & 7) << 3) & 0xFF)
    }

    @inline(__always)
    private static func start(at place: Int) -> Int { tableCells + (place - 1) * groupCells }

    /// Where the group's cells begin, which it gets if it has none.
    @inline(__always)
    private mutating func makeStart(of group: Int) -> Int {
        if let start = start(of: group) { return start }
        return addGroup(group)
    }

    private mutating func addGroup(_ group: Int) -> Int {
        let start = cells.count
        let place = (start - Self.tableCells) / Self.groupCells + 1
        // Exactly as much as is needed: an array that grows by itself doubles.
        cells.reserveCapacity(start + Self.groupCells)
        cells.append(contentsOf: repeatElement(0, count: Self.groupCells))
        cells[group >> 3] |= UInt64(place) << UInt64((group & 7) << 3)
        return start
    }

    /// Gives back empty groups when there are several: an outlier has left.
    private mutating func trim() {
        let kept = (cells.count - Self.tableCells) / Self.groupCells
        guard kept > 1 else { return }
        let used = (0..<LatencyBins.groups).count { group in
            start(of: group).map { cells[$0] > 0 } ?? false
        }
        guard kept - used > 1 else { return }
        let old = self
        cells = [UInt64](repeating: 0, count: Self.tableCells)
        for group in 0..<LatencyBins.groups { add(group, of: old) }
    }

    @inline(__always)
    private mutating func increment(_ bin: Int, by number: UInt64) {
        let at = makeStart(of: bin / LatencyBins.groupSize)
        cells[at] &+= number
        cells[at + 1 + bin % LatencyBins.groupSize] &+= number
    }

    /// Adds the bins of `other` to a histogram.
    private mutating func add(_ other: LatencySketch) {
        guard other.isExact else {
            for group in 0..<LatencyBins.groups { add(group, of: other) }
            return
        }
        // Room first, so that they are counted in one go: this is done for every second of a log.
        var known = -1
        for bits in other.cells {
            let group =
                LatencyBins.index(of: Double(bitPattern: bits)) / LatencyBins.groupSize
            if group != known { _ = makeStart(of: group) }
            known = group
        }
        cells.withUnsafeMutableBufferPointer { cells in
            var (group, at) = (-1, 0)
            for bits in other.cells {
                let bin = LatencyBins.index(of: Double(bitPattern: bits))
                if bin / LatencyBins.groupSize != group {
                    group = bin / LatencyBins.groupSize
                    at = Self.start(at: Self.place(of: group, cells[group >> 3]))
                }
                cells[at] &+= 1
                cells[at + 1 + bin % LatencyBins.groupSize] &+= 1
            }
        }
    }

    private mutating func add(_ group: Int, of other: LatencySketch) {
        guard let from = other.start(of: group), other.cells[from] > 0 else { return }
        let to = makeStart(of: group)
        for cell in 0..<Self.groupCells { cells[to + cell] &+= other.cells[from + cell] }
    }

    /// How many were really taken away.
    private mutating func decrement(_ bin: Int, by number: UInt64) -> Int {
        guard let at = start(of: bin / LatencyBins.groupSize) else { return 0 }
        let cell = at + 1 + bin % LatencyBins.groupSize
        let taken = Swift.min(number, cells[cell])
        cells[at] -= taken
        cells[cell] -= taken
        return Int(taken)
    }

    /// One of each of few values that ascend, so that mostly the next is of the same group. How
    /// many were really taken away, and the sum of all in nanoseconds.
    private mutating func decrement(
        _ bitPatterns: some RandomAccessCollection<UInt64>
    ) -> (count: Int, sum: Int128) {
        cells.withUnsafeMutableBufferPointer { cells in
            var (removed, sum) = (0, Int64(0))
            var (group, at) = (-1, 0)
            for bits in bitPatterns {
                let value = Double(bitPattern: bits)
                // A hundred times an hour fits.
                sum += Self.nanoseconds(value)
                let bin = LatencyBins.index(of: value)
                if bin / LatencyBins.groupSize != group {
                    group = bin / LatencyBins.groupSize
                    let place = Self.place(of: group, cells[group >> 3])
                    at = place == 0 ? 0 : Self.start(at: place)
                }
                let cell = at + 1 + bin % LatencyBins.groupSize
                guard at > 0, cells[cell] > 0 else { continue }
                cells[at] -= 1
                cells[cell] -= 1
                removed += 1
            }
            return (removed, Int128(sum))
        }
    }

    private mutating func findMaximum() {
        if isExact {
            maximum = cells.last.map { Double(bitPattern: $0) } ?? 0
            maximumIsExact = true
        } else {
            maximum = Swift.min(LatencyBins.value(of: largestBin), LatencyBins.longest)
            maximumIsExact = false
        }
    }
}
