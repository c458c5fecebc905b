// Which lines are errors, as people write it: `status >= 400 or level == error`.

/// Comparisons of `status` with a number and of `level` with a level, joined by `and`, `or`, `not`
/// and parentheses. A comparison with a value that the line does not have is unknown (Kleene's
/// logic, as in triggers), and unknown is no error.
public struct LineCondition: Hashable, Sendable, CustomStringConvertible {
    public enum Subject: String, Hashable, Sendable, CaseIterable {
        case status, level
    }

    enum Comparison: String, Hashable, Sendable {
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case equal = "=="
        case notEqual = "!="

        func holds(_ a: Int, _ b: Int) -> Bool {
            switch self {
            case .less: a < b
            case .lessOrEqual: a <= b
            case .greater: a > b
            case .greaterOrEqual: a >= b
            case .equal: a == b
            case .notEqual: a != b
            }
        }
    }

    indirect enum Node: Hashable, Sendable {
        case comparison(Subject, Comparison, Int)
        case and(Node, Node)
        case or(Node, Node)
        case not(Node)
    }

    /// `status >= 500`.
    public static let serverError = LineCondition(
        description: "status >= 500", root: .comparison(.status, .greaterOrEqual, 500))

    /// As it was written.
    public let description: String
    private let root: Node

    /// - Throws: `ExpressionError` with the place of the mistake.
    public init(_ text: String) throws(ExpressionError) {
        description = text
        root = try LineConditionParser.parse(text)
    }

    private init(description: String, root: Node) {
        self.description = description
        self.root = root
    }

    /// What it asks.
    public var subjects: Set<Subject> { Self.subjects(root) }

    /// nil: unknown, because a value is missing.
    public func holds(status: Int?, level: LogLevel?) -> Bool? {
        Self.holds(root, status, level?.rawValue)
    }

    private static func holds(_ node: Node, _ status: Int?, _ level: Int?) -> Bool? {
        switch node {
        case .comparison(let subject, let comparison, let wanted):
            switch subject {
            case .status: return status.map { comparison.holds($0, wanted) }
            case .level: return level.map { comparison.holds($0, wanted) }
            }
        case .and(let a, let b):
            let (first, second) = (holds(a, status, level), holds(b, status, level))
            if first == false || second == false { return false }
            return first == nil || second == nil ? nil : true
        case .or(let a, let b):
            let (first, second) = (holds(a, status, level), holds(b, status, level))
            if first == true || second == true { return true }
            return first == nil || second == nil ? nil : false
        case .not(let node): return holds(node, status, level).map { !$0 }
        }
    }

    private static func subjects(_ node: Node) -> Set<Subject> {
        switch node {
        case .comparison(let subject, _, _): [subject]
        case .and(let a, let b), .or(let a, let b): subjects(a).union(subjects(b))
        case .not(let node): subjects(node)
        }
    }
}

extension LineCondition: Codable {
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
        try container.encode(description)
    }
}
