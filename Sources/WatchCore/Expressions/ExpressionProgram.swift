// An expression as a row of steps over numbers, for the hot path: ten thousand triggers are
// evaluated every second, and none of that may make a string or a dictionary.
//
// Truth is a number here too: 1 true, 0 false, and NaN unknown, which is also what an unknown
// number is. So Kleene's rules and "whatever is computed of the unknown is unknown" come of
// arithmetic.

/// What an evaluation is told besides the readings.
public struct EvaluationTerms: Hashable, Sendable {
    /// The normal quantile of `confidence`; nil: ratios are compared as they are.
    var z: Double?
    /// 1 − SLO, for the bounds of a burn rate.
    var errorBudget: Double?

    init(z: Double? = nil, errorBudget: Double? = nil) {
        self.z = z
        self.errorBudget = errorBudget
    }

    /// - Parameters: both 0…1; see `Judgement.confidence` and `ServiceConfiguration.slo`.
    public init(confidence: Double?, slo: Double?) {
        z = confidence.map(NormalDistribution.quantile)
        errorBudget = slo.map { 1 - $0 }
    }

    /// As it is.
    public static let plain = EvaluationTerms()
}

/// A reading as far as a verdict asks: no words, so that nothing is copied but numbers.
struct Figure {
    /// NaN: unknown.
    var value: Double
    var samples: Int
    /// It could not be measured.
    var isBlind = false

    static let unknown = Figure(value: .nan, samples: 0)
    static let blind = Figure(value: .nan, samples: 0, isBlind: true)

    init(value: Double, samples: Int, isBlind: Bool = false) {
        self.value = value
        self.samples = samples
        self.isBlind = isBlind
    }

    init(_ reading: Reading) {
        value = reading.value ?? .nan
        samples = reading.samples
        if case .blind = reading.gap { isBlind = true }
    }
}

struct ExpressionProgram: Sendable {
    /// The places are those of earlier steps.
    enum Step: Sendable {
        case number(Double)
        /// Index among the operands.
        case operand(Int)
        case negative(Int)
        case arithmetic(ExpressionNode.Arithmetic, Int, Int)
        case comparison(Comparing)
        case not(Int)
        case and(Int, Int)
        case or(Int, Int)
    }

    struct Comparing: Sendable {
        var sign: ExpressionNode.Comparison
        var left: Side
        var right: Side
        /// Under an odd number of `not`s, where what must be sure is the opposite.
        var isNegated: Bool
    }

    /// One side of a comparison.
    struct Side: Sendable {
        var place: Int
        /// Set when the side is nothing but a ratio estimated from samples.
        var sampled: Sampled?
    }

    struct Sampled: Sendable {
        var operand: Int
        var isBurnRate: Bool
    }

    private(set) var steps: [Step] = []
    private let operandCount: Int
    // Which steps are no more than a number or an operand, and which are to be computed: known
    // beforehand, because to find out at every evaluation takes as long as all the rest of it.
    private var numbers: [(place: Int, number: Double)] = []
    private var reads: [(place: Int, operand: Int)] = []
    private var computed: [Int] = []

    init(_ root: ExpressionNode, operands: [Operand]) {
        operandCount = operands.count
        let places = Dictionary(
            operands.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        _ = add(root, places, isNegated: false)
        for place in steps.indices {
            switch steps[place] {
            case .number(let number): numbers.append((place, number))
            case .operand(let operand): reads.append((place, operand))
            case .negative, .arithmetic, .comparison, .not, .and, .or: computed.append(place)
            }
        }
    }

    /// Parts first, left before right; the place of a node is that of its own step.
    private mutating func add(
        _ node: ExpressionNode, _ places: [Operand: Int], isNegated: Bool
    ) -> Int {
        let step: Step
        switch node {
        case .literal(let value, _, _): step = .number(value)
        case .operand(let operand): step = .operand(places[operand] ?? 0)
        case .negative(let inner):
            step = .negative(add(inner, places, isNegated: isNegated))
        case .arithmetic(let sign, let a, let b, _):
            let left = add(a, places, isNegated: isNegated)
            step = .arithmetic(sign, left, add(b, places, isNegated: isNegated))
        case .comparison(let sign, let a, let b):
            let left = side(a, places)
            step = .comparison(
                Comparing(sign: sign, left: left, right: side(b, places), isNegated: isNegated))
        case .not(let inner): step = .not(add(inner, places, isNegated: !isNegated))
        case .and(let a, let b):
            let left = add(a, places, isNegated: isNegated)
            step = .and(left, add(b, places, isNegated: isNegated))
        case .or(let a, let b):
            let left = add(a, places, isNegated: isNegated)
            step = .or(left, add(b, places, isNegated: isNegated))
        }
        steps.append(step)
        return steps.count - 1
    }

    private mutating func side(_ node: ExpressionNode, _ places: [Operand: Int]) -> Side {
        let place = add(node, places, isNegated: false)
        guard case .operand(let operand) = node, operand.isSampledRatio else {
            return Side(place: place)
        }
        let isBurnRate = if case .burnRate = operand { true } else { false }
        return Side(
            place: place, sampled: Sampled(operand: places[operand] ?? 0, isBurnRate: isBurnRate))
    }

    // MARK: - Running

    /// The value of the whole: 1, 0 or NaN. Each operand is read once.
    func run(_ terms: EvaluationTerms, _ read: (Int) -> Figure) -> Double {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: steps.count + 2 * operandCount) {
            fill($0, terms, read)
            return steps.isEmpty ? .nan : $0[steps.count - 1]
        }
    }

    /// The value of every step, for an explanation.
    func trace(_ terms: EvaluationTerms, _ read: (Int) -> Reading) -> [Double] {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: steps.count + 2 * operandCount) {
            fill($0, terms) { Figure(read($0)) }
            return Array($0[..<steps.count])
        }
    }

    /// Values of the steps, then those of the operands, then their samples.
    private func fill(
        _ values: UnsafeMutableBufferPointer<Double>, _ terms: EvaluationTerms,
        _ read: (Int) -> Figure
    ) {
        let first = steps.count
        for operand in 0..<operandCount {
            let figure = read(operand)
            // What is no number decides nothing.
            let value = figure.value
            values.initializeElement(at: first + operand, to: value.isFinite ? value : .nan)
            values.initializeElement(
                at: first + operandCount + operand, to: Double(figure.samples))
        }
        for (place, number) in numbers { values.initializeElement(at: place, to: number) }
        for (place, operand) in reads {
            values.initializeElement(at: place, to: values[first + operand])
        }
        for place in computed {
            values.initializeElement(at: place, to: value(of: steps[place], values, terms))
        }
    }

    private func value(
        of step: Step, _ values: UnsafeMutableBufferPointer<Double>, _ terms: EvaluationTerms
    ) -> Double {
        switch step {
        case .number(let number): return number
        case .operand(let operand): return values[steps.count + operand]
        case .negative(let a): return -values[a]
        case .arithmetic(let sign, let a, let b):
            let result = sign.apply(values[a], values[b])
            return result.isFinite ? result : .nan
        case .comparison(let comparing):
            let left = values[comparing.left.place]
            let right = values[comparing.right.place]
            guard !left.isNaN, !right.isNaN else { return .nan }
            let (a, b) = bounded(comparing, left, right, terms) {
                values[steps.count + operandCount + $0]
            }
            return comparing.holds(a, b) ? 1 : 0
        case .not(let a): return 1 - values[a]
        case .and(let a, let b):
            if values[a] == 0 || values[b] == 0 { return 0 }
            return values[a] * values[b]
        case .or(let a, let b):
            if values[a] == 1 || values[b] == 1 { return 1 }
            return values[a] + values[b]
        }
    }

    /// Both sides as they are compared: by their Wilson bounds where `confidence` asks for it.
    func bounded(
        _ comparing: Comparing, _ left: Double, _ right: Double, _ terms: EvaluationTerms,
        samples: (Int) -> Double
    ) -> (Double, Double) {
        guard let z = terms.z, let isLow = comparing.isLeftLow else { return (left, right) }
        return (
            comparing.left.sampled?.bound(
                left, samples(comparing.left.sampled?.operand ?? 0), z, terms, isLower: isLow)
                ?? left,
            comparing.right.sampled?.bound(
                right, samples(comparing.right.sampled?.operand ?? 0), z, terms, isLower: !isLow)
                ?? right
        )
    }
}

extension ExpressionProgram.Comparing {
    /// The comparison that must be sure.
    private var sure: ExpressionNode.Comparison { isNegated ? sign.opposite : sign }

    /// Whether the left side counts by its lower bound; nil: equality knows no bounds.
    var isLeftLow: Bool? {
        switch sure {
        case .greater, .greaterOrEqual: true
        case .less, .lessOrEqual: false
        case .equal, .notEqual: nil
        }
    }

    func holds(_ a: Double, _ b: Double) -> Bool {
        isNegated ? !sure.holds(a, b) : sure.holds(a, b)
    }
}

extension ExpressionProgram.Sampled {
    /// nil: there is nothing to estimate from.
    fileprivate func bound(
        _ value: Double, _ samples: Double, _ z: Double, _ terms: EvaluationTerms, isLower: Bool
    ) -> Double? {
        guard samples > 0 else { return nil }
        let scale = isBurnRate ? terms.errorBudget ?? 1 : 1
        let share = Swift.min(1, Swift.max(0, value * scale))
        let bound =
            isLower
            ? Wilson.lower(share, samples: samples, z: z)
            : Wilson.upper(share, samples: samples, z: z)
        return bound / scale
    }
}

extension ExpressionNode.Arithmetic {
    /// NaN and infinity: unknown.
    func apply(_ a: Double, _ b: Double) -> Double {
        switch self {
        case .add: a + b
        case .subtract: a - b
        case .multiply: a * b
        case .divide: a / b
        }
    }
}

extension ExpressionNode.Comparison {
    func holds(_ a: Double, _ b: Double) -> Bool {
        switch self {
        case .less: a < b
        case .lessOrEqual: a <= b
        case .greater: a > b
        case .greaterOrEqual: a >= b
        case .equal: a == b
        case .notEqual: a != b
        }
    }

    /// True when this one is false.
    var opposite: ExpressionNode.Comparison {
        switch self {
        case .less: .greaterOrEqual
        case .lessOrEqual: .greater
        case .greater: .lessOrEqual
        case .greaterOrEqual: .less
        case .equal: .notEqual
        case .notEqual: .equal
        }
    }
}

extension Truth {
    /// 1, 0 and NaN.
    init(_ value: Double) {
        self = value == 1 ? .true : value == 0 ? .false : .unknown
    }
}
