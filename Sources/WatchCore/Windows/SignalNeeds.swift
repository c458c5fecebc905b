// What is kept of a signal besides counts and latency, because some expression asks for it. What
// nobody asks for is not kept.

/// Windows beyond counts and latency, by what they hold.
public struct SignalNeeds: Hashable, Sendable {
    /// Widths by the pattern's name.
    public var patterns: [String: Set<Duration>] = [:]
    public var routes: Set<Duration> = []
    /// Lines that did not parse, and all lines.
    public var unparsed: Set<Duration> = []
    /// Widths by the field's name.
    public var audiences: [String: Set<Duration>] = [:]
    public var restarts: Set<Duration> = []

    public init() {}

    public var isEmpty: Bool { self == SignalNeeds() }
}
