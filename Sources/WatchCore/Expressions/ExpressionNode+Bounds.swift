// Interval arithmetic over what operands can be at all: finds rules that can never fire, which
// are worse than none, because somebody relies on them.

/// What is known of operands before anything was measured.
public struct ExpressionLimits {
    /// How ratios are compared.
    public var terms: EvaluationTerms
    /// The largest value of an operand, where it is less than its kind allows.
    public var most: (Operand) -> Double?
    /// The most samples an operand can have; nil: any number.
    public var samples: (Operand) -> Double?

    public init(
        terms: EvaluationTerms = .plain, most: @escaping (Operand) -> Double? = { _ in nil },
        samples: @escaping (Operand) -> Double? = { _ in nil }
    ) {
        self.terms = terms
        self.most = most
        self.samples = samples
    }
}

extension Expression {
    /// false: whatever is measured, it cannot be true, by the bounds of its operands (ratios lie
    /// between 0 and 1; nothing is negative) and what `limits` tells of them.
    public func canBeTrue(_ limits: ExpressionLimits = ExpressionLimits()) -> Bool {
        root.canBeTrue(limits)
    }

    /// false: whatever is measured, it cannot be false. With `confidence` in `limits` this says
    /// nothing: what is not surely more is not surely less either.
    public func canBeFalse(_ limits: ExpressionLimits = ExpressionLimits()) -> Bool {
        root.canBeFalse(limits)
    }
}

extension ExpressionNode {
    private typealias Bounds = (low: Double, high: Double)

    /// false: surely never true.
    func canBeTrue(_ limits: ExpressionLimits) -> Bool {
        switch self {
        case .and(let a, let b): a.canBeTrue(limits) && b.canBeTrue(limits)
        case .or(let a, let b): a.canBeTrue(limits) || b.canBeTrue(limits)
        case .not(let node): node.canBeFalse(limits)
        case .comparison(let sign, let a, let b): Self.canHold(sign, a, b, limits)
        case .literal, .operand, .negative, .arithmetic: true
        }
    }

    func canBeFalse(_ limits: ExpressionLimits) -> Bool {
        switch self {
        case .and(let a, let b): a.canBeFalse(limits) || b.canBeFalse(limits)
        case .or(let a, let b): a.canBeFalse(limits) && b.canBeFalse(limits)
        case .not(let node): node.canBeTrue(limits)
        case .comparison(let sign, let a, let b): Self.canHold(sign.opposite, a, b, limits)
        case .literal, .operand, .negative, .arithmetic: true
        }
    }

    private static func canHold(
        _ sign: Comparison, _ left: ExpressionNode, _ right: ExpressionNode,
        _ limits: ExpressionLimits
    ) -> Bool {
        let isLeftLow = [.greater, .greaterOrEqual].contains(sign)
        let isBounded = sign != .equal && sign != .notEqual
        let a = left.bounds(limits, isLower: isBounded ? isLeftLow : nil)
        let b = right.bounds(limits, isLower: isBounded ? !isLeftLow : nil)
        switch sign {
        case .less: return a.low < b.high
        case .lessOrEqual: return a.low <= b.high
        case .greater: return a.high > b.low
        case .greaterOrEqual: return a.high >= b.low
        case .equal: return a.low <= b.high && b.low <= a.high
        case .notEqual: return !(a.low == a.high && b.low == b.high && a.low == b.low)
        }
    }

    /// As one side of a comparison, where `confidence` may put a Wilson bound in its place.
    private func bounds(_ limits: ExpressionLimits, isLower: Bool?) -> Bounds {
        let plain = bounds(limits)
        guard let isLower, let z = limits.terms.z, case .operand(let operand) = self,
            operand.isSampledRatio
        else { return plain }
        // However many there are, one is never quite sure of 100 % or 0 %.
        let samples = Swift.max(1, limits.samples(operand) ?? 0x1p40)
        let scale = operand.type == .ratio ? 1 : limits.terms.errorBudget ?? 1
        return isLower
            ? (plain.low, Swift.min(plain.high, Wilson.lower(1, samples: samples, z: z) / scale))
            : (Swift.max(plain.low, Wilson.upper(0, samples: samples, z: z) / scale), plain.high)
    }

    private func bounds(_ limits: ExpressionLimits) -> Bounds {
        switch self {
        case .literal(let value, _, _): return (value, value)
        case .operand(let operand):
            let bounds = operand.bounds(limits.terms)
            return (bounds.low, Swift.min(bounds.high, limits.most(operand) ?? .infinity))
        case .negative(let node):
            let inner = node.bounds(limits)
            return (-inner.high, -inner.low)
        case .arithmetic(let sign, let a, let b, _):
            let left = a.bounds(limits)
            let right = b.bounds(limits)
            switch sign {
            case .add: return (left.low + right.low, left.high + right.high)
            case .subtract: return (left.low - right.high, left.high - right.low)
            case .multiply: return Self.products(left, right)
            case .divide:
                let quotients = Self.quotients(left, right)
                return Self.isShare(a, of: b)
                    ? (quotients.low, Swift.min(quotients.high, 1)) : quotients
            }
        case .comparison, .not, .and, .or: return (-.infinity, .infinity)
        }
    }

    /// Whether one counts some of what the other counts: the errors of a window among all in it.
    private static func isShare(_ a: ExpressionNode, of b: ExpressionNode) -> Bool {
        guard case .operand(.signal(.errors, let part, let partWidth)) = a,
            case .operand(.signal(.count, let whole, let wholeWidth)) = b
        else { return false }
        return part == whole && partWidth <= wholeWidth
    }

    private static func products(_ a: Bounds, _ b: Bounds) -> Bounds {
        // Nothing is infinite really: 0 times whatever is 0.
        let all = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high]
            .map { $0.isNaN ? 0 : $0 }
        return (all.min() ?? -.infinity, all.max() ?? .infinity)
    }

    /// What is divided by zero is unknown, so zero itself is left out of the divisor.
    private static func quotients(_ a: Bounds, _ b: Bounds) -> Bounds {
        if b.low < 0, b.high > 0 { return (-.infinity, .infinity) }
        if b.low >= 0 { return products(a, (1 / b.high, b.low == 0 ? .infinity : 1 / b.low)) }
        return products(a, (b.high == 0 ? -.infinity : 1 / b.high, 1 / b.low))
    }
}

extension Operand {
    fileprivate func bounds(_ terms: EvaluationTerms) -> (low: Double, high: Double) {
        switch self {
        case .signal, .failing, .parseFailures, .failingRoutes, .affected, .matches, .restarts,
            .overrun:
            switch type {
            case .ratio: (0, 1)
            case .duration: (0, LatencyBins.longest)
            case .number, .truth: (0, .infinity)
            }
        case .up: (0, 1)
        // All requests fail: no error budget burns faster.
        case .burnRate: (0, terms.errorBudget.map { 1 / $0 } ?? .infinity)
        case .releaseAge: (0, .infinity)
        case .baseline(let operand): operand.bounds(terms)
        }
    }
}
