// A condition on signals, as typed in the configuration: parsed and type-checked once, evaluated
// whenever something came in. Truth is three-valued: what is not known decides nothing.

/// A typed, checked expression of DESIGN §5; its value is a truth.
public struct Expression: Hashable, Sendable, Codable {
    /// What it is made of, which never changes: in one piece, because expressions are handed
    /// around ten thousand times a second.
    private final class Parts: Sendable {
        let source: String
        let root: ExpressionNode
        let operands: [Operand]
        let operandTexts: [String]
        let program: ExpressionProgram

        init(_ source: String, _ root: ExpressionNode) {
            self.source = source
            self.root = root
            var seen: Set<Operand> = []
            operands = root.operands.filter { seen.insert($0).inserted }
            operandTexts = operands.map(\.text)
            program = ExpressionProgram(root, operands: operands)
        }
    }

    private let parts: Parts

    /// As it was written.
    public var source: String { parts.source }
    var root: ExpressionNode { parts.root }
    /// Every operand in it, in order of appearance, without repeats.
    public var operands: [Operand] { parts.operands }
    /// Of each of them, in canonical form.
    var operandTexts: [String] { parts.operandTexts }
    var program: ExpressionProgram { parts.program }

    /// - Throws: `ExpressionError` with the place of the first mistake.
    public init(_ source: String) throws(ExpressionError) {
        parts = Parts(source, try ExpressionParser.parse(source))
    }

    public static func == (a: Expression, b: Expression) -> Bool { a.source == b.source }

    public func hash(into hasher: inout Hasher) { hasher.combine(source) }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(container.decode(String.self))
        } catch let error as ExpressionError {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: error.message)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(source)
    }

    /// In canonical form: the same for all ways to write the same.
    public var text: String { root.text }

    /// The outcome alone. Each operand is read once; nothing is allocated.
    public func find(_ terms: EvaluationTerms = .plain, _ read: (Operand) -> Reading) -> Finding {
        outcome(terms) { Figure(read(operands[$0])) }
    }

    /// The same for who knows the operands by their places.
    func outcome(_ terms: EvaluationTerms, _ read: (Int) -> Figure) -> Finding {
        var isBlind = false
        let value = parts.program.run(terms) { place in
            let figure = read(place)
            if figure.isBlind { isBlind = true }
            return figure
        }
        return Finding(truth: Truth(value), isBlind: isBlind)
    }

    /// The outcome with its explanation. Each operand is read once.
    /// - Parameter isFull: with a line for every part, which only an explanation shows.
    public func evaluate(
        _ terms: EvaluationTerms = .plain, isFull: Bool = true, _ read: (Operand) -> Reading
    ) -> Evaluation {
        let readings = operands.map(read)
        let values = program.trace(terms) { readings[$0] }
        var account = ExpressionAccount(self, terms, readings: readings, values: values)
        account.write(isFull: isFull)
        return Evaluation(
            truth: values.last.map { Truth($0) } ?? .unknown,
            readings: named(readings),
            lines: account.lines, reasons: account.reasons)
    }

    /// What the operands read, by their canonical text.
    public func readings(_ read: (Operand) -> Reading) -> [String: Reading] {
        named(operands.map(read))
    }

    private func named(_ readings: [Reading]) -> [String: Reading] {
        Dictionary(zip(parts.operandTexts, readings), uniquingKeysWith: { first, _ in first })
    }

    /// Whether `confidence` changes anything in it.
    public var hasSampledComparison: Bool {
        program.steps.contains { step in
            guard case .comparison(let comparing) = step, comparing.isLeftLow != nil else {
                return false
            }
            return comparing.left.sampled != nil || comparing.right.sampled != nil
        }
    }

    /// The plain numbers in it (counts, factors), as they are written.
    public var numbers: [Double] { root.numbers }
}
