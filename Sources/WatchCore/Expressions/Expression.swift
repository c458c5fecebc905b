// STUB: replaced by the expressions slice of work. The public shape stays.

/// A typed, checked expression of DESIGN §5.
public struct Expression: Hashable, Sendable, Codable {
    /// As it was written.
    public let source: String

    /// Parses and type-checks. A trigger's expression must be a truth value.
    public init(_ source: String) throws(ExpressionError) { self.source = source }

    /// Every operand in it, in order of appearance, without repeats.
    public var operands: [Operand] { [] }

    public func evaluate(_ read: (Operand) -> Reading) -> Evaluation {
        Evaluation(truth: .unknown, readings: [:], lines: [])
    }
}

public struct Evaluation: Hashable, Sendable {
    public var truth: Truth
    /// By the operand's canonical text (`error_rate(access, 2m)`).
    public var readings: [String: Reading]
    /// The parts, for `explain`.
    public var lines: [Explanation.Line]
}

/// Why a text is no expression. `offset` and `length` in UTF-8 bytes of the source.
public struct ExpressionError: Error, Hashable, Sendable {
    public var offset: Int
    public var length: Int
    public var message: String
    /// What to write instead, when that is clear.
    public var remedy: String?

    public init(offset: Int, length: Int = 1, message: String, remedy: String? = nil) {
        self.offset = offset
        self.length = length
        self.message = message
        self.remedy = remedy
    }
}
