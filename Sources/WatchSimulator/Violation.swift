// A rule that was broken, in words.

/// What a checker found. The first one ends its world.
public struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable name of the rule: `one-rollback-at-a-time`.
    public var rule: String
    public var text: String

    init(_ rule: String, _ text: String) {
        self.rule = rule
        self.text = text
    }

    public var description: String { "\(rule): \(text)" }
}
