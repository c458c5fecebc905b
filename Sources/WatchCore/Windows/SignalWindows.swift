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
        var tallies: SliceRing<TallyStore>
        /// nil: nobody asks for them.
        var latencies: SliceRing<LatencyStore>?

        init(width: Duration, hasLatencies: Bool) {
            self.width = width
            tallies = SliceRing(width: width, length: SignalWindows.countSlice(width))
            if hasLatencies {
                latencies = SliceRing(width: width, length: SignalWindows.slice(width))
            }
        }
    }

    /// Observations so far ahead of the clock are kept; later ones are refused.
    public static let ahead = Duration.seconds(10)

    /// Length of a slice of what is large: latencies, routes, audiences.
    static func slice(_ width: Duration) -> Duration {
        .seconds(Swift.max(1, width.nanoseconds / 60_000_000_000))
    }

    /// Length of a slice of what is a number or two.
    static func countSlice(_ width: Duration) -> Duration {
        width <= .minutes(5) ? .seconds(1) : slice(width)
    }

    private var windows: [Window]
    var extras: WindowExtras?
    private var gaps = UncoveredTime()
    /// The gaps, and time whose lines may have come in all at once: no rate is taken of either.
    /// nil: there is no such time besides the gaps.
    private var unrated: UncoveredTime?
    /// Samples from before do not count; nil: never started.
    private var floor: Instant?
    /// The latest time heard of: a clock that goes back changes nothing.
    private(set) var clock: Instant?
    /// When something was last observed, whether or not it counts.
    public private(set) var lastObservation: Instant?
    private var settled = Settled()

    /// Up to this time nothing leaves any window, so that most observations need not ask each of
    /// them. It follows from the windows: any two are equal, and none is stored.
    private struct Settled: Hashable {
        /// Nanoseconds.
        var until = Int64.min

        static func == (a: Settled, b: Settled) -> Bool { true }

        func hash(into hasher: inout Hasher) {}
    }

    private enum CodingKeys: String, CodingKey {
        case windows, extras, gaps, unrated, floor, clock, lastObservation
    }

    /// - Parameters:
    ///   - widths: every window of counts and latency some expression or display asks for.
    ///   - latencies: those of them of which latencies are asked for; nil: of all.
    ///   - needs: what else is asked for.
    public init(
        widths: [Duration], latencies: Set<Duration>? = nil, needs: SignalNeeds = SignalNeeds()
    ) {
        windows = Set(widths).sorted().map {
            Window(width: $0, hasLatencies: latencies?.contains($0) ?? true)
        }
        extras = WindowExtras(needs)
    }

    /// In ascending order.
    public var widths: [Duration] { windows.map(\.width) }

    /// What else is kept.
    public var needs: SignalNeeds { extras?.needs ?? SignalNeeds() }

    /// Another's windows in place of these, which are of the same widths and things; nil: they are
    /// not. What nobody asks for any more is left out.
    func takingOver(_ other: SignalWindows) -> SignalWindows? {
        guard widths == other.widths, needs == other.needs else { return nil }
        var taken = other
        for index in windows.indices {
            if windows[index].latencies == nil {
                taken.windows[index].latencies = nil
            } else if other.windows[index].latencies == nil {
                return nil
            }
        }
        return taken
    }

    /// Adds one observation of a probe at its start; latency in seconds.
    public mutating func record(at time: Instant, isError: Bool, latency: Double?) {
        advance(to: time)
        heard(at: time)
        guard counts(time) else { return }
        var sketch = LatencySketch()
        if let latency { sketch.record(seconds: latency) }
        add(Tally(count: 1, errors: isError ? 1 : 0), sketch, at: time)
    }

    /// Whether an observation of that time lies after the last restart.
    func counts(_ time: Instant) -> Bool { floor.map { time >= $0 } ?? true }

    /// Adds a second of a stream; false when every window has left it behind (late), or when it
    /// lies more than `ahead` ahead of the clock.
    public mutating func merge(_ slice: StreamBatch.Slice, now: Instant) -> Bool {
        let (nanoseconds, overflow) = slice.second.multipliedReportingOverflow(by: 1_000_000_000)
        let time = Instant(nanoseconds: nanoseconds)
        advance(to: now)
        guard !overflow, let clock, time <= clock + Self.ahead, covers(time) else { return false }
        heard(at: Swift.min(time + .seconds(1), now))
        // The second in which the windows were restarted belongs half to what was before.
        guard counts(time) else { return true }
        add(Tally(count: slice.count, errors: slice.errors), slice.latency, at: time)
        extras?.add(slice, at: time)
        return true
    }

    /// Observations before `instant` no longer count, whenever they come in. A slice that it
    /// lies in begins anew: what it held could be of either side. Said of one instant again, it
    /// cuts off nothing more.
    public mutating func restart(at instant: Instant) {
        if let floor, instant <= floor { return }
        floor = instant
        gaps.forget(before: instant)
        unrated?.forget(before: instant)
        for index in windows.indices {
            windows[index].tallies.cut(before: instant)
            windows[index].latencies?.cut(before: instant)
        }
        extras?.cut(before: instant)
    }

    /// Nothing is known of the time between (suspend, starvation): it covers no window.
    public mutating func uncover(from: Instant, to: Instant) {
        gaps.add(from: from, to: to)
        unrated?.add(from: from, to: to)
    }

    /// What happened in the time between is known, but not exactly when (lines that were written
    /// while nobody read them may have no time of their own): it is left out of rates.
    mutating func unrate(from: Instant, to: Instant) {
        var times = unrated ?? gaps
        times.add(from: from, to: to)
        unrated = times
    }

    /// The sums of the window of that width; empty when no such window was asked for.
    ///
    /// The latencies share memory with the window until one of them changes: let go of them
    /// before the next observation.
    public mutating func sums(width: Duration, now: Instant) -> Sums {
        guard let index = advance(to: now, width) else { return Sums() }
        var sums = Sums()
        sums.count = windows[index].tallies.store.total.count
        sums.errors = windows[index].tallies.store.total.errors
        if let latencies = windows[index].latencies { sums.latency = latencies.store.total }
        sums.covered = covered(nanoseconds: windows[index].tallies.width)
        return sums
    }

    /// The same without the latencies, which most rules do not ask for.
    mutating func counts(width: Duration, now: Instant) -> (tally: Tally, covered: Duration) {
        guard let index = advance(to: now, width) else { return (Tally(), .zero) }
        return (
            windows[index].tallies.store.total, covered(nanoseconds: windows[index].tallies.width)
        )
    }

    /// The counts of what came in, and in how much time: without gaps, and without what was read
    /// of them later, for its slices would count and their time would not.
    mutating func rated(width: Duration, now: Instant) -> (tally: Tally, time: Duration) {
        let (whole, covered) = counts(width: width, now: now)
        let gaps = unrated ?? gaps
        guard !gaps.isEmpty, let floor, let clock, floor < clock,
            let index = advance(to: now, width)
        else { return (whole, covered) }
        let length = windows[index].tallies.length
        let wide = gaps.widened(to: length)
        let start = Swift.max(floor, clock - width)
        var tally = whole
        windows[index].tallies.store.forEach { number, slice in
            guard wide.contains(Instant(nanoseconds: number &* length)) else { return }
            tally.subtract(slice)
        }
        return (tally, (clock - start) - wide.within(from: start, to: clock))
    }

    /// The place of the window of that width.
    private mutating func advance(to now: Instant, _ width: Duration) -> Int? {
        advance(to: now)
        // By place: a look at a window copies it.
        return windows.indices.first { windows[$0].width == width }
    }

    private mutating func heard(at time: Instant) {
        lastObservation = lastObservation.map { Swift.max($0, time) } ?? time
    }

    private mutating func add(_ tally: Tally, _ latency: LatencySketch, at time: Instant) {
        for index in windows.indices {
            if tally.count > 0 { windows[index].tallies.add(tally, at: time) }
            if latency.count > 0 { windows[index].latencies?.add(latency, at: time) }
        }
    }

    mutating func advance(to now: Instant) {
        if let clock, now <= clock { return }
        clock = now
        if now.nanoseconds > settled.until {
            settled.until = .max
            for index in windows.indices {
                let until = windows[index].tallies.advance(to: now)
                settled.until = Swift.min(settled.until, until)
                if let until = windows[index].latencies?.advance(to: now) {
                    settled.until = Swift.min(settled.until, until)
                }
            }
        }
        extras?.advance(to: now)
        guard !gaps.isEmpty || unrated != nil else { return }
        let start = now - widest
        gaps.forget(before: start)
        unrated?.forget(before: start)
        // Nothing but the gaps is left of it.
        if unrated == gaps { unrated = nil }
    }

    private func covers(_ time: Instant) -> Bool {
        windows.contains { $0.tallies.covers(time) } || (extras?.covers(time) ?? false)
    }

    private var widest: Duration {
        Swift.max(windows.last?.width ?? .zero, extras?.widest ?? .zero)
    }

    /// How much of the last `width` lies after the last restart, gaps taken out.
    func covered(_ width: Duration) -> Duration { covered(nanoseconds: width.nanoseconds) }

    /// Of each window asked for at every event, which knows the number: to make one of a duration
    /// takes a division of 128 bits.
    private func covered(nanoseconds: Int64) -> Duration {
        guard let floor, let clock, floor < clock else { return .zero }
        let start = Swift.max(floor, Instant(nanoseconds: clock.nanoseconds &- nanoseconds))
        if gaps.isEmpty { return clock - start }
        return (clock - start) - gaps.within(from: start, to: clock)
    }
}
