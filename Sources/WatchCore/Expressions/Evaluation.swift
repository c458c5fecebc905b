// What an evaluation comes to: in one word for the hot path, in many for people.

/// The outcome without words.
public struct Finding: Hashable, Sendable {
    public var truth: Truth
    /// Some operand could not be measured.
    public var isBlind: Bool

    public init(truth: Truth, isBlind: Bool = false) {
        self.truth = truth
        self.isBlind = isBlind
    }
}

/// The outcome, with what it was made of.
public struct Evaluation: Hashable, Sendable {
    public var truth: Truth
    /// By the operand's canonical text (`error_rate(access, 2m)`).
    public var readings: [String: Reading]
    /// The parts, for `explain`.
    public var lines: [Explanation.Line]
    /// The comparisons that make the outcome what it is, a sentence each.
    public var reasons: [String]

    public init(
        truth: Truth, readings: [String: Reading], lines: [Explanation.Line],
        reasons: [String] = []
    ) {
        self.truth = truth
        self.readings = readings
        self.lines = lines
        self.reasons = reasons
    }

    public var finding: Finding {
        Finding(
            truth: truth,
            isBlind: readings.values.contains { if case .blind = $0.gap { true } else { false } })
    }
}

extension Reading.Gap {
    /// In words, for status and explain.
    func text(samples: Int) -> String {
        switch self {
        case .tooFewSamples(let needed): "\(samples) of \(needed) samples"
        case .warmingUp: "warming up"
        case .blind(let why): "blind (\(why))"
        case .noData: "no data yet"
        case .undefined: "undefined (division by zero)"
        }
    }
}
