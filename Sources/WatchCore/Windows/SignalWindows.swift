// STUB: replaced by the windows slice of work. The public shape stays.

/// All windows of one signal.
public struct SignalWindows: Hashable, Sendable, Codable {
    /// Sums over one window.
    public struct Sums: Hashable, Sendable {
        public var count = 0
        public var errors = 0
        public var latency = LatencySketch()
        /// How much of the window lies after the last restart (and after uncovered gaps).
        public var covered: Duration = .zero
        public init() {}
    }

    /// `widths`: every window some expression or display asks for.
    public init(widths: [Duration]) { self.widths = widths }
    public let widths: [Duration]
    /// Adds one observation of a probe at its start.
    public mutating func record(at: Instant, isError: Bool, latency: Double?) {}
    /// Adds a slice of a stream; false when it is older than every window (late).
    public mutating func merge(_ slice: StreamBatch.Slice, now: Instant) -> Bool { true }
    /// Observations before `instant` no longer count for triggers.
    public mutating func restart(at instant: Instant) {}
    /// Nothing is known of the time since `instant` before `now` (suspend, starvation).
    public mutating func uncover(from: Instant, to: Instant) {}
    public mutating func sums(width: Duration, now: Instant) -> Sums { Sums() }
}
