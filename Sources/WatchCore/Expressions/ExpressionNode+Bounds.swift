// Interval arithmetic over what operands can be at all: finds rules that can never fire, which
// are worse than none, because somebody relies on them.

extension ExpressionNode {
    private typealias Bounds = (low: Double, high: Double)

    /// false: surely never true.
    func canBeTrue(_ most: (Operand) -> Double?) -> Bool {
        switch self {
        case .and(let a, let b): a.canBeTrue(most) && b.canBeTrue(most)
        case .or(let a, let b): a.canBeTrue(most) || b.canBeTrue(most)
        case .not(let node): node.canBeFalse(most)
        case .comparison(let sign, let a, let b):
            Self.canHold(sign, a.bounds(most), b.bounds(most))
        case .literal, .operand, .negative, .arithmetic: true
        }
    }

    private func canBeFalse(_ most: (Operand) -> Double?) -> Bool {
        switch self {
        case .and(let a, let b): a.canBeFalse(most) || b.canBeFalse(most)
        case .or(let a, let b): a.canBeFalse(most) && b.canBeFalse(most)
        case .not(let node): node.canBeTrue(most)
        case .comparison(let sign, let a, let b):
            Self.canHold(sign.opposite, a.bounds(most), b.bounds(most))
        case .literal, .operand, .negative, .arithmetic: true
        }
    }

    private static func canHold(_ sign: Comparison, _ a: Bounds, _ b: Bounds) -> Bool {
        switch sign {
        case .less: a.low < b.high
        case .lessOrEqual: a.low <= b.high
        case .greater: a.high > b.low
        case .greaterOrEqual: a.high >= b.low
        case .equal: a.low <= b.high && b.low <= a.high
        case .notEqual: !(a.low == a.high && b.low == b.high && a.low == b.low)
        }
    }

    private func bounds(_ most: (Operand) -> Double?) -> Bounds {
        let all: Bounds = (-.infinity, .infinity)
        switch self {
        case .literal(let value, _, _): return (value, value)
        case .operand(let operand):
            switch operand.type {
            case .ratio: return (0, 1)
            case .duration: return (0, LatencyBins.longest)
            case .number:
                if case .up = operand { return (0, 1) }
                return (0, most(operand) ?? .infinity)
            case .truth: return all
            }
        case .negative(let node):
            let inner = node.bounds(most)
            return (-inner.high, -inner.low)
        case .arithmetic(let sign, let a, let b, _):
            let left = a.bounds(most)
            let right = b.bounds(most)
            switch sign {
            case .add: return (left.low + right.low, left.high + right.high)
            case .subtract: return (left.low - right.high, left.high - right.low)
            case .multiply: return Self.products(left, right)
            case .divide: return Self.quotients(left, right)
            }
        case .comparison, .not, .and, .or: return all
        }
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

extension ExpressionNode.Comparison {
    fileprivate var opposite: ExpressionNode.Comparison {
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
