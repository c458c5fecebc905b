// What is normal: the last known good release's own figures, to compare the running one with
// (DESIGN "Baseline"). The seconds that are evidence of health are healthy time; what came in
// during them is the running release's, and is left to it when it is replaced.

extension ServiceEngine {
    /// Releases whose baselines are kept, the running one aside: the last known good one, and those
    /// that become it when others turn out bad.
    static let baselinesKept = 3
    /// A ratio's baseline is at least this: of something that hardly ever fails "twice as often"
    /// would be a single failure.
    static let leastRatio = 0.001

    /// `function` over the last `baseline_window` of the last known good release's healthy time.
    /// - Parameter needed: the signal's `min_samples`; a baseline needs ten times as many.
    mutating func baselineReading(
        of function: SignalFunction, signal: String, needed: Int
    ) -> Reading {
        guard let known = baseline.known, let sample = known.samples[signal] else {
            return Reading(gap: .noData)
        }
        let wanted = Swift.max(1, needed).multipliedReportingOverflow(by: 10).partialValue
        var sums = SignalWindows.Sums()
        sums.count = sample.tally.count
        sums.errors = sample.tally.errors
        sums.latency = sample.latency
        sums.covered = known.healthy
        let samples = function.isOfLatency ? sums.latency.count : sums.count
        guard samples >= wanted else {
            return Reading(gap: .tooFewSamples(needed: wanted), samples: samples)
        }
        var reading = function.reading(sums, width: known.healthy, needed: wanted)
        if function.isRatio { reading.value = reading.value.map { Swift.max($0, Self.leastRatio) } }
        return reading
    }

    // MARK: - Gathering

    /// An observation that counts in the signal's windows.
    mutating func noteForBaseline(
        _ signal: String, at time: Instant, _ sample: () -> ReleaseBaseline.Sample
    ) {
        // What is older than the restart of the windows is another release's.
        guard !asked.baselines.isEmpty, asked.baselines.contains(signal), time >= restarted else {
            return
        }
        baseline.note(sample(), of: signal)
    }

    /// The run-up to a breach passed for healthy, because the breach was not there yet: what came
    /// in during the windows that made it true is no baseline.
    mutating func forgetRunUpOfBreach(_ now: Instant) {
        guard !asked.baselines.isEmpty else { return }
        baseline.discard()
        var widest = Duration.zero
        for index in triggers.indices
        where triggers.values[index].isBreached && configuration.triggers[index].isGrave {
            let operands = configuration.triggers[index].when.operands
            widest = operands.compactMap(\.width).reduce(widest, Swift.max)
        }
        baseline.running?.forget(
            since: now - Swift.min(widest, configuration.baselineWindow / 2))
    }

    /// Which release the baseline belongs to, and which one answers.
    mutating func syncBaseline(_ context: inout Context) {
        guard !asked.baselines.isEmpty else { return }
        // Asked at every event: mostly nothing has changed, and nothing is copied to find that out.
        if !state.book.isRunning(exactly: baseline.running?.release) { gatherForRunning(&context) }
        if hasBaselinesToPrune() { pruneBaselines(&context) }
        if baseline.isUnsaved {
            baseline.isUnsaved = false
            context.isDirty = true
        }
        let good = Self.normalRelease(state.book)
        guard baseline.known?.release != good else { return }
        let stored = good.flatMap { Self.storedBaseline(state.baselines, of: $0) }
        baseline.known = stored.map {
            BaselineGathering.Known(
                release: good ?? $0.release, healthy: $0.healthy, samples: $0.merged)
        }
    }

    @inline(never)
    private mutating func gatherForRunning(_ context: inout Context) {
        let running = state.book.running
        if let gathered = baseline.running,
            running.map({ !$0.release.matches(gathered.release) }) ?? true
        {
            leaveBaseline(gathered, to: running?.began.boot, &context)
        }
        if baseline.running == nil, let running {
            baseline.running =
                Self.storedBaseline(state.baselines, of: running.release)
                ?? ReleaseBaseline(release: running.release)
        }
        if let release = running?.release { baseline.running?.release = release }
    }

    /// Whose figures are what is normal. Of a good release that a rollback has put there that is
    /// itself, as it was before: what was slow must be seen to be as fast as it used to be.
    private static func normalRelease(_ book: ReleaseBook) -> ReleaseIdentity? {
        if let running = book.rolledBackTo, book.standing(of: running) == .good { return running }
        return book.lastKnownGoodIdentity
    }

    private static func storedBaseline(
        _ stored: [ReleaseBaseline]?, of release: ReleaseIdentity
    ) -> ReleaseBaseline? {
        stored?.first { $0.release.matches(release) }
    }

    /// The release was replaced at `instant`: what came in since was its successor's.
    private mutating func leaveBaseline(
        _ gathered: ReleaseBaseline, to instant: Instant?, _ context: inout Context
    ) {
        baseline.discard()
        baseline.running = nil
        var left = gathered
        if let instant { left.forget(since: instant) }
        guard left.healthy > .zero else { return }
        var all = state.baselines ?? []
        all.removeAll { $0.release.matches(left.release) }
        all.append(left.coarsened())
        state.baselines = all
        baseline.known = nil
        context.isDirty = true
    }

    private mutating func hasBaselinesToPrune() -> Bool {
        guard let all = state.baselines, !all.isEmpty else { return false }
        if all.count > Self.baselinesKept { return true }
        for place in all.indices
        where (state.book.standing(of: all[place].release) ?? .bad) == .bad {
            return true
        }
        return false
    }

    /// Bad and forgotten releases give their memory back, and of the others only a few are kept.
    @inline(never)
    private mutating func pruneBaselines(_ context: inout Context) {
        guard var all = state.baselines else { return }
        let book = state.book
        let standing = { (baseline: ReleaseBaseline) in book.standing(of: baseline.release) }
        let isBad = { (baseline: ReleaseBaseline) in (standing(baseline) ?? .bad) == .bad }
        let before = all.count
        all.removeAll(where: isBad)
        if all.count > Self.baselinesKept {
            let good = Self.normalRelease(state.book)
            let others = all.indices.filter { !(good?.matches(all[$0].release) ?? false) }
            let first = others.first { standing(all[$0]) == .baking } ?? others.first
            if let first { all.remove(at: first) }
        }
        guard all.count != before else { return }
        state.baselines = all
        baseline.known = nil
        context.isDirty = true
    }

    // MARK: - Through restart and reload

    /// What an earlier run gathered of the release that still runs.
    mutating func restoreBaseline(
        _ saved: ReleaseBaseline?, madeFor old: ServiceConfiguration, isSameBoot: Bool
    ) {
        if var saved, let running = state.book.running?.release, saved.release.matches(running) {
            if !isSameBoot { saved.forgetInstants() }
            baseline.running = saved
        }
        forgetBaselines(changedFrom: old)
    }

    /// A signal that is measured in another way now has no baseline yet.
    mutating func forgetBaselines(changedFrom old: ServiceConfiguration) {
        let probes = configuration.probes.filter { $0.kind != old.probe($0.name)?.kind }
        let streams = configuration.streams.filter { $0 != old.stream($0.name) }
        let changed = Set(probes.map(\.name) + streams.map(\.name))
        guard !changed.isEmpty else { return }
        baseline.running?.forget(signals: changed)
        for index in state.baselines?.indices ?? 0..<0 {
            state.baselines?[index].forget(signals: changed)
            baseline.isUnsaved = true
        }
        baseline.known = nil
    }
}

extension Operand {
    /// The window it looks at; nil: it looks at none.
    fileprivate var width: Duration? {
        switch self {
        case .signal(_, _, let width), .burnRate(_, let width), .matches(_, _, let width),
            .restarts(_, let width), .parseFailures(_, let width), .failingRoutes(_, let width),
            .affected(_, _, let width):
            width
        case .failing, .up, .overrun, .releaseAge, .baseline: nil
        }
    }
}

extension SignalFunction {
    /// Whether its samples are observations that had a latency.
    var isOfLatency: Bool {
        switch self {
        case .percentile, .mean, .max: true
        case .errorRate, .successRate, .count, .errors, .rate: false
        }
    }

    fileprivate var isRatio: Bool {
        switch self {
        case .errorRate, .successRate: true
        case .percentile, .mean, .max, .count, .errors, .rate: false
        }
    }
}
