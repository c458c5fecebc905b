// STUB: replaced by the windows slice of work. The public shape stays.

/// A mergeable sketch of durations in seconds.
public struct LatencySketch: Hashable, Sendable, Codable {
    public init() {}
    /// Number of recorded values.
    public var count: Int { 0 }
    public mutating func record(seconds: Double) {}
    public mutating func merge(_ other: LatencySketch) {}
    public mutating func subtract(_ other: LatencySketch) {}
    /// Nearest-rank percentile, 0 < p ≤ 100; seconds. nil when empty.
    public func percentile(_ p: Double) -> Double? { nil }
    public var mean: Double? { nil }
    public var max: Double? { nil }
}
