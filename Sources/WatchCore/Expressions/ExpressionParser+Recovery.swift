// Goes on after a mistake: whoever wrote an expression with three of them hears of three. Nothing
// that is found this way is ever evaluated.

extension Expression {
    /// Everything that is wrong with a text that is no expression, as far as it can be said, and
    /// what it asks nevertheless. Both in order of appearance.
    public static func examine(
        _ source: String
    ) -> (mistakes: [ExpressionError], operands: [Operand]) {
        ExpressionParser.examine(source)
    }
}

extension ExpressionParser {
    /// More than these help nobody.
    static let mistakeLimit = 20

    static func examine(
        _ source: String
    ) -> (mistakes: [ExpressionError], operands: [Operand]) {
        let (tokens, mistakes) = ExpressionLexer.examine(source)
        var parser = ExpressionParser(
            source: Array(source.utf8), tokens: tokens, isForgiving: true)
        parser.mistakes = mistakes
        do throws(ExpressionError) {
            _ = try parser.whole()
        } catch {
            // What cannot be gone on after ends it.
            parser.mistakes.append(error)
        }
        var seen: Set<Int> = []
        let sorted = parser.mistakes.sorted { $0.offset < $1.offset }
            .filter { seen.insert($0.offset).inserted }
        return (Array(sorted.prefix(mistakeLimit)), parser.found)
    }

    /// Ends the parse, or is kept for later.
    mutating func note(_ mistake: ExpressionError) throws(ExpressionError) {
        guard isForgiving, mistakes.count < Self.mistakeLimit else { throw mistake }
        mistakes.append(mistake)
    }

    /// One side of `and` and `or`: after a mistake the other is looked at all the same.
    mutating func term() throws(ExpressionError) -> ExpressionNode {
        guard isForgiving else { return try comparison() }
        do throws(ExpressionError) {
            return try comparison()
        } catch {
            try note(error)
            skipTerm()
            return .unknown
        }
    }

    /// To the next `and` or `or`, the parenthesis that closes what encloses it, or the end.
    mutating func skipTerm() {
        var depth = 0
        while true {
            switch current.kind {
            case .end: return
            case .symbol("("): depth += 1
            case .symbol(")"):
                if depth == 0 { return }
                depth -= 1
            case .name(let name):
                if depth == 0, ["and", "or"].contains(name.lowercased()) { return }
            case .symbol, .number: break
            }
            at += 1
        }
    }

    /// What comes after the whole, which is a mistake, and what could follow that.
    mutating func skipRest() throws(ExpressionError) {
        while current.kind != .end {
            skipTerm()
            guard current.kind != .end else { return }
            let isClosing = current.kind == .symbol(")")
            at += 1
            if isClosing || current.kind == .end { continue }
            _ = try disjunction()
        }
    }

    /// A name, and the call it begins; what is wrong in the parentheses ends behind them.
    mutating func named(
        _ name: String, _ token: ExpressionToken
    ) throws(ExpressionError) -> ExpressionNode {
        let start = at
        at += 1
        guard isForgiving else { return .operand(try operand(name, token)) }
        do throws(ExpressionError) {
            let operand = try operand(name, token)
            found.append(operand)
            return .operand(operand)
        } catch {
            try note(error)
            skipCall(from: start)
            return Self.standIn(for: name)
        }
    }

    private mutating func skipCall(from start: Int) {
        at = start + 1
        // `p99.9(`
        if case .number(let digits, _) = current.kind, digits.hasPrefix(".") { at += 1 }
        guard case .symbol("(") = current.kind else { return }
        var depth = 0
        while true {
            switch current.kind {
            case .end: return
            case .symbol("("): depth += 1
            case .symbol(")"):
                depth -= 1
                if depth == 0 {
                    at += 1
                    return
                }
            // Between the parentheses of a call there is none of these: the last one is missing.
            case .symbol(let symbol):
                if ExpressionNode.Comparison(rawValue: symbol) != nil { return }
            case .name("and"), .name("or"): return
            case .name, .number: break
            }
            at += 1
        }
    }

    /// What the call would be, if it were one.
    private static func standIn(for name: String) -> ExpressionNode {
        let type: ExpressionType
        switch name {
        case "failing", "parse_failures", "failing_routes", "affected": type = .ratio
        case "matches", "restarts", "burn_rate", "overrun": type = .number
        case "release_age": type = .duration
        default:
            let function =
                SignalFunction.byName[name] ?? percentileDigits(name).map { .percentile($0) }
            guard let function else { return .unknown }
            type = Operand.signal(function, signal: "", width: .seconds(60)).type
        }
        return .literal(.nan, type, text: "\(name)(…)")
    }
}

extension ExpressionNode {
    /// Stands where nothing could be read, and goes with everything. No literal is a truth value.
    static let unknown = ExpressionNode.literal(.nan, .truth, text: "?")

    var isUnknown: Bool {
        if case .literal(let value, .truth, _) = self { value.isNaN } else { false }
    }
}

extension ExpressionLexer {
    /// Tokens in spite of mistakes: what has an obvious meaning is taken for that, the rest is
    /// left out.
    static func examine(
        _ source: String
    ) -> (tokens: [ExpressionToken], mistakes: [ExpressionError]) {
        var tokens: [ExpressionToken] = []
        var mistakes: [ExpressionError] = []
        var lexer = ExpressionLexer(source)
        if source.utf8.count > sourceLimit { mistakes.append(tooLong) }
        while source.utf8.count <= sourceLimit, mistakes.count < ExpressionParser.mistakeLimit {
            do throws(ExpressionError) {
                let token = try lexer.next()
                tokens.append(token)
                if token.kind == .end { return (tokens, mistakes) }
            } catch {
                mistakes.append(error)
                if let kind = lexer.skip(error) {
                    tokens.append(
                        ExpressionToken(kind: kind, offset: error.offset, length: error.length))
                }
            }
        }
        tokens.append(ExpressionToken(kind: .end, offset: source.utf8.count, length: 0))
        return (tokens, mistakes)
    }
}
