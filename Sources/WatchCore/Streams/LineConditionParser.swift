// Recursive descent over the tokens of expressions: or < and < not < comparison.

struct LineConditionParser {
    /// Parentheses and `not` may nest so deep, and so many comparisons may be joined.
    static let depthLimit = 64

    private let source: [UInt8]
    private let tokens: [ExpressionToken]
    private var at = 0
    private var depth = 0
    private var comparisons = 0

    static func parse(_ source: String) throws(ExpressionError) -> LineCondition.Node {
        let tokens = try ExpressionLexer.tokens(source)
        var parser = LineConditionParser(source: Array(source.utf8), tokens: tokens)
        guard parser.current.kind != .end else {
            throw ExpressionError(
                offset: 0, message: "the condition is empty", remedy: "write status >= 500")
        }
        let node = try parser.disjunction()
        guard parser.current.kind == .end else {
            throw parser.unexpected("'and', 'or' or the end")
        }
        return node
    }

    private init(source: [UInt8], tokens: [ExpressionToken]) {
        self.source = source
        self.tokens = tokens
    }

    private var current: ExpressionToken { tokens[at] }

    private mutating func disjunction() throws(ExpressionError) -> LineCondition.Node {
        var node = try conjunction()
        while takeWord("or") { node = .or(node, try conjunction()) }
        return node
    }

    private mutating func conjunction() throws(ExpressionError) -> LineCondition.Node {
        var node = try negation()
        while takeWord("and") { node = .and(node, try negation()) }
        return node
    }

    private mutating func negation() throws(ExpressionError) -> LineCondition.Node {
        let first = current
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw tooLong(first) }
        if takeWord("not") { return .not(try negation()) }
        guard case .symbol("(") = first.kind else { return try comparison() }
        at += 1
        let node = try disjunction()
        guard case .symbol(")") = current.kind else { throw unexpected("')'") }
        at += 1
        return node
    }

    private mutating func comparison() throws(ExpressionError) -> LineCondition.Node {
        comparisons += 1
        guard comparisons <= Self.depthLimit else { throw tooLong(current) }
        let subject = try subject()
        guard case .symbol(let symbol) = current.kind,
            let comparison = LineCondition.Comparison(rawValue: symbol)
        else { throw unexpected("a comparison such as '>='") }
        at += 1
        let value = current
        let wanted =
            switch subject {
            case .status: try status(value)
            case .level: try level(value)
            }
        at += 1
        return .comparison(subject, comparison, wanted)
    }

    private mutating func subject() throws(ExpressionError) -> LineCondition.Subject {
        guard case .name(let name) = current.kind else { throw unexpected("status or level") }
        guard let subject = LineCondition.Subject(rawValue: name) else {
            let near = Suggestion.nearest(
                to: name, among: LineCondition.Subject.allCases.map(\.rawValue))
            throw ExpressionError(
                offset: current.offset, length: current.length,
                message: "'\(printable(name, limit: 40))' cannot be asked here",
                remedy: near.map { "did you mean '\($0)'?" } ?? "a line has status and level")
        }
        at += 1
        return subject
    }

    private func status(_ token: ExpressionToken) throws(ExpressionError) -> Int {
        guard case .number(let digits, let unit) = token.kind else {
            throw unexpected("a status such as 500")
        }
        guard unit.isEmpty, let status = Int(digits), (0...999).contains(status) else {
            let isClass = unit.lowercased() == "xx" && digits.utf8.count == 1
            throw ExpressionError(
                offset: token.offset, length: token.length,
                message: "'\(text(token))' is no status",
                remedy: isClass
                    ? "write status >= \(digits)00 and status <= \(digits)99"
                    : "write a number from 0 to 999; 0: no answer was sent")
        }
        return status
    }

    private func level(_ token: ExpressionToken) throws(ExpressionError) -> Int {
        guard case .name(let name) = token.kind else { throw unexpected("a level such as error") }
        if let level = LogLevel(text: name.utf8) { return level.rawValue }
        let names = LogLevel.allCases.map(\.name)
        let near = Suggestion.nearest(to: name, among: names)
        throw ExpressionError(
            offset: token.offset, length: token.length,
            message: "no level '\(printable(name, limit: 40))'",
            remedy: near.map { "did you mean '\($0)'?" }
                ?? "levels are \(names.joined(separator: ", "))")
    }

    private mutating func takeWord(_ word: String) -> Bool {
        guard case .name(word) = current.kind else { return false }
        at += 1
        return true
    }

    private func tooLong(_ token: ExpressionToken) -> ExpressionError {
        ExpressionError(
            offset: token.offset, length: token.length,
            message: "the condition has more than \(Self.depthLimit) parts",
            remedy: "make it simpler")
    }

    private func unexpected(_ wanted: String) -> ExpressionError {
        let found = current.kind == .end ? "the condition ends" : "'\(text(current))' stands"
        return ExpressionError(
            offset: current.offset, length: Swift.max(1, current.length),
            message: "\(found) where \(wanted) was expected",
            remedy: "as in status >= 400 or level == error")
    }

    private func text(_ token: ExpressionToken) -> String {
        let bytes = source[token.offset..<token.offset + token.length]
        return printable(String(decoding: bytes, as: UTF8.self), limit: 40)
    }
}
