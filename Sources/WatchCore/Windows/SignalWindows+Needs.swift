// What else a window can hold: matched patterns, lines that did not parse, routes, audiences,
// restarts of a unit.

extension SignalWindows {
    /// A number over one window.
    public struct Tallied: Hashable, Sendable {
        public var count = 0
        /// As `Sums.covered`.
        public var covered: Duration = .zero

        public init() {}
    }

    /// A share over one window: `part` of `whole`.
    public struct Shared: Hashable, Sendable {
        public var part = 0
        public var whole = 0
        /// As `Sums.covered`.
        public var covered: Duration = .zero

        public init() {}
    }

    /// Lines that a pattern matched; nothing when no such window was asked for.
    public mutating func matches(_ pattern: String, width: Duration, now: Instant) -> Tallied {
        Tallied()
    }

    /// Lines that did not parse, of all lines.
    public mutating func unparsed(width: Duration, now: Instant) -> Shared { Shared() }

    /// Requests and errors by route.
    public mutating func routes(
        width: Duration, now: Instant
    ) -> (tallies: RouteTallies, covered: Duration) {
        (RouteTallies(), .zero)
    }

    /// Distinct values of a field.
    public mutating func audience(
        _ field: String, width: Duration, now: Instant
    ) -> (audience: Audience, covered: Duration) {
        (Audience(), .zero)
    }

    /// Restarts of a unit.
    public mutating func restarts(width: Duration, now: Instant) -> Tallied { Tallied() }

    /// `unparsed` of `lines` did not parse. They have no time of their own: they count at `at`.
    public mutating func recordUnparsed(_ unparsed: Int, lines: Int, at: Instant) {}

    /// A unit was restarted `count` times.
    public mutating func recordRestarts(_ count: Int, at: Instant) {}
}
