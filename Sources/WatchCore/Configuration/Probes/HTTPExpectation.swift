// Which answer to an HTTP request is good.

/// All that is given must hold.
public struct HTTPExpectation: Hashable, Sendable, Codable {
    public enum Status: Hashable, Sendable, Codable {
        case exactly(Int)
        /// 2 stands for 200…299 (`2xx`).
        case hundreds(Int)

        public func matches(_ status: Int) -> Bool {
            switch self {
            case .exactly(let code): status == code
            case .hundreds(let digit): status / 100 == digit
            }
        }
    }

    /// Of a value in JSON, or of a header, whose value is a text.
    public enum Comparison: Hashable, Sendable, Codable {
        case equals(JSONValue)
        case notEquals(JSONValue)
        case less(Double)
        case lessOrEqual(Double)
        case greater(Double)
        case greaterOrEqual(Double)
        case exists
        case absent
        case contains(String)
        /// A PCRE2 pattern.
        case matches(String)
        case semver(SemanticRange)
    }

    public struct JSONField: Hashable, Sendable, Codable {
        public var path: JSONPath
        public var comparison: Comparison

        public init(path: JSONPath, comparison: Comparison) {
            self.path = path
            self.comparison = comparison
        }
    }

    public struct HeaderField: Hashable, Sendable, Codable {
        public var name: String
        public var comparison: Comparison

        public init(name: String, comparison: Comparison) {
            self.name = name
            self.comparison = comparison
        }
    }

    /// The parts of `PhaseTimings`.
    public enum Phase: String, Hashable, Sendable, Codable, CaseIterable {
        case name, connect, tls
        case firstByte = "first_byte"
        case body, total
    }

    /// How long a phase may take, redirects together.
    public struct TimeLimit: Hashable, Sendable, Codable {
        public var phase: Phase
        public var below: Duration

        public init(phase: Phase, below: Duration) {
            self.phase = phase
            self.below = below
        }
    }

    /// One of these; empty means 200…299.
    public var status: [Status]
    public var headers: [HeaderField] = []
    public var json: [JSONField]
    /// Text the body must contain.
    public var contains: String?
    /// A PCRE2 pattern the body must match.
    public var matches: String?
    /// Bytes of the decoded body.
    public var size: [Comparison] = []
    public var time: [TimeLimit] = []

    public init(
        status: [Status] = [], json: [JSONField] = [], contains: String? = nil,
        matches: String? = nil
    ) {
        self.status = status
        self.json = json
        self.contains = contains
        self.matches = matches
    }
}
