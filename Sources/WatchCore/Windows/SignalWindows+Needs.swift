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
        advance(to: now)
        return tallied(extras?.patterns, pattern, width)
    }

    /// Lines that did not parse, of all lines.
    public mutating func unparsed(width: Duration, now: Instant) -> Shared {
        advance(to: now)
        guard let total = total(extras?.unparsed, "", width) else { return Shared() }
        var shared = Shared()
        shared.part = total.errors
        shared.whole = total.count
        shared.covered = covered(width)
        return shared
    }

    /// Requests and errors by route.
    public mutating func routes(
        width: Duration, now: Instant
    ) -> (tallies: RouteTallies, covered: Duration) {
        advance(to: now)
        guard let window = extras?.routes.first(where: { $0.width == width }) else {
            return (RouteTallies(), .zero)
        }
        return (window.ring.store.total, covered(width))
    }

    /// Distinct values of a field, and those of them that saw an error.
    public mutating func audience(
        _ field: String, width: Duration, now: Instant
    ) -> (audience: Audience, covered: Duration) {
        advance(to: now)
        let index = extras?.audiences.firstIndex { $0.name == field && $0.width == width }
        guard let index, let audience = extras?.audiences[index].ring.read({ $0.merged() }) else {
            return (Audience(), .zero)
        }
        return (audience, covered(width))
    }

    /// Restarts of a unit.
    public mutating func restarts(width: Duration, now: Instant) -> Tallied {
        advance(to: now)
        return tallied(extras?.restarts, "", width)
    }

    /// `unparsed` of `lines` did not parse. They have no time of their own: they count at `at`.
    public mutating func recordUnparsed(_ unparsed: Int, lines: Int, at: Instant) {
        guard lines > 0, extras != nil else { return }
        advance(to: at)
        guard counts(at) else { return }
        let tally = Tally(count: lines, errors: Swift.min(unparsed, lines))
        for index in extras?.unparsed.indices ?? 0..<0 {
            extras?.unparsed[index].ring.add(tally, at: at)
        }
    }

    /// A unit was restarted `count` times.
    public mutating func recordRestarts(_ count: Int, at: Instant) {
        guard count > 0, extras != nil else { return }
        advance(to: at)
        guard counts(at) else { return }
        for index in extras?.restarts.indices ?? 0..<0 {
            extras?.restarts[index].ring.add(Tally(count: count), at: at)
        }
    }

    private func tallied(
        _ windows: [WindowExtras.Window<TallyStore>]?, _ name: String, _ width: Duration
    ) -> Tallied {
        guard let total = total(windows, name, width) else { return Tallied() }
        var tallied = Tallied()
        tallied.count = total.count
        tallied.covered = covered(width)
        return tallied
    }

    private func total(
        _ windows: [WindowExtras.Window<TallyStore>]?, _ name: String, _ width: Duration
    ) -> Tally? {
        windows?.first { $0.name == name && $0.width == width }?.ring.store.total
    }
}
