// The parsed expression, typed. `p95(a, 5m) > 25%` has no tree: it is an error with a place.

/// What a part of an expression is: comparing two of different kinds is a mistake.
enum ExpressionType: String, Hashable, Sendable {
    case ratio, duration, number, truth

    /// With an article, for messages.
    var text: String {
        switch self {
        case .ratio: "a ratio"
        case .duration: "a duration"
        case .number: "a number"
        case .truth: "a truth value"
        }
    }

    /// A literal of this kind, for remedies.
    var example: String {
        switch self {
        case .ratio: "25%"
        case .duration: "250ms"
        case .number: "10"
        case .truth: "a comparison"
        }
    }
}

indirect enum ExpressionNode: Hashable, Sendable {
    enum Arithmetic: String, Hashable, Sendable {
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
    }

    enum Comparison: String, Hashable, Sendable {
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case equal = "=="
        case notEqual = "!="
    }

    /// The value (ratios 0…1, durations in seconds) and the text as written.
    case literal(Double, ExpressionType, text: String)
    case operand(Operand)
    case negative(ExpressionNode)
    case arithmetic(Arithmetic, ExpressionNode, ExpressionNode, ExpressionType)
    case comparison(Comparison, ExpressionNode, ExpressionNode)
    case not(ExpressionNode)
    case and(ExpressionNode, ExpressionNode)
    case or(ExpressionNode, ExpressionNode)

    var type: ExpressionType {
        switch self {
        case .literal(_, let type, _): type
        case .operand(let operand): operand.type
        case .negative(let node): node.type
        case .arithmetic(_, _, _, let type): type
        case .comparison, .not, .and, .or: .truth
        }
    }

    /// Operands in order of appearance, with repeats.
    var operands: [Operand] {
        if case .operand(let operand) = self { [operand] } else { parts.flatMap(\.operands) }
    }

    /// Literals without a unit.
    var numbers: [Double] {
        if case .literal(let value, .number, _) = self { [value] } else { parts.flatMap(\.numbers) }
    }

    /// No operand in it.
    var isConstant: Bool {
        if case .operand = self { false } else { parts.allSatisfy(\.isConstant) }
    }

    /// One measured value divided by another of its kind.
    var isQuotient: Bool {
        guard case .arithmetic(.divide, let a, let b, .number) = self else { return false }
        return a.type == b.type && !a.isConstant && !b.isConstant
    }

    /// Parts below one another.
    var height: Int {
        1 + (parts.map(\.height).max() ?? 0)
    }
}
