// A condition on signals, as typed in the configuration: parsed and type-checked once, evaluated
// whenever something came in. Truth is three-valued: what is not known decides nothing.

/// A typed, checked expression of DESIGN §5; its value is a truth.
public struct Expression: Hashable, Sendable, Codable {
    /// As it was written.
    public let source: String
    let root: ExpressionNode
    /// Every operand in it, in order of appearance, without repeats.
    public let operands: [Operand]
    /// Made once, since ten thousand triggers are evaluated every second.
    let program: ExpressionProgram

    /// - Throws: `ExpressionError` with the place of the first mistake.
    public init(_ source: String) throws(ExpressionError) {
        self.source = source
        root = try ExpressionParser.parse(source)
        var seen: Set<Operand> = []
        operands = root.operands.filter { seen.insert($0).inserted }
        program = ExpressionProgram(root, operands: operands)
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
        var isBlind = false
        let value = program.run(terms) { index in
            let reading = read(operands[index])
            if case .blind = reading.gap { isBlind = true }
            return reading
        }
        return Finding(truth: Truth(value), isBlind: isBlind)
    }

    /// The outcome with its explanation. Each operand is read once.
    public func evaluate(
        _ terms: EvaluationTerms = .plain, _ read: (Operand) -> Reading
    ) -> Evaluation {
        let readings = operands.map(read)
        let values = program.trace(terms) { readings[$0] }
        var account = ExpressionAccount(self, terms, readings: readings, values: values)
        account.write()
        return Evaluation(
            truth: values.last.map { Truth($0) } ?? .unknown,
            readings: Dictionary(
                zip(operands.map(\.text), readings), uniquingKeysWith: { first, _ in first }),
            lines: account.lines, reasons: account.reasons)
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
