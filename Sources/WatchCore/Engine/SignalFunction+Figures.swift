// What one window comes to: with words for whoever wants them, and as bare numbers for verdicts,
// which are asked for thousands of times a second.

extension ServiceEngine.AskedWindow {
    func figure(
        _ windows: inout SignalWindows, _ needed: Int, _ warmUp: Duration, _ now: Instant
    ) -> Figure {
        guard !function.isOfLatency else {
            let sums = windows.sums(width: width, now: now)
            guard sums.covered >= Swift.min(width, warmUp) else { return .unknown }
            return Figure(function.reading(sums, width: width, needed: needed))
        }
        let (tally, covered) = windows.counts(width: width, now: now)
        guard covered >= Swift.min(width, warmUp) else { return .unknown }
        guard function == .rate else {
            return function.figure(tally, covered, width: width, needed: needed)
        }
        let (rated, time) = windows.rated(width: width, now: now)
        return function.figure(rated, time, width: width, needed: needed)
    }
}

extension SignalFunction {
    /// The function's value over the sums of one window.
    func reading(_ sums: SignalWindows.Sums, width: Duration, needed: Int) -> Reading {
        switch self {
        case .count, .errors, .rate, .errorRate, .successRate:
            return reading(
                Tally(count: sums.count, errors: sums.errors), sums.covered, width: width,
                needed: needed)
        case .percentile(let p): return latency(sums, needed) { $0.percentile(p) }
        case .mean: return latency(sums, needed) { $0.mean }
        case .max: return latency(sums, needed) { $0.max }
        }
    }

    /// The same of what asks for no latency.
    func reading(
        _ tally: Tally, _ covered: Duration, width: Duration, needed: Int
    ) -> Reading {
        let figure = figure(tally, covered, width: width, needed: needed)
        guard figure.value.isNaN else {
            return Reading(value: figure.value, samples: figure.samples)
        }
        let gap: Reading.Gap = self == .rate ? .warmingUp : .tooFewSamples(needed: needed)
        return Reading(gap: gap, samples: figure.samples)
    }

    /// - Parameter covered: the time that the counts are of.
    /// Unknown: there are too few samples.
    func figure(
        _ tally: Tally, _ covered: Duration, width: Duration, needed: Int
    ) -> Figure {
        let count = Double(tally.count)
        let value: Double
        switch self {
        case .count: value = count
        case .errors: value = Double(tally.errors)
        case .rate:
            // Since a restart the window is only as wide as what it covers.
            value =
                covered <= .zero
                ? .nan : count / Swift.min(width, Swift.max(.seconds(1), covered)).seconds
        case .errorRate:
            value = tally.count >= Swift.max(1, needed) ? Double(tally.errors) / count : .nan
        case .successRate:
            value = tally.count >= Swift.max(1, needed) ? 1 - Double(tally.errors) / count : .nan
        case .percentile, .mean, .max: value = .nan
        }
        return Figure(value: value, samples: tally.count)
    }

    private func latency(
        _ sums: SignalWindows.Sums, _ needed: Int, _ value: (LatencySketch) -> Double?
    ) -> Reading {
        let samples = sums.latency.count
        guard samples >= Swift.max(1, needed), let value = value(sums.latency) else {
            return Reading(gap: .tooFewSamples(needed: needed), samples: samples)
        }
        return Reading(value: value, samples: samples)
    }
}
