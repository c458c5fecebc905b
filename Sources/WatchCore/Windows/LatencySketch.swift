// Percentiles of durations from little memory. Values are put into buckets of constant relative
// width (as HdrHistogram does: the exponent of the value and its next six bits), so that any
// percentile is known within 0.8 %; below 100 values they are kept as they are, and exact.

/// A mergeable sketch of durations in seconds, 1 µs to 1 h; values outside are counted at the
/// ends. Percentiles are nearest-rank, exact below 100 values, else within 1 %.
public struct LatencySketch: Hashable, Sendable, Codable {
    /// Values kept as they are before they go into buckets.
    static let exactLimit = 99
    /// 2^6 buckets an octave: half a bucket is 1/128 of the value.
    private static let precision = 6
    private static let lowest: Int64 = 1_000
    private static let highest: Int64 = 3_600_000_000_000
    /// Octave of the lowest value (512…1023 ns).
    private static let firstOctave = 9

    public private(set) var count = 0
    private var sum = 0.0
    private var largest = 0.0
    /// Sorted; empty once the buckets are in use.
    private var values: [Double] = []
    /// Buckets `base ..< base + buckets.count`.
    private var base = 0
    private var buckets: [UInt32] = []

    public init() {}

    /// Adds one value in seconds; what is no number is left out.
    public mutating func record(seconds: Double) {
        guard seconds.isFinite else { return }
        let value = Swift.min(Swift.max(seconds, 1e-6), 3600)
        count += 1
        sum += value
        largest = Swift.max(largest, value)
        if buckets.isEmpty, values.count < Self.exactLimit {
            insert(value)
        } else {
            spill()
            add(1, at: Self.bucket(of: value))
        }
    }

    public mutating func merge(_ other: LatencySketch) {
        guard other.count > 0 else { return }
        count += other.count
        sum += other.sum
        largest = Swift.max(largest, other.largest)
        if buckets.isEmpty, other.buckets.isEmpty, count <= Self.exactLimit {
            values = Self.merged(values, other.values)
            return
        }
        spill()
        other.forEachBucket { add($1, at: $0) }
    }

    /// Takes out what was merged before. The rest is known by its buckets only, and its maximum
    /// within 1 %.
    mutating func subtract(_ other: LatencySketch) {
        guard other.count > 0 else { return }
        spill()
        count -= other.count
        sum -= other.sum
        other.forEachBucket { bucket, number in
            let at = bucket - base
            guard buckets.indices.contains(at) else { return }
            buckets[at] -= Swift.min(buckets[at], number)
        }
        if count <= 0 {
            self = LatencySketch()
        } else if let last = buckets.lastIndex(where: { $0 > 0 }) {
            largest = Swift.min(largest, Self.value(of: base + last))
        }
    }

    /// Nearest-rank percentile, 0 < p ≤ 100, in seconds; nil when empty.
    public func percentile(_ p: Double) -> Double? {
        guard count > 0 else { return nil }
        let rank = Swift.min(count, Swift.max(1, Int((p / 100 * Double(count)).rounded(.up))))
        if buckets.isEmpty { return values[Swift.min(rank, values.count) - 1] }
        if rank == count { return largest }
        var seen = 0
        for (index, number) in buckets.enumerated() where number > 0 {
            seen += Int(number)
            if seen >= rank { return Swift.min(Self.value(of: base + index), largest) }
        }
        return largest
    }

    public var mean: Double? { count > 0 ? sum / Double(count) : nil }

    public var max: Double? { count > 0 ? largest : nil }

    // MARK: - Buckets

    private static func bucket(of seconds: Double) -> Int {
        let nanoseconds = Swift.min(Swift.max(Int64(seconds * 1e9), lowest), highest)
        let octave = 63 - nanoseconds.leadingZeroBitCount
        let part = Int(nanoseconds >> (octave - precision)) & ((1 << precision) - 1)
        return (octave - firstOctave) << precision + part
    }

    /// The middle of a bucket, in seconds.
    private static func value(of bucket: Int) -> Double {
        let octave = bucket >> precision + firstOctave
        let part = Int64(bucket & ((1 << precision) - 1)) + (1 << precision)
        let width = Double(Int64(1) << (octave - precision))
        return (Double(part) + 0.5) * width / 1e9
    }

    private mutating func insert(_ value: Double) {
        var low = 0
        var high = values.count
        while low < high {
            let middle = (low + high) / 2
            if values[middle] <= value { low = middle + 1 } else { high = middle }
        }
        values.insert(value, at: low)
    }

    private mutating func spill() {
        for value in values { add(1, at: Self.bucket(of: value)) }
        values = []
    }

    private mutating func add(_ number: UInt32, at bucket: Int) {
        if buckets.isEmpty {
            base = bucket
            buckets = [number]
            return
        }
        if bucket < base {
            buckets.insert(contentsOf: repeatElement(0, count: base - bucket), at: 0)
            base = bucket
        } else if bucket - base >= buckets.count {
            buckets.append(contentsOf: repeatElement(0, count: bucket - base - buckets.count + 1))
        }
        buckets[bucket - base] &+= number
    }

    private func forEachBucket(_ body: (Int, UInt32) -> Void) {
        for value in values { body(Self.bucket(of: value), 1) }
        for (index, number) in buckets.enumerated() where number > 0 { body(base + index, number) }
    }

    private static func merged(_ a: [Double], _ b: [Double]) -> [Double] {
        var result: [Double] = []
        result.reserveCapacity(a.count + b.count)
        var left = 0
        var right = 0
        while left < a.count, right < b.count {
            if a[left] <= b[right] {
                result.append(a[left])
                left += 1
            } else {
                result.append(b[right])
                right += 1
            }
        }
        return result + a[left...] + b[right...]
    }
}
