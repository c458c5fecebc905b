// Calls: which functions there are, what goes between their parentheses, and what to say when
// it is something else.

extension ExpressionParser {
    /// Functions that the language has and this version has not.
    static let notBuilt: Set<String> = [
        "matches", "restarts", "parse_failures", "failing_routes", "affected", "burn_rate",
        "overrun", "release_age", "baseline",
    ]

    private static let widths = Duration.seconds(5)...Duration.days(3)

    mutating func call(
        _ name: String, _ place: ExpressionToken
    ) throws(ExpressionError) -> Operand {
        at += 1
        switch name {
        case "failing":
            var probes = [try signalName("a probe")]
            while take(",") != nil {
                let token = current
                let probe = try signalName("a probe")
                guard !probes.contains(probe) else {
                    throw ExpressionError(
                        offset: token.offset, length: token.length,
                        message: "'\(probe)' is named twice", remedy: "name every probe once")
                }
                probes.append(probe)
            }
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
        if let p = percentileDigits(name) {
            guard p > 0, p < 100 else {
                throw ExpressionError(
                    offset: place.offset, length: place.length,
                    message: "a percentile lies between 0 and 100",
                    remedy: p == 100 ? "write max(signal, window)" : "as in p(99.9, access, 5m)")
            }
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

    /// 95 for `p95`; nil when it is not of that form.
    static func percentileDigits(_ name: String) -> Double? {
        let digits = name.dropFirst()
        guard name.first == "p", !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) })
        else { return nil }
        return Double(digits)
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
        guard !name.contains(".") else {
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
            throw ExpressionError(
                offset: token.offset, length: token.length,
                message: "a window is a duration", remedy: "give it a unit: 30s, 2m, 1h")
        }
        let width = Duration(nanoseconds: Int64((seconds * 1e9).rounded()))
        guard Self.widths.contains(width) else {
            throw ExpressionError(
                offset: token.offset, length: token.length,
                message: "a window is 5s to 3d wide, not \(width.exactText)",
                remedy: width < Self.widths.lowerBound ? "use 5s or more" : "use 3d or less")
        }
        return width
    }

    private mutating func percentile() throws(ExpressionError) -> Double {
        let token = current
        guard case .number(let digits, "") = token.kind, let value = Double(digits), value > 0,
            value < 100
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
