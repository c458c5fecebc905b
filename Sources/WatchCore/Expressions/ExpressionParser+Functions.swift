// Calls: which functions there are, what goes between their parentheses, and what to say when
// it is something else.

extension ExpressionParser {
    private static let widths = Duration.seconds(5)...Duration.days(3)

    /// Besides those of one signal and one window.
    private static let otherFunctions = [
        "failing", "up", "p50", "p95", "p99", "p", "matches", "restarts", "parse_failures",
        "failing_routes", "affected", "burn_rate", "overrun", "release_age", "baseline",
    ]

    mutating func call(
        _ name: String, _ place: ExpressionToken
    ) throws(ExpressionError) -> Operand {
        at += 1
        switch name {
        case "failing": return .failing(try probes())
        case "up":
            let probe = try signalName("a probe", mayBeStep: true)
            try close()
            return .up(probe)
        case "p":
            let p = try percentile()
            guard take(",") != nil else { throw unexpected("',' and a signal") }
            let (signal, width) = try nameAndWidth("a signal", mayBeStep: true)
            return .signal(.percentile(p), signal: signal, width: width)
        case "matches":
            let (stream, pattern, width) = try partAndWidth("a pattern", of: "data_loss")
            return .matches(stream: stream, pattern: pattern, width: width)
        case "affected":
            let (stream, field, width) = try partAndWidth("a field", of: "user")
            return .affected(stream: stream, field: field, width: width)
        case "restarts":
            let (unit, width) = try nameAndWidth("a unit probe")
            return .restarts(unit: unit, width: width)
        case "parse_failures":
            let (stream, width) = try nameAndWidth("a stream")
            return .parseFailures(stream: stream, width: width)
        case "failing_routes":
            let (stream, width) = try nameAndWidth("a stream")
            return .failingRoutes(stream: stream, width: width)
        case "burn_rate":
            let (signal, width) = try nameAndWidth("a signal", mayBeStep: true)
            return .burnRate(signal: signal, width: width)
        case "overrun":
            let operation = try signalName("an operation")
            try close()
            return .overrun(operation: operation)
        case "release_age":
            try close()
            return .releaseAge
        case "baseline": return .baseline(try baselined())
        default:
            let function = try function(name, place)
            let (signal, width) = try nameAndWidth("a signal", mayBeStep: true)
            return .signal(function, signal: signal, width: width)
        }
    }

    private mutating func function(
        _ name: String, _ place: ExpressionToken
    ) throws(ExpressionError) -> SignalFunction {
        if let function = SignalFunction.byName[name] { return function }
        if let p = Self.percentileDigits(name) {
            guard p > 0, p < 100 else {
                throw ExpressionError(
                    offset: place.offset, length: place.length,
                    message: "a percentile lies between 0 and 100",
                    remedy: p == 100 ? "write max(signal, window)" : "as in p(99.9, access, 5m)")
            }
            return .percentile(p)
        }
        let known = (Array(SignalFunction.byName.keys) + Self.otherFunctions).sorted()
        let near = Suggestion.nearest(to: name, among: known)
        let mistake = ExpressionError(
            offset: place.offset, length: place.length,
            message: "no function '\(printable(name, limit: 60))'",
            remedy: near.map { "did you mean '\($0)'?" }
                ?? "there are \(known.joined(separator: ", "))")
        // What it asks of is looked at as that of the function that was meant.
        guard let meant = near.flatMap({ SignalFunction.byName[$0] }) else { throw mistake }
        try note(mistake)
        return meant
    }

    /// 95 for `p95`; nil when it is not of that form.
    static func percentileDigits(_ name: String) -> Double? {
        let digits = name.dropFirst()
        guard name.first == "p", !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) })
        else { return nil }
        return Double(digits)
    }

    // MARK: - Arguments

    /// None stands for all probes of the service.
    private mutating func probes() throws(ExpressionError) -> [String] {
        if take(")") != nil { return [] }
        var probes = [try signalName("a probe", mayBeStep: true)]
        while take(",") != nil {
            let token = current
            let probe = try signalName("a probe", mayBeStep: true)
            if probes.contains(probe) {
                try note(
                    ExpressionError(
                        offset: token.offset, length: token.length,
                        message: "'\(probe)' is named twice", remedy: "name every probe once"))
            }
            probes.append(probe)
        }
        try close()
        return probes
    }

    /// The function between the parentheses of `baseline`.
    private mutating func baselined() throws(ExpressionError) -> Operand {
        let token = current
        let example = "as in 1.5 * baseline(p95(access, 5m))"
        guard case .name(let name) = token.kind, tokens[at + 1].kind == .symbol("(") else {
            throw ExpressionError(
                offset: token.offset, length: Swift.max(1, token.length),
                message: "baseline() takes one function of a signal", remedy: example)
        }
        at += 1
        let operand = try call(name, token)
        let end = tokens[at - 1]
        guard case .signal(let function, let signal, let width) = operand else {
            throw ExpressionError(
                offset: token.offset, length: end.offset + end.length - token.offset,
                message: "'\(operand.text)' has no baseline: only functions of one signal have",
                remedy: example)
        }
        guard function.hasBaseline else {
            throw ExpressionError(
                offset: token.offset, length: end.offset + end.length - token.offset,
                message: "'\(operand.text)' has no baseline: it grows with the time it is taken of",
                remedy: function == .count
                    ? "compare rate(\(signal), \(width.exactText))"
                    : "compare error_rate(\(signal), \(width.exactText))")
        }
        guard take(")") != nil else {
            var error = unexpected("')'")
            error.remedy = "calculate outside of it, \(example)"
            throw error
        }
        return operand
    }

    private mutating func nameAndWidth(
        _ what: String, mayBeStep: Bool = false
    ) throws(ExpressionError) -> (String, Duration) {
        let name = try signalName(what, mayBeStep: mayBeStep)
        return (name, try commaAndWidth())
    }

    /// `stream.part, window)`.
    private mutating func partAndWidth(
        _ what: String, of example: String
    ) throws(ExpressionError) -> (String, String, Duration) {
        let token = current
        guard case .name(let name) = token.kind else {
            throw unexpected("\(what) of a stream, as in app.\(example)")
        }
        guard let dot = name.firstIndex(of: ".") else {
            throw ExpressionError(
                offset: token.offset, length: token.length,
                message: "'\(name)' does not say which stream's \(what.dropFirst(2)) is meant",
                remedy: "write STREAM.\(name), as in app.\(example)")
        }
        at += 1
        let width = try commaAndWidth()
        return (String(name[..<dot]), String(name[name.index(after: dot)...]), width)
    }

    private mutating func commaAndWidth() throws(ExpressionError) -> Duration {
        guard take(",") != nil else { throw unexpected("',' and a window such as 2m") }
        let width = try self.width()
        try close()
        return width
    }

    /// - Parameter mayBeStep: a step of a journey is a signal too, as in `signin.orders`.
    private mutating func signalName(
        _ what: String, mayBeStep: Bool = false
    ) throws(ExpressionError) -> String {
        guard case .name(let name) = current.kind else {
            throw unexpected("the name of \(what)")
        }
        guard name.count(where: { $0 == "." }) <= (mayBeStep ? 1 : 0) else {
            throw ExpressionError(
                offset: current.offset, length: current.length,
                message: "'\(name)' is not the name of \(what)",
                remedy: "names have no dot: \(name.prefix { $0 != "." })")
        }
        at += 1
        return name
    }

    private mutating func width() throws(ExpressionError) -> Duration {
        let token = current
        guard case .number(let digits, let unit) = token.kind else {
            throw unexpected("a window such as 2m")
        }
        at += 1
        guard case .literal(let seconds, .duration, _) = try Self.literal(digits, unit, token)
        else {
            try note(
                ExpressionError(
                    offset: token.offset, length: token.length,
                    message: "a window is a duration", remedy: "give it a unit: 30s, 2m, 1h"))
            return .seconds(60)
        }
        let width = Duration(nanoseconds: Int64((seconds * 1e9).rounded()))
        guard Self.widths.contains(width) else {
            try note(
                ExpressionError(
                    offset: token.offset, length: token.length,
                    message: "a window is 5s to 3d wide, not \(width.exactText)",
                    remedy: width < Self.widths.lowerBound
                        ? "use 5s or more" : "use 3d or less: more is not kept"))
            return .seconds(60)
        }
        return width
    }

    private mutating func percentile() throws(ExpressionError) -> Double {
        let token = current
        // What is finer than this has no plain decimal notation, and no meaning either.
        guard case .number(let digits, "") = token.kind, let value = Double(digits),
            value >= 0.001, value < 100
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
