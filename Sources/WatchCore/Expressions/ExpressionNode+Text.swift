// Canonical texts: what is written in two ways is shown in one, and read back it is the same.

extension ExpressionNode {
    /// With just the parentheses that are needed, so that it nests no deeper than its source.
    var text: String {
        switch self {
        case .literal(_, _, let text): text
        case .operand(let operand): operand.text
        case .negative(let node): "-\(node.text(inside: .unary))"
        case .arithmetic(let sign, let a, let b, _):
            "\(a.text(inside: binding)) \(sign.rawValue) \(b.text(inside: binding, isRight: true))"
        case .comparison(let sign, let a, let b): "\(a.text) \(sign.rawValue) \(b.text)"
        case .not(let node): "not \(node.text(inside: .not))"
        case .and(let a, let b):
            "\(a.text(inside: .and)) and \(b.text(inside: .and, isRight: true))"
        case .or(let a, let b):
            "\(a.text(inside: .or)) or \(b.text(inside: .or, isRight: true))"
        }
    }

    /// How tightly its parts hold together.
    private enum Binding: Int {
        case or, and, not, comparison, sum, product, unary, atom
    }

    private var binding: Binding {
        switch self {
        case .literal, .operand: .atom
        case .negative: .unary
        case .arithmetic(.multiply, _, _, _), .arithmetic(.divide, _, _, _): .product
        case .arithmetic(.add, _, _, _), .arithmetic(.subtract, _, _, _): .sum
        case .comparison: .comparison
        case .not: .not
        case .and: .and
        case .or: .or
        }
    }

    /// All that joins two binds to the left.
    private func text(inside outer: Binding, isRight: Bool = false) -> String {
        let isLoose =
            isRight ? binding.rawValue <= outer.rawValue : binding.rawValue < outer.rawValue
        return isLoose ? "(\(text))" : text
    }
}

extension Operand {
    var type: ExpressionType {
        switch self {
        case .failing, .parseFailures, .failingRoutes, .affected: .ratio
        case .up, .matches, .restarts, .burnRate, .overrun: .number
        case .releaseAge: .duration
        case .baseline(let operand): operand.type
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
        case .matches(let stream, let pattern, let width):
            "matches(\(stream).\(pattern), \(width.exactText))"
        case .restarts(let unit, let width): "restarts(\(unit), \(width.exactText))"
        case .parseFailures(let stream, let width):
            "parse_failures(\(stream), \(width.exactText))"
        case .failingRoutes(let stream, let width):
            "failing_routes(\(stream), \(width.exactText))"
        case .affected(let stream, let field, let width):
            "affected(\(stream).\(field), \(width.exactText))"
        case .burnRate(let signal, let width): "burn_rate(\(signal), \(width.exactText))"
        case .overrun(let operation): "overrun(\(operation))"
        case .releaseAge: "release_age()"
        case .baseline(let operand): "baseline(\(operand.text))"
        }
    }

    /// `31.2 %`, `420 ms`, `14.4`: a value of the operand that goes by `name`, which comes from a
    /// record and may be of another version's language.
    public static func shown(_ value: Double, of name: String) -> String {
        let inner = name.hasPrefix("baseline(") ? name.dropFirst("baseline(".count) : name[...]
        let function = String(inner.prefix { $0 != "(" })
        let type: ExpressionType =
            switch function {
            case "error_rate", "success_rate", "failing", "failing_routes", "parse_failures",
                "affected":
                .ratio
            case "mean", "max", "p", "release_age": .duration
            default: ExpressionParser.percentileDigits(function) == nil ? .number : .duration
            }
        return type.shown(value)
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
