// What an expression can ask about, and what the answer looks like.

/// A measured value an expression is built of, as typed in the configuration.
public enum Operand: Hashable, Sendable {
    /// `error_rate(access, 2m)`: one function of one signal over one window.
    case signal(SignalFunction, signal: String, width: Duration)
    /// `failing(a, b)`: the share of these probes whose state is failing; none named: of all.
    case failing([String])
    /// `up(a)`: 1 while the probe's state is passing, else 0.
    case up(String)
    /// `matches(app.data_loss, 1m)`: lines that matched a pattern of a stream.
    case matches(stream: String, pattern: String, width: Duration)
    /// `restarts(unit, 5m)`: how often the unit of a probe was started again by itself.
    case restarts(unit: String, width: Duration)
    /// `parse_failures(access, 5m)`: the share of lines that do not fit the format.
    case parseFailures(stream: String, width: Duration)
    /// `failing_routes(access, 5m)`: the share of routes whose error rate is over 50 %.
    case failingRoutes(stream: String, width: Duration)
    /// `affected(access.user, 5m)`: the share of a field's distinct values that saw an error.
    case affected(stream: String, field: String, width: Duration)
    /// `burn_rate(access, 1h)`: how many times faster than the SLO allows errors come.
    case burnRate(signal: String, width: Duration)
    /// `overrun(migration)`: elapsed time of a running operation over its estimate.
    case overrun(operation: String)
    /// `release_age()`: how long ago the running deployment began; seconds.
    case releaseAge
    /// `baseline(p95(access, 5m))`: the same function over healthy time of the last known good.
    indirect case baseline(Operand)
}

/// What can be computed of a window.
public enum SignalFunction: Hashable, Sendable {
    case errorRate, successRate
    case count, errors
    /// Per second.
    case rate
    /// 0 < p < 100; seconds.
    case percentile(Double)
    /// Seconds.
    case mean, max

    /// Whether it needs `min_samples` in the window (counts never do).
    public var needsSamples: Bool {
        switch self {
        case .errorRate, .successRate, .percentile, .mean, .max: true
        case .count, .errors, .rate: false
        }
    }

    /// What grows with the width of its window cannot be compared with an hour of the past.
    var hasBaseline: Bool {
        switch self {
        case .errorRate, .successRate, .rate, .percentile, .mean, .max: true
        case .count, .errors: false
        }
    }
}

extension Operand {
    /// The probe or stream it is measured of; nil: several, or none.
    public var signal: String? {
        switch self {
        case .signal(_, let signal, _), .burnRate(let signal, _): signal
        case .up(let probe), .restarts(let probe, _): probe
        case .matches(let stream, _, _), .parseFailures(let stream, _),
            .failingRoutes(let stream, _), .affected(let stream, _, _):
            stream
        case .baseline(let operand): operand.signal
        case .failing, .overrun, .releaseAge: nil
        }
    }

    /// Whether a share is estimated from samples, so that `confidence` has something to say.
    /// `failing` and `failing_routes` are counted out: their probes and routes are all there are.
    public var isSampledRatio: Bool {
        switch self {
        case .signal(.errorRate, _, _), .signal(.successRate, _, _), .parseFailures, .affected,
            .burnRate:
            true
        case .signal, .failing, .up, .matches, .restarts, .failingRoutes, .overrun, .releaseAge,
            .baseline:
            false
        }
    }
}

/// A reading of an operand: a value, or why there is none. "Too few samples" and "could not
/// measure" are answers.
public struct Reading: Hashable, Sendable {
    /// Ratios as 0…1, durations in seconds, counts; nil when unknown.
    public var value: Double?
    /// Observations behind it: lines of a stream, results of a probe, probes of `failing`, routes
    /// of `failing_routes`, distinct values of `affected`.
    public var samples: Int
    /// Why there is no value.
    public var gap: Gap?

    public enum Gap: Hashable, Sendable {
        /// Fewer than `min_samples`.
        case tooFewSamples(needed: Int)
        /// The window does not cover enough time since it was restarted.
        case warmingUp
        /// The signal could not be measured; the text says why (`unreadable`, `unparsed`, …).
        case blind(String)
        /// Nothing was ever heard of the signal.
        case noData
        /// A division by zero.
        case undefined
    }

    public init(value: Double, samples: Int) {
        self.value = value
        self.samples = samples
    }

    public init(gap: Gap, samples: Int = 0) {
        self.gap = gap
        self.samples = samples
    }
}

/// Three-valued (Kleene) truth.
public enum Truth: String, Hashable, Sendable, Codable {
    case `true`, `false`, unknown
}
