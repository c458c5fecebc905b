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
        switch self {
        case .literal: []
        case .operand(let operand): [operand]
        case .negative(let node), .not(let node): node.operands
        case .arithmetic(_, let a, let b, _), .comparison(_, let a, let b), .and(let a, let b),
            .or(let a, let b):
            a.operands + b.operands
        }
    }

    /// No operand in it.
    var isConstant: Bool {
        switch self {
        case .literal: true
        case .operand: false
        case .negative(let node), .not(let node): node.isConstant
        case .arithmetic(_, let a, let b, _), .comparison(_, let a, let b), .and(let a, let b),
            .or(let a, let b):
            a.isConstant && b.isConstant
        }
    }

    /// Parts below one another.
    var height: Int {
        switch self {
        case .literal, .operand: 1
        case .negative(let node), .not(let node): 1 + node.height
        case .arithmetic(_, let a, let b, _), .comparison(_, let a, let b), .and(let a, let b),
            .or(let a, let b):
            1 + Swift.max(a.height, b.height)
        }
    }

    /// In canonical form, with the parentheses that are needed.
    var text: String {
        switch self {
        case .literal(_, _, let text): text
        case .operand(let operand): operand.text
        case .negative(let node): "-\(node.wrapped)"
        case .arithmetic(let sign, let a, let b, _): "\(a.wrapped) \(sign.rawValue) \(b.wrapped)"
        case .comparison(let sign, let a, let b): "\(a.text) \(sign.rawValue) \(b.text)"
        case .not(let node): "not \(node.wrapped)"
        case .and(.and(let a, let b), let c): "\(Self.and(a, b).text) and \(c.grouped)"
        case .and(let a, let b): "\(a.grouped) and \(b.grouped)"
        case .or(.or(let a, let b), let c): "\(Self.or(a, b).text) or \(c.grouped)"
        case .or(let a, let b): "\(a.grouped) or \(b.grouped)"
        }
    }

    private var wrapped: String {
        switch self {
        case .literal, .operand: text
        case .negative, .arithmetic, .comparison, .not, .and, .or: "(\(text))"
        }
    }

    private var grouped: String {
        switch self {
        case .and, .or: "(\(text))"
        case .literal, .operand, .negative, .arithmetic, .comparison, .not: text
        }
    }
}

extension Operand {
    var type: ExpressionType {
        switch self {
        case .failing: .ratio
        case .up: .number
        case .signal(let function, _, _):
            switch function {
            case .errorRate, .successRate: .ratio
            case .count, .errors, .rate: .number
            case .percentile, .mean, .max: .duration
            }
        }
    }

    /// Canonical text: `error_rate(access, 2m)`.
    public var text: String {
        switch self {
        case .failing(let names): "failing(\(names.joined(separator: ", ")))"
        case .up(let name): "up(\(name))"
        case .signal(.percentile(let p), let signal, let width):
            p == p.rounded()
                ? "p\(Int(p))(\(signal), \(width.exactText))"
                : "p(\(p), \(signal), \(width.exactText))"
        case .signal(let function, let signal, let width):
            "\(function.name)(\(signal), \(width.exactText))"
        }
    }
}

extension Duration {
    /// Like `text` where that loses nothing, else all units there are: two different windows
    /// must not go by the same name.
    var exactText: String {
        if Duration(text: text) == self { return text }
        var rest = nanoseconds
        var result = ""
        let units: [(Int64, String)] = [
            (86_400_000_000_000, "d"), (3_600_000_000_000, "h"), (60_000_000_000, "m"),
            (1_000_000_000, "s"), (1_000_000, "ms"),
        ]
        for (scale, name) in units where rest >= scale {
            result += "\(rest / scale)\(name)"
            rest %= scale
        }
        if rest > 0 { result += "\(Double(rest) / 1000)us" }
        return result
    }
}

extension SignalFunction {
    fileprivate var name: String {
        switch self {
        case .errorRate: "error_rate"
        case .successRate: "success_rate"
        case .count: "count"
        case .errors: "errors"
        case .rate: "rate"
        case .percentile: "p"
        case .mean: "mean"
        case .max: "max"
        }
    }

    /// The functions of one signal and one window by name; percentiles apart.
    static let byName: [String: SignalFunction] = [
        "error_rate": .errorRate, "success_rate": .successRate, "count": .count,
        "errors": .errors, "rate": .rate, "mean": .mean, "max": .max,
    ]
}
