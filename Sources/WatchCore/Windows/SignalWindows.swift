// All windows of one signal. Counts are kept by the second up to 5 m, then by a sixtieth of the
// width; latency by a sixtieth of the width, at least a second.
//
// "Exact to one slice": at `now` a window of width W counts every observation whose slice begins
// at now − W or later, the open slice and those up to 10 s ahead included. What it leaves out of
// the last W is less than one slice old at the far end. Slices are whole seconds long (a sixtieth
// is rounded down), because streams hand over whole seconds.

/// All windows of one signal, and since when they hold what they ought to.
public struct SignalWindows: Hashable, Sendable, Codable {
    /// Sums over one window.
    public struct Sums: Hashable, Sendable {
        public var count = 0
        public var errors = 0
        public var latency = LatencySketch()
        /// How much of the window lies after the last restart, gaps taken out.
        public var covered: Duration = .zero

        public init() {}
    }

    private struct Window: Hashable, Sendable, Codable {
        var width: Duration
        var tallies: SliceRing<Tally>
        var latencies: SliceRing<LatencySketch>

        init(width: Duration) {
            self.width = width
            let sixtieth = Duration.seconds(Swift.max(1, width.nanoseconds / 60_000_000_000))
            tallies = SliceRing(
                width: width, length: width <= .minutes(5) ? .seconds(1) : sixtieth)
            latencies = SliceRing(width: width, length: sixtieth)
        }
    }

    /// Observations so far ahead of the clock are kept; later ones are refused.
    public static let ahead = Duration.seconds(10)

    private var windows: [Window]
    private var gaps = UncoveredTime()
    /// Samples from before do not count; nil: never started.
    private var floor: Instant?
    /// The latest time heard of: a clock that goes back changes nothing.
    private var clock: Instant?
    /// When something was last observed, whether or not it counts.
    public private(set) var lastObservation: Instant?

    /// - Parameters:
    ///   - widths: every window of counts and latency some expression or display asks for.
    ///   - needs: what else is asked for.
    public init(widths: [Duration], needs: SignalNeeds = SignalNeeds()) {
        windows = Set(widths).sorted().map(Window.init)
    }

    /// In ascending order.
    public var widths: [Duration] { windows.map(\.width) }

    /// Adds one observation of a probe at its start; latency in seconds.
    public mutating func record(at time: Instant, isError: Bool, latency: Double?) {
        advance(to: time)
        heard(at: time)
        if let floor, time < floor { return }
        var sketch = LatencySketch()
        if let latency { sketch.record(seconds: latency) }
        add(Tally(count: 1, errors: isError ? 1 : 0), sketch, at: time)
    }

    /// Adds a second of a stream; false when every window has left it behind (late), or when it
    /// lies more than `ahead` ahead of the clock.
    public mutating func merge(_ slice: StreamBatch.Slice, now: Instant) -> Bool {
        let (nanoseconds, overflow) = slice.second.multipliedReportingOverflow(by: 1_000_000_000)
        let time = Instant(nanoseconds: nanoseconds)
        advance(to: now)
        guard !overflow, let clock, time <= clock + Self.ahead,
            windows.contains(where: { $0.tallies.covers(time) })
        else { return false }
        heard(at: Swift.min(time + .seconds(1), now))
        // The second in which the windows were restarted belongs half to what was before.
        if let floor, time < floor { return true }
        add(Tally(count: slice.count, errors: slice.errors), slice.latency, at: time)
        return true
    }

    /// Observations before `instant` no longer count, whenever they come in. A slice that it
    /// lies in begins anew: what it held could be of either side.
    public mutating func restart(at instant: Instant) {
        if let floor, instant < floor { return }
        floor = instant
        gaps.forget(before: instant)
        for index in windows.indices {
            windows[index].tallies.cut(before: instant)
            windows[index].latencies.cut(before: instant)
        }
    }

    /// Nothing is known of the time between (suspend, starvation): it covers no window.
    public mutating func uncover(from: Instant, to: Instant) {
        gaps.add(from: from, to: to)
    }

    /// The sums of the window of that width; empty when no such window was asked for.
    public mutating func sums(width: Duration, now: Instant) -> Sums {
        advance(to: now)
        guard let index = windows.firstIndex(where: { $0.width == width }), let clock else {
            return Sums()
        }
        var sums = Sums()
        sums.count = windows[index].tallies.total.count
        sums.errors = windows[index].tallies.total.errors
        sums.latency = windows[index].latencies.total
        sums.covered = covered(width, now: clock)
        return sums
    }

    private mutating func heard(at time: Instant) {
        lastObservation = lastObservation.map { Swift.max($0, time) } ?? time
    }

    private mutating func add(_ tally: Tally, _ latency: LatencySketch, at time: Instant) {
        for index in windows.indices {
            windows[index].tallies.add(tally, at: time)
            if latency.count > 0 { windows[index].latencies.add(latency, at: time) }
        }
    }

    private mutating func advance(to now: Instant) {
        if let clock, now <= clock { return }
        clock = now
        for index in windows.indices {
            windows[index].tallies.advance(to: now)
            windows[index].latencies.advance(to: now)
        }
        if let widest = windows.last?.width { gaps.forget(before: now - widest) }
    }

    private func covered(_ width: Duration, now: Instant) -> Duration {
        guard let floor, floor < now else { return .zero }
        let start = Swift.max(floor, now - width)
        return (now - start) - gaps.within(from: start, to: now)
    }
}
