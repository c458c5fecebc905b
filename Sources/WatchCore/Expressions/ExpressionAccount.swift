// An evaluation in words: what each part came to, and which comparisons decided. Written only when
// something happened or somebody asked.

struct ExpressionAccount {
    private let expression: Expression
    private let terms: EvaluationTerms
    private let readings: [Operand: Reading]
    /// Of each step of the program.
    private let values: [Double]
    private(set) var lines: [Explanation.Line] = []
    private(set) var reasons: [String] = []
    /// The step of the next node, when nodes are walked as the program was made.
    private var next = 0

    init(
        _ expression: Expression, _ terms: EvaluationTerms, readings: [Reading], values: [Double]
    ) {
        self.expression = expression
        self.terms = terms
        self.readings = Dictionary(
            zip(expression.operands, readings), uniquingKeysWith: { first, _ in first })
        self.values = values
    }

    /// - Parameter isFull: every part has a line, too.
    mutating func write(isFull: Bool) {
        if isFull {
            next = 0
            _ = describe(expression.root, depth: 0, isShown: true)
        }
        next = 0
        _ = decide(expression.root, isDeciding: true)
    }

    // MARK: - Every part

    /// A line for itself, then those of its parts. What is no measurement says nothing new and
    /// has none. The place of the node's step.
    private mutating func describe(_ node: ExpressionNode, depth: Int, isShown: Bool) -> Int {
        let line = lines.count
        if isShown { lines.append(Explanation.Line(depth: depth, text: node.text, value: "")) }
        for part in node.parts {
            let isPartShown = isShown && (!part.isConstant || part.type == .truth)
            _ = describe(part, depth: depth + 1, isShown: isPartShown)
        }
        let place = next
        next += 1
        guard isShown else { return place }
        lines[line].value = shown(node, place)
        switch node {
        case .operand(let operand):
            guard let reading = readings[operand] else { break }
            if operand.isCounted { lines[line].samples = reading.samples }
            lines[line].note = reading.gap?.text(samples: reading.samples)
        case .arithmetic:
            if isUndefined(place) {
                lines[line].note = Reading.Gap.undefined.text(samples: 0)
            }
        case .comparison:
            lines[line].note = bounds(place).map { "\($0)" }
        case .literal, .negative, .not, .and, .or: break
        }
        return place
    }

    private func shown(_ node: ExpressionNode, _ place: Int) -> String {
        let value = values[place]
        if node.type == .truth { return Truth(value).rawValue }
        return value.isNaN ? "unknown" : node.type.shown(value)
    }

    /// Unknown although both parts are known.
    private func isUndefined(_ place: Int) -> Bool {
        guard case .arithmetic(_, let a, let b) = expression.program.steps[place] else {
            return false
        }
        return values[place].isNaN && !values[a].isNaN && !values[b].isNaN
    }

    // MARK: - What decided

    /// The place of the node's step.
    private mutating func decide(_ node: ExpressionNode, isDeciding: Bool) -> Int {
        switch node {
        case .comparison(let sign, let a, let b):
            let left = decide(a, isDeciding: false)
            let right = decide(b, isDeciding: false)
            let place = next
            next += 1
            if isDeciding { reasons.append(sentence(sign, (a, left), (b, right), place)) }
            return place
        case .and, .or:
            // Which sides decide is known when both have been walked: their sentences are taken
            // back otherwise.
            var ends: [(place: Int, first: Int, last: Int)] = []
            for part in node.parts {
                let first = reasons.count
                let place = decide(part, isDeciding: isDeciding)
                ends.append((place, first, reasons.count))
            }
            let place = next
            next += 1
            let outcome = Truth(values[place])
            for end in ends.reversed() where Truth(values[end.place]) != outcome {
                reasons.removeSubrange(end.first..<end.last)
            }
            return place
        case .literal, .operand, .negative, .arithmetic, .not:
            for part in node.parts { _ = decide(part, isDeciding: isDeciding) }
            next += 1
            return next - 1
        }
    }

    private func sentence(
        _ sign: ExpressionNode.Comparison, _ left: (node: ExpressionNode, place: Int),
        _ right: (node: ExpressionNode, place: Int), _ place: Int
    ) -> String {
        let sides = [left, right]
        for side in sides where values[side.place].isNaN {
            return "\(text(side.node)) is not known: \(whyUnknown(side.node))"
        }
        // People ask of what was measured.
        if left.node.isConstant, !right.node.isConstant {
            return sentence(sign.mirrored, right, left, place)
        }
        let holds = values[place] == 1
        let measured = "\(text(left.node)) is \(shown(left.node, left.place))\(samples(left.node))"
        let bounds = bounds(place).map { " (\($0))" } ?? ""
        let threshold =
            right.node.isConstant
            ? text(right.node) : "\(text(right.node)), now \(shown(right.node, right.place))"
        return "\(measured)\(bounds), \(holds ? "" : "not ")\(sign.words) \(threshold)"
    }

    /// That of an operand is known already.
    private func text(_ node: ExpressionNode) -> String {
        guard case .operand(let operand) = node,
            let place = expression.operands.firstIndex(of: operand)
        else { return node.text }
        return expression.operandTexts[place]
    }

    /// ` of 2400 samples`.
    private func samples(_ node: ExpressionNode) -> String {
        guard case .operand(let operand) = node, operand.isCounted, operand.type != .number,
            let reading = readings[operand]
        else { return "" }
        return " of \(reading.samples) \(operand.unit)"
    }

    private func whyUnknown(_ node: ExpressionNode) -> String {
        for operand in node.operands {
            guard let reading = readings[operand], let gap = reading.gap else { continue }
            let why = gap.text(samples: reading.samples)
            return node.operands.count == 1 ? why : "\(operand.text): \(why)"
        }
        return Reading.Gap.undefined.text(samples: 0)
    }

    /// `lower bound 21.3 % at 95 % confidence`, where one was used.
    private func bounds(_ place: Int) -> String? {
        guard case .comparison(let comparing) = expression.program.steps[place],
            let isLeftLow = comparing.isLeftLow, terms.z != nil
        else { return nil }
        let left = values[comparing.left.place]
        let right = values[comparing.right.place]
        guard !left.isNaN, !right.isNaN else { return nil }
        let (a, b) = expression.program.bounded(comparing, left, right, terms) { index in
            Double(readings[expression.operands[index]]?.samples ?? 0)
        }
        let parts = [(comparing.left, a, isLeftLow), (comparing.right, b, !isLeftLow)]
            .compactMap { side, bound, isLow -> String? in
                guard let sampled = side.sampled else { return nil }
                let type = expression.operands[sampled.operand].type
                return "\(isLow ? "surely at least" : "surely at most") \(type.shown(bound))"
            }
        return parts.isEmpty ? nil : parts.joined(separator: " and ")
    }
}

extension ExpressionNode {
    /// Left before right.
    var parts: [ExpressionNode] {
        switch self {
        case .literal, .operand: []
        case .negative(let node), .not(let node): [node]
        case .arithmetic(_, let a, let b, _), .comparison(_, let a, let b), .and(let a, let b),
            .or(let a, let b):
            [a, b]
        }
    }
}

extension ExpressionNode.Comparison {
    /// `a < b` read from the other side.
    fileprivate var mirrored: ExpressionNode.Comparison {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        case .equal, .notEqual: self
        }
    }

    fileprivate var words: String {
        switch self {
        case .less: "less than"
        case .lessOrEqual: "at most"
        case .greater: "more than"
        case .greaterOrEqual: "at least"
        case .equal: "equal to"
        case .notEqual: "different from"
        }
    }
}

extension Operand {
    /// Whether something was counted to get it.
    fileprivate var isCounted: Bool {
        switch self {
        case .signal, .failing, .up, .matches, .restarts, .parseFailures, .failingRoutes,
            .affected, .burnRate, .baseline:
            true
        case .overrun, .releaseAge: false
        }
    }

    /// What its samples are.
    fileprivate var unit: String {
        switch self {
        case .failing: "probes"
        case .failingRoutes: "routes"
        case .affected: "distinct values"
        case .parseFailures: "lines"
        case .signal, .up, .matches, .restarts, .burnRate, .baseline, .overrun, .releaseAge:
            "samples"
        }
    }
}

extension ExpressionType {
    /// `31.2 %`, `420 ms`, `1h30m`, `12`.
    func shown(_ value: Double) -> String {
        switch self {
        case .ratio: "\(Self.rounded(value * 100)) %"
        case .duration:
            if abs(value) < 1 {
                "\(Self.rounded(value * 1000)) ms"
            } else if abs(value) < 60 || abs(value) > 9e9 {
                "\(Self.rounded(value)) s"
            } else {
                Duration.nanoseconds(Int64((value * 1e9).rounded())).text
            }
        case .number, .truth: Self.rounded(value)
        }
    }

    private static func rounded(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e13 else { return "\(value)" }
        let short = (value * 100).rounded() / 100
        return short == short.rounded() ? "\(Int64(short))" : "\(short)"
    }
}
