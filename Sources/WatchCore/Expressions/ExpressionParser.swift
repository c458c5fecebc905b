// Recursive descent: or < and < not < comparison < + - < * / < unary minus < atoms. Types are
// checked on the way, so that every mistake has a place.

struct ExpressionParser {
    /// Parentheses, `not` and minus signs may nest so deep.
    static let depthLimit = 64

    /// So many parts may hang below one another, parentheses or not (`a + b + c + …`).
    static let heightLimit = 256

    private let source: [UInt8]
    var tokens: [ExpressionToken]
    var at = 0
    private var depth = 0
    /// Goes on after mistakes, which it keeps; see `examine`.
    let isForgiving: Bool
    var mistakes: [ExpressionError] = []
    /// What is asked, of a forgiving one.
    var found: [Operand] = []

    static func parse(_ source: String) throws(ExpressionError) -> ExpressionNode {
        let tokens = try ExpressionLexer.tokens(source)
        var parser = ExpressionParser(
            source: Array(source.utf8), tokens: tokens, isForgiving: false)
        return try parser.whole()
    }

    mutating func whole() throws(ExpressionError) -> ExpressionNode {
        try refuseDecimalCommas()
        guard current.kind != .end else {
            throw ExpressionError(
                offset: 0, message: "the expression is empty",
                remedy: "write a condition such as error_rate(access, 2m) > 25%")
        }
        let node = try disjunction()
        if current.kind != .end {
            try note(unexpected("'and', 'or' or the end of the expression"))
            try skipRest()
        }
        guard node.height <= Self.heightLimit else {
            throw ExpressionError(
                offset: 0, length: source.count,
                message: "more than \(Self.heightLimit) parts are chained in one expression",
                remedy: "split it into several triggers")
        }
        return try condition(node, from: tokens[0])
    }

    init(source: [UInt8], tokens: [ExpressionToken], isForgiving: Bool) {
        self.source = source
        self.tokens = tokens
        self.isForgiving = isForgiving
    }

    var current: ExpressionToken { tokens[at] }

    mutating func take(_ symbols: String...) -> String? {
        guard case .symbol(let symbol) = current.kind, symbols.contains(symbol) else { return nil }
        at += 1
        return symbol
    }

    /// Whether `and`, `or` or `not` comes; in capitals, as others write it, it is a mistake.
    private mutating func isWord(_ word: String) throws(ExpressionError) -> Bool {
        guard case .name(let name) = current.kind, name.lowercased() == word else { return false }
        if name != word {
            try note(
                ExpressionError(
                    offset: current.offset, length: current.length,
                    message: "'\(name)' means nothing in an expression",
                    remedy: "write '\(word)', in small letters"))
        }
        return true
    }

    func unexpected(_ wanted: String) -> ExpressionError {
        if case .name("for") = current.kind { return sustained }
        let found = current.kind == .end ? "the expression ends" : "'\(text(current))' stands"
        return ExpressionError(
            offset: current.offset, length: Swift.max(1, current.length),
            message: "\(found) where \(wanted) was expected")
    }

    private func text(_ token: ExpressionToken) -> String {
        let bytes = source[token.offset..<token.offset + token.length]
        return printable(String(decoding: bytes, as: UTF8.self), limit: 40)
    }

    /// Where what was parsed since `first` stands.
    private func span(from first: ExpressionToken) -> (offset: Int, length: Int) {
        let last = tokens[Swift.max(0, at - 1)]
        return (first.offset, Swift.max(1, last.offset + last.length - first.offset))
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

    mutating func disjunction() throws(ExpressionError) -> ExpressionNode {
        let first = current
        var left = try conjunction()
        while try isWord("or") {
            left = try condition(left, from: first)
            at += 1
            let second = current
            let right = try conjunction()
            left = .or(left, try condition(right, from: second))
        }
        return left
    }

    private mutating func conjunction() throws(ExpressionError) -> ExpressionNode {
        let first = current
        var left = try negation()
        while try isWord("and") {
            left = try condition(left, from: first)
            at += 1
            let second = current
            let right = try negation()
            left = .and(left, try condition(right, from: second))
        }
        return left
    }

    private mutating func negation() throws(ExpressionError) -> ExpressionNode {
        guard try isWord("not") else { return try term() }
        at += 1
        let first = current
        let node = try nested { parser throws(ExpressionError) in try parser.negation() }
        return .not(try condition(node, from: first))
    }

    /// `node`, if it is a truth value; `up(a)` alone stands for `up(a) == 1`.
    private mutating func condition(
        _ node: ExpressionNode, from first: ExpressionToken
    ) throws(ExpressionError) -> ExpressionNode {
        if node.type == .truth { return node }
        if case .operand(.up) = node {
            return .comparison(.equal, node, .literal(1, .number, text: "1"))
        }
        let place = span(from: first)
        try note(
            ExpressionError(
                offset: place.offset, length: place.length,
                message: "'\(node.text)' is \(node.type.text), not a condition",
                remedy: "compare it, as in '\(node.text) > \(node.type.example)'"))
        return .unknown
    }

    mutating func comparison() throws(ExpressionError) -> ExpressionNode {
        let first = current
        let left = try sum()
        let place = span(from: first)
        guard let sign = take("<", "<=", ">", ">=", "==", "!=") else { return left }
        let second = current
        let right = try sum()
        try requireSame(left, place, right, span(from: second), verb: "compare")
        guard let comparison = ExpressionNode.Comparison(rawValue: sign) else {
            throw unexpected("a comparison")
        }
        while case .symbol(let next) = current.kind,
            ExpressionNode.Comparison(rawValue: next) != nil
        {
            try note(
                ExpressionError(
                    offset: current.offset, length: current.length,
                    message: "comparisons cannot be chained",
                    remedy: "write 'a < b and b < c'"))
            at += 1
            _ = try sum()
        }
        return .comparison(comparison, left, right)
    }

    /// The side that is a mere literal is the one to change, else the right one.
    private mutating func requireSame(
        _ left: ExpressionNode, _ leftPlace: (offset: Int, length: Int),
        _ right: ExpressionNode, _ rightPlace: (offset: Int, length: Int), verb: String
    ) throws(ExpressionError) {
        if left.isUnknown || right.isUnknown { return }
        if left.type == right.type, left.type != .truth { return }
        // The share of one in another is a number, and people write it as a percentage, too.
        if verb == "compare",
            left.isQuotient && right.type == .ratio
                || right.isQuotient && left.type == .ratio
        {
            return
        }
        let isLeftWrong = left.isConstant && !right.isConstant
        let place = isLeftWrong ? leftPlace : rightPlace
        let (wrong, good) = isLeftWrong ? (left, right) : (right, left)
        let remedy =
            left.type == .truth || right.type == .truth
            ? "join conditions with 'and', 'or' and 'not'"
            : Self.remedy(wrong, like: good.type, verb)
        try note(
            ExpressionError(
                offset: place.offset, length: place.length,
                message:
                    "'\(left.text)' is \(left.type.text), '\(right.text)' is \(right.type.text)",
                remedy: remedy))
    }

    private static func remedy(
        _ wrong: ExpressionNode, like type: ExpressionType, _ verb: String
    ) -> String {
        if type == .ratio, case .literal(1, .number, _) = wrong {
            return "write it as a ratio, between 0% and 100%, as in 50%"
        }
        if type == .ratio, case .literal(let value, .number, _) = wrong {
            let percent = value <= 1 ? (value * 1e6).rounded() / 1e4 : value
            let text =
                percent == percent.rounded() && percent < 1e6 ? "\(Int(percent))" : "\(percent)"
            return "write it as a ratio: \(text)%"
        }
        if type == .duration, case .literal(let value, .number, let text) = wrong {
            return "give it a unit: \(value < 10 ? "\(text)s" : "\(text)ms")"
        }
        return "\(verb) with \(type.text) like \(type.example)"
    }

    // MARK: - Arithmetic

    private mutating func sum() throws(ExpressionError) -> ExpressionNode {
        let first = current
        var left = try product()
        while true {
            let place = span(from: first)
            guard let sign = take("+", "-") else { return left }
            let second = current
            let right = try product()
            let verb = sign == "+" ? "add" : "subtract"
            try requireSame(left, place, right, span(from: second), verb: verb)
            guard !left.isUnknown, !right.isUnknown else {
                left = .unknown
                continue
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
            guard let type, !left.isUnknown, !right.isUnknown else {
                if !left.isUnknown, !right.isUnknown {
                    try note(
                        ExpressionError(
                            offset: place.offset,
                            message: "\(left.type.text) and \(right.type.text) do not go with "
                                + "'\(sign)'"))
                }
                left = .unknown
                continue
            }
            left = .arithmetic(sign == "*" ? .multiply : .divide, left, right, type)
        }
    }

    private mutating func unary() throws(ExpressionError) -> ExpressionNode {
        let place = current
        guard take("-") != nil else { return try atom() }
        let node = try nested { parser throws(ExpressionError) in try parser.unary() }
        if node.isUnknown { return node }
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
        case .number(let digits, let unit):
            at += 1
            do throws(ExpressionError) {
                return try Self.literal(digits, unit, token)
            } catch {
                try note(error)
                return .unknown
            }
        case .symbol("("):
            at += 1
            let node = try nested { parser throws(ExpressionError) in try parser.disjunction() }
            if take(")") == nil {
                try note(unexpected("')'"))
                skipTerm()
                _ = take(")")
            }
            return node
        case .name(let name): return try named(name, token)
        case .symbol, .end: throw unexpected("a number, a function or '('")
        }
    }

    /// What is asked; the name was taken.
    mutating func operand(
        _ name: String, _ token: ExpressionToken
    ) throws(ExpressionError) -> Operand {
        guard case .symbol("(") = current.kind else {
            try refuseFraction(name, token)
            throw ExpressionError(
                offset: token.offset, length: token.length,
                message: "'\(name)' alone means nothing",
                remedy: "ask something of it, as in error_rate(\(name), 2m)")
        }
        return try call(name, token)
    }

    /// `p99.9(…)` reads like a function and cannot be one.
    private func refuseFraction(
        _ name: String, _ token: ExpressionToken
    ) throws(ExpressionError) {
        guard case .number(let digits, _) = current.kind, digits.first == ".",
            Self.percentileDigits(name) != nil
        else { return }
        throw ExpressionError(
            offset: token.offset, length: token.length + digits.utf8.count,
            message: "'\(name)\(digits)' is no function",
            remedy: "write p(\(name.dropFirst())\(digits), signal, window)")
    }

    static func literal(
        _ digits: String, _ unit: String, _ token: ExpressionToken
    ) throws(ExpressionError) -> ExpressionNode {
        let text = digits + unit
        switch unit {
        case "":
            if let value = Double(digits) { return .literal(value, .number, text: text) }
        case "%":
            // Read as a whole: 33.3 / 100 is not the number nearest to 0.333.
            if let value = Double(digits + "e-2") { return .literal(value, .ratio, text: text) }
        default:
            if let duration = Duration(text: text) {
                return .literal(duration.seconds, .duration, text: text)
            }
        }
        let isUnit = ["us", "ms", "s", "m", "h", "d"].contains(unit)
        throw ExpressionError(
            offset: token.offset, length: token.length,
            message: isUnit
                ? "'\(printable(text, limit: 40))' is too long"
                : "'\(printable(unit, limit: 20))' is no unit",
            remedy: isUnit ? nil : "units are %, us, ms, s, m, h and d, as in 1h30m")
    }
}
