// All windows of one signal. Counts are kept by the second up to 5 m, then by a sixtieth of the
// width; latency by a sixtieth of the width, at least a second. A width is exact to one slice.

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
            let sixtieth = Swift.max(.seconds(1), width / 60)
            tallies = SliceRing(
                width: width, length: width <= .minutes(5) ? .seconds(1) : sixtieth)
            latencies = SliceRing(width: width, length: sixtieth)
        }
    }

    /// Time nobody watched.
    private struct Gap: Hashable, Sendable, Codable {
        var from: Instant
        var to: Instant
    }

    /// Gaps remembered; more of them grow together.
    private static let gapLimit = 32

    private var windows: [Window]
    private var gaps: [Gap] = []
    /// Samples from before do not count; nil: never started.
    private var floor: Instant?

    /// `widths`: every window some expression or display asks for.
    public init(widths: [Duration]) {
        windows = Set(widths).sorted().map(Window.init)
    }

    /// In ascending order.
    public var widths: [Duration] { windows.map(\.width) }

    /// Adds one observation of a probe at its start; latency in seconds.
    public mutating func record(at time: Instant, isError: Bool, latency: Double?) {
        if let floor, time < floor { return }
        var sketch = LatencySketch()
        if let latency { sketch.record(seconds: latency) }
        for index in windows.indices {
            windows[index].tallies.add(
                Tally(count: 1, errors: isError ? 1 : 0), at: time, now: time)
            if sketch.count > 0 { windows[index].latencies.add(sketch, at: time, now: time) }
        }
    }

    /// Adds a second of a stream; false when every window has left it behind (late).
    public mutating func merge(_ slice: StreamBatch.Slice, now: Instant) -> Bool {
        let time = Instant(nanoseconds: slice.second * 1_000_000_000)
        guard let widest = windows.last?.width, time > now - widest else { return false }
        // The second in which the windows were restarted belongs half to what was before.
        if let floor, time < floor { return true }
        for index in windows.indices {
            windows[index].tallies.add(
                Tally(count: slice.count, errors: slice.errors), at: time, now: now)
            if slice.latency.count > 0 {
                windows[index].latencies.add(slice.latency, at: time, now: now)
            }
        }
        return true
    }

    /// Observations before `instant` no longer count, whenever they come in.
    public mutating func restart(at instant: Instant) {
        floor = instant
        gaps.removeAll { $0.to <= instant }
        for index in windows.indices {
            windows[index].tallies.cut(before: instant)
            windows[index].latencies.cut(before: instant)
        }
    }

    /// Nothing is known of the time between (suspend, starvation): it covers no window.
    public mutating func uncover(from: Instant, to: Instant) {
        guard to > from else { return }
        gaps.append(Gap(from: from, to: to))
        if gaps.count > Self.gapLimit {
            let second = gaps.remove(at: 1)
            gaps[0].to = Swift.max(gaps[0].to, second.to)
        }
    }

    /// The sums of the window of that width; empty when no such window was asked for.
    public mutating func sums(width: Duration, now: Instant) -> Sums {
        guard let index = windows.firstIndex(where: { $0.width == width }) else { return Sums() }
        windows[index].tallies.advance(to: now)
        windows[index].latencies.advance(to: now)
        var sums = Sums()
        sums.count = windows[index].tallies.total.count
        sums.errors = windows[index].tallies.total.errors
        sums.latency = latency(windows[index].latencies)
        sums.covered = covered(width, now: now)
        return sums
    }

    /// The running total; below 100 values the slices' own values, which are exact.
    private func latency(_ ring: SliceRing<LatencySketch>) -> LatencySketch {
        guard ring.total.count <= LatencySketch.exactLimit else { return ring.total }
        return ring.slices.reduce(into: LatencySketch()) { $0.merge($1.content) }
    }

    private mutating func covered(_ width: Duration, now: Instant) -> Duration {
        guard let floor, floor < now else { return .zero }
        if let widest = windows.last?.width { gaps.removeAll { $0.to <= now - widest } }
        let start = Swift.max(floor, now - width)
        let lost = gaps.reduce(Duration.zero) { lost, gap in
            let from = Swift.max(gap.from, start)
            let to = Swift.min(gap.to, now)
            return to > from ? lost + (to - from) : lost
        }
        return Swift.max(.zero, (now - start) - lost)
    }
}
