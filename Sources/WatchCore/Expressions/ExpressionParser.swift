// Recursive descent: or < and < not < comparison < + - < * / < unary minus < atoms. Types are
// checked on the way, so that every mistake has a place.

struct ExpressionParser {
    /// Parentheses, `not` and minus signs may nest so deep.
    static let depthLimit = 64

    private let tokens: [ExpressionToken]
    private var at = 0
    private var depth = 0

    static func parse(_ source: String) throws(ExpressionError) -> ExpressionNode {
        var parser = ExpressionParser(tokens: try ExpressionLexer.tokens(source))
        guard parser.current.kind != .end else {
            throw ExpressionError(
                offset: 0, message: "the expression is empty",
                remedy: "write a condition such as error_rate(access, 2m) > 25%")
        }
        let node = try parser.disjunction()
        guard parser.current.kind == .end else {
            throw parser.unexpected("'and', 'or' or the end of the expression")
        }
        guard node.type == .truth else {
            throw ExpressionError(
                offset: 0, length: source.utf8.count,
                message: "a condition is wanted, but this is \(node.type.text)",
                remedy: "compare it, as in '\(node.text) > \(node.type.example)'")
        }
        return node
    }

    private init(tokens: [ExpressionToken]) { self.tokens = tokens }

    private var current: ExpressionToken { tokens[at] }

    private mutating func take(_ symbols: String...) -> String? {
        guard case .symbol(let symbol) = current.kind, symbols.contains(symbol) else { return nil }
        at += 1
        return symbol
    }

    private mutating func takeWord(_ word: String) -> Bool {
        guard case .name(word) = current.kind else { return false }
        at += 1
        return true
    }

    private func unexpected(_ wanted: String) -> ExpressionError {
        let found: String
        switch current.kind {
        case .end: found = "the expression ends"
        case .name(let name): found = "'\(name)' stands"
        case .number(let value, let unit): found = "'\(value)\(unit)' stands"
        case .symbol(let symbol): found = "'\(symbol)' stands"
        }
        return ExpressionError(
            offset: current.offset, length: Swift.max(1, current.length),
            message: "\(found) where \(wanted) was expected")
    }

    private mutating func nested<T>(
        _ body: (inout ExpressionParser) throws(ExpressionError) -> T
    ) throws(ExpressionError) -> T {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else {
            throw ExpressionError(
                offset: current.offset, message: "nested deeper than \(Self.depthLimit) levels")
        }
        return try body(&self)
    }

    // MARK: - Logic

    private mutating func disjunction() throws(ExpressionError) -> ExpressionNode {
        var left = try conjunction()
        while case .name("or") = current.kind {
            let place = current
            try requireTruth(left, before: place)
            at += 1
            let start = current
            let right = try conjunction()
            try requireTruth(right, at: start)
            left = .or(left, right)
        }
        return left
    }

    private mutating func conjunction() throws(ExpressionError) -> ExpressionNode {
        var left = try negation()
        while case .name("and") = current.kind {
            let place = current
            try requireTruth(left, before: place)
            at += 1
            let start = current
            let right = try negation()
            try requireTruth(right, at: start)
            left = .and(left, right)
        }
        return left
    }

    private mutating func negation() throws(ExpressionError) -> ExpressionNode {
        guard takeWord("not") else { return try comparison() }
        let start = current
        let node = try nested { parser throws(ExpressionError) in try parser.negation() }
        try requireTruth(node, at: start)
        return .not(node)
    }

    private func requireTruth(
        _ node: ExpressionNode, before place: ExpressionToken
    ) throws(ExpressionError) {
        guard node.type != .truth else { return }
        throw ExpressionError(
            offset: place.offset, length: place.length,
            message: "left of this stands \(node.type.text), not a condition",
            remedy: "compare it, as in '\(node.text) > \(node.type.example)'")
    }

    private func requireTruth(
        _ node: ExpressionNode, at place: ExpressionToken
    ) throws(ExpressionError) {
        guard node.type != .truth else { return }
        throw ExpressionError(
            offset: place.offset, length: place.length,
            message: "this is \(node.type.text), not a condition",
            remedy: "compare it, as in '\(node.text) > \(node.type.example)'")
    }

    private mutating func comparison() throws(ExpressionError) -> ExpressionNode {
        let left = try sum()
        let place = current
        guard let sign = take("<", "<=", ">", ">=", "==", "!=") else { return left }
        let right = try sum()
        try requireSame(left, right, at: place)
        guard let comparison = ExpressionNode.Comparison(rawValue: sign) else {
            throw unexpected("a comparison")
        }
        if case .symbol(let next) = current.kind,
            ExpressionNode.Comparison(rawValue: next) != nil
        {
            throw ExpressionError(
                offset: current.offset, length: current.length,
                message: "comparisons cannot be chained",
                remedy: "write 'a < b and b < c'")
        }
        return .comparison(comparison, left, right)
    }

    private func requireSame(
        _ left: ExpressionNode, _ right: ExpressionNode, at place: ExpressionToken
    ) throws(ExpressionError) {
        guard left.type != right.type || left.type == .truth else { return }
        let wrong = Swift.max(1, (tokens[at - 1].offset + tokens[at - 1].length) - place.offset)
        throw ExpressionError(
            offset: place.offset, length: wrong,
            message: "'\(left.text)' is \(left.type.text), '\(right.text)' is \(right.type.text)",
            remedy: Self.remedy(left, right))
    }

    private static func remedy(_ left: ExpressionNode, _ right: ExpressionNode) -> String {
        if left.type == .ratio, case .literal(let value, .number, _) = right {
            let percent = value <= 1 ? value * 100 : value
            let text = percent == percent.rounded() ? "\(Int(percent))" : "\(percent)"
            return "write it as a ratio: \(text)%"
        }
        if left.type == .duration, case .literal(let value, .number, let text) = right {
            return "give it a unit: \(value < 10 ? "\(text)s" : "\(text)ms")"
        }
        return "compare it with \(left.type.text) like \(left.type.example)"
    }

    // MARK: - Arithmetic

    private mutating func sum() throws(ExpressionError) -> ExpressionNode {
        var left = try product()
        while true {
            let place = current
            guard let sign = take("+", "-") else { return left }
            let right = try product()
            try requireSame(left, right, at: place)
            guard left.type != .truth else {
                throw ExpressionError(
                    offset: place.offset, message: "conditions cannot be added",
                    remedy: "join them with 'and' or 'or'")
            }
            left = .arithmetic(sign == "+" ? .add : .subtract, left, right, left.type)
        }
    }

    private mutating func product() throws(ExpressionError) -> ExpressionNode {
        var left = try unary()
        while true {
            let place = current
            guard let sign = take("*", "/") else { return left }
            let right = try unary()
            let type: ExpressionType?
            switch (sign, left.type, right.type) {
            case ("*", .number, let type1) where type1 != .truth: type = type1
            case ("*", let type1, .number) where type1 != .truth: type = type1
            case ("*", .ratio, .duration), ("*", .duration, .ratio): type = .duration
            case ("*", .ratio, .ratio): type = .ratio
            case ("/", let type1, .number) where type1 != .truth: type = type1
            case ("/", let a, let b) where a == b && a != .truth: type = .number
            default: type = nil
            }
            guard let type else {
                throw ExpressionError(
                    offset: place.offset,
                    message: "\(left.type.text) and \(right.type.text) do not go with '\(sign)'")
            }
            left = .arithmetic(sign == "*" ? .multiply : .divide, left, right, type)
        }
    }

    private mutating func unary() throws(ExpressionError) -> ExpressionNode {
        let place = current
        guard take("-") != nil else { return try atom() }
        let node = try nested { parser throws(ExpressionError) in try parser.unary() }
        guard node.type != .truth else {
            throw ExpressionError(
                offset: place.offset, message: "a condition has no minus sign",
                remedy: "write 'not'")
        }
        return .negative(node)
    }

    // MARK: - Atoms

    private mutating func atom() throws(ExpressionError) -> ExpressionNode {
        let token = current
        switch token.kind {
        case .number(let value, let unit):
            at += 1
            return try Self.literal(value, unit, token)
        case .symbol("("):
            at += 1
            let node = try nested { parser throws(ExpressionError) in try parser.disjunction() }
            guard take(")") != nil else { throw unexpected("')'") }
            return node
        case .name(let name):
            at += 1
            guard case .symbol("(") = current.kind else {
                throw ExpressionError(
                    offset: token.offset, length: token.length,
                    message: "'\(name)' alone means nothing",
                    remedy: "ask something of it, as in error_rate(\(name), 2m)")
            }
            return .operand(try call(name, token))
        case .symbol, .end: throw unexpected("a number, a function or '('")
        }
    }

    private static func literal(
        _ value: Double, _ unit: String, _ token: ExpressionToken
    ) throws(ExpressionError) -> ExpressionNode {
        let number = value == value.rounded() && value < 1e15 ? "\(Int(value))" : "\(value)"
        let text = "\(number)\(unit)"
        switch unit {
        case "": return .literal(value, .number, text: text)
        case "%": return .literal(value / 100, .ratio, text: text)
        default: break
        }
        guard let duration = Duration(text: text) else {
            throw ExpressionError(
                offset: token.offset, length: token.length, message: "'\(unit)' is no unit",
                remedy: "units are %, us, ms, s, m, h and d")
        }
        return .literal(duration.seconds, .duration, text: text)
    }
}

extension ExpressionParser {
    /// Functions that the language has and this version has not.
    static let notBuilt: Set<String> = [
        "matches", "restarts", "parse_failures", "failing_routes", "affected", "burn_rate",
        "overrun", "release_age", "baseline",
    ]

    private static let widths = Duration.seconds(5)...Duration.days(3)

    private mutating func call(
        _ name: String, _ place: ExpressionToken
    ) throws(ExpressionError) -> Operand {
        at += 1
        switch name {
        case "failing":
            var probes = [try signalName("a probe")]
            while take(",") != nil { probes.append(try signalName("a probe")) }
            try close()
            return .failing(probes)
        case "up":
            let probe = try signalName("a probe")
            try close()
            return .up(probe)
        case "p":
            let p = try percentile()
            guard take(",") != nil else { throw unexpected("',' and a signal") }
            let (signal, width) = try signalAndWidth()
            return .signal(.percentile(p), signal: signal, width: width)
        default:
            let function = try Self.function(name, place)
            let (signal, width) = try signalAndWidth()
            return .signal(function, signal: signal, width: width)
        }
    }

    private static func function(
        _ name: String, _ place: ExpressionToken
    ) throws(ExpressionError) -> SignalFunction {
        if let function = SignalFunction.byName[name] { return function }
        if name.first == "p", let p = Double(name.dropFirst()), p > 0, p < 100 {
            return .percentile(p)
        }
        let known = Array(SignalFunction.byName.keys) + ["failing", "up", "p50", "p95", "p99"]
        if notBuilt.contains(name) {
            throw ExpressionError(
                offset: place.offset, length: place.length,
                message: "the function '\(name)' is not built yet",
                remedy: "there are \(known.sorted().joined(separator: ", "))")
        }
        let near = Suggestion.nearest(to: name, among: known.sorted())
        throw ExpressionError(
            offset: place.offset, length: place.length, message: "no function '\(name)'",
            remedy: near.map { "did you mean '\($0)'?" }
                ?? "there are \(known.sorted().joined(separator: ", "))")
    }

    private mutating func signalAndWidth() throws(ExpressionError) -> (String, Duration) {
        let signal = try signalName("a signal")
        guard take(",") != nil else { throw unexpected("',' and a window such as 2m") }
        let width = try self.width()
        try close()
        return (signal, width)
    }

    private mutating func signalName(_ what: String) throws(ExpressionError) -> String {
        guard case .name(let name) = current.kind else {
            throw unexpected("the name of \(what)")
        }
        at += 1
        return name
    }

    private mutating func width() throws(ExpressionError) -> Duration {
        let token = current
        guard case .number(let value, let unit) = token.kind else {
            throw unexpected("a window such as 2m")
        }
        at += 1
        guard unit != "", unit != "%",
            case .literal(let seconds, .duration, _) = try Self.literal(value, unit, token)
        else {
            throw ExpressionError(
                offset: token.offset, length: token.length,
                message: "a window is a duration", remedy: "give it a unit: 30s, 2m, 1h")
        }
        let width = Duration(nanoseconds: Int64((seconds * 1e9).rounded()))
        guard Self.widths.contains(width) else {
            throw ExpressionError(
                offset: token.offset, length: token.length,
                message: "a window is 5s to 3d wide, not \(width.text)",
                remedy: width < Self.widths.lowerBound ? "use 5s or more" : "use 3d or less")
        }
        return width
    }

    private mutating func percentile() throws(ExpressionError) -> Double {
        let token = current
        guard case .number(let value, let unit) = token.kind, unit.isEmpty, value > 0, value < 100
        else {
            throw ExpressionError(
                offset: token.offset, length: Swift.max(1, token.length),
                message: "a percentile lies between 0 and 100",
                remedy: "as in p(99.9, access, 5m)")
        }
        at += 1
        return value
    }

    private mutating func close() throws(ExpressionError) {
        guard take(")") != nil else { throw unexpected("')'") }
    }
}
