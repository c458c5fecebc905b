// What an expression can ask about, and what the answer looks like.

/// A measured value an expression is built of, as typed in the configuration.
public enum Operand: Hashable, Sendable {
    /// `error_rate(access, 2m)`: one function of one signal over one window.
    case signal(SignalFunction, signal: String, width: Duration)
    /// `failing(a, b)`: the share of these probes whose state is failing.
    case failing([String])
    /// `up(a)`: 1 while the probe's state is passing, else 0.
    case up(String)
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
}

/// A reading of an operand: a value, or why there is none. "Too few samples" and "could not
/// measure" are answers.
public struct Reading: Hashable, Sendable {
    /// Ratios as 0…1, durations in seconds, counts; nil when unknown.
    public var value: Double?
    /// Observations behind it: lines of a stream, results of a probe, probes of `failing`.
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
