// A condition on signals, as typed in the configuration: parsed and type-checked once, evaluated
// whenever something came in. Truth is three-valued: what is not known decides nothing.

/// A typed, checked expression of DESIGN §5; its value is a truth.
public struct Expression: Hashable, Sendable, Codable {
    /// As it was written.
    public let source: String
    let root: ExpressionNode
    /// Every operand in it, in order of appearance, without repeats.
    public let operands: [Operand]
    /// Canonical texts of the operands, and the lines of an explanation without values: made
    /// once, since ten thousand triggers are evaluated every second.
    private let names: [String]
    private let outline: [Explanation.Line]

    /// - Throws: `ExpressionError` with the place of the first mistake.
    public init(_ source: String) throws(ExpressionError) {
        self.source = source
        root = try ExpressionParser.parse(source)
        var seen: Set<Operand> = []
        operands = root.operands.filter { seen.insert($0).inserted }
        names = operands.map(\.text)
        outline = root.outline()
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

    /// Reads each operand once and computes all parts, so that the explanation is whole.
    public func evaluate(_ read: (Operand) -> Reading) -> Evaluation {
        var readings: [Operand: Reading] = [:]
        var named: [String: Reading] = [:]
        for (operand, name) in zip(operands, names) {
            let reading = read(operand)
            readings[operand] = reading
            named[name] = reading
        }
        var sheet = ExpressionNode.Sheet(readings: readings, lines: outline)
        let value = root.value(&sheet)
        return Evaluation(truth: value.truth, readings: named, lines: sheet.lines)
    }

    /// false: whatever is measured, it cannot be true, by the bounds of its operands (ratios lie
    /// between 0 and 1; nothing is negative; of counts `most` tells the largest).
    public func canBeTrue(most: (Operand) -> Double? = { _ in nil }) -> Bool {
        root.canBeTrue(most)
    }
}

public struct Evaluation: Hashable, Sendable {
    public var truth: Truth
    /// By the operand's canonical text (`error_rate(access, 2m)`).
    public var readings: [String: Reading]
    /// The parts, for `explain`.
    public var lines: [Explanation.Line]

    public init(truth: Truth, readings: [String: Reading], lines: [Explanation.Line]) {
        self.truth = truth
        self.readings = readings
        self.lines = lines
    }
}
