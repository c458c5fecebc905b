// What a version source answered.

public struct VersionReading: Hashable, Sendable, Codable {
    public enum Answer: Hashable, Sendable, Codable {
        /// Validated against `Identifier`; `fields` are further captured values, valid too.
        case version(String, commit: String?, fields: [String: String])
        /// The source did not answer usefully; the sentence says why, for status.
        case unavailable(String)
    }

    var isAnswer: Bool { if case .version = answer { true } else { false } }

    /// When the source was asked (the start of the read).
    public var asked: Instant
    public var answer: Answer

    public init(asked: Instant, answer: Answer) {
        self.asked = asked
        self.answer = answer
    }
}
