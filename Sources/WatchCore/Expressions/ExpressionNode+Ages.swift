// Windows say nothing for some time after a deployment. A rule that asks for a release younger than
// that, and for a window, waits for two things that never come together.

extension Expression {
    /// false: by the time that its windows answer, `release_age()` is over what it asks for.
    public func canBeTrueAtSomeAge(warmUp: Duration) -> Bool {
        guard let ages = root.ages(wanted: true, warmUp) else { return false }
        return !ages.isEmpty
    }

    /// So old is a deployment when this can first be true: until then windows and probes say
    /// nothing, or `release_age()` does not. nil: at no age.
    public func earliestAge(warmUp: Duration) -> Duration? {
        guard let ages = root.ages(wanted: true, warmUp), !ages.isEmpty else { return nil }
        return .seconds(Swift.min(ages.low, 1e9))
    }
}

/// Ages of a deployment in seconds: the hull of those at which something can be so.
private struct Ages {
    var low = 0.0
    var high = Double.infinity
    /// `high` itself is one of them.
    var isClosed = true

    var isEmpty: Bool { low > high || (low == high && !isClosed) }

    func met(_ other: Ages) -> Ages {
        var result = high < other.high || (high == other.high && !isClosed) ? self : other
        result.low = Swift.max(low, other.low)
        return result
    }

    func joined(_ other: Ages) -> Ages {
        var result = high > other.high || (high == other.high && isClosed) ? self : other
        result.low = Swift.min(low, other.low)
        return result
    }
}

extension ExpressionNode {
    /// nil: at none.
    fileprivate func ages(wanted: Bool, _ warmUp: Duration) -> Ages? {
        switch self {
        case .and(let a, let b):
            return Self.ages(a.ages(wanted: wanted, warmUp), b.ages(wanted: wanted, warmUp), wanted)
        case .or(let a, let b):
            return Self.ages(
                a.ages(wanted: wanted, warmUp), b.ages(wanted: wanted, warmUp), !wanted)
        case .not(let node): return node.ages(wanted: !wanted, warmUp)
        case .comparison(let sign, .operand(.releaseAge), .literal(let limit, _, _)):
            return Self.ages(wanted ? sign : sign.opposite, limit)
        case .comparison(let sign, .literal(let limit, _, _), .operand(.releaseAge)):
            return Self.ages((wanted ? sign : sign.opposite).turned, limit)
        case .literal, .operand, .negative, .arithmetic, .comparison:
            var ages = Ages()
            ages.low = operands.map { $0.wait(warmUp).seconds }.max() ?? 0
            return ages
        }
    }

    private static func ages(_ a: Ages?, _ b: Ages?, _ needsBoth: Bool) -> Ages? {
        guard let a, !a.isEmpty else { return needsBoth ? nil : b }
        guard let b, !b.isEmpty else { return needsBoth ? nil : a }
        return needsBoth ? a.met(b) : a.joined(b)
    }

    private static func ages(_ sign: Comparison, _ limit: Double) -> Ages {
        switch sign {
        case .less: Ages(high: limit, isClosed: false)
        case .lessOrEqual: Ages(high: limit)
        case .equal: Ages(low: limit, high: limit)
        case .greater, .greaterOrEqual: Ages(low: limit)
        case .notEqual: Ages()
        }
    }
}

extension ExpressionNode.Comparison {
    /// With its sides exchanged.
    fileprivate var turned: Self {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        case .equal, .notEqual: self
        }
    }
}

extension Operand {
    /// So long after the beginning of a deployment it says nothing.
    fileprivate func wait(_ warmUp: Duration) -> Duration {
        switch self {
        case .signal(_, _, let width), .burnRate(_, let width), .matches(_, _, let width),
            .restarts(_, let width), .parseFailures(_, let width), .failingRoutes(_, let width),
            .affected(_, _, let width):
            Swift.min(width, warmUp)
        case .failing, .up: warmUp
        case .overrun, .releaseAge, .baseline: .zero
        }
    }
}
