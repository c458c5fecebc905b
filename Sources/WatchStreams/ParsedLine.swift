// What one line gave, as a value: a caller can keep it until its turn has come and then count it.

public import WatchCore

/// Filled by `LineParser.parse` and counted by `LineParser.add`.
public struct ParsedLine: Sendable {
    public enum Outcome: Hashable, Sendable {
        /// It is counted.
        case counted
        /// It does not fit the format, has none of the values that `error` names, or a pattern was
        /// given up on it. Patterns that it matched count nevertheless.
        case unparsed
        /// A filter left it out.
        case ignored
    }

    public internal(set) var outcome = Outcome.unparsed
    public internal(set) var isError = false
    public internal(set) var level: LogLevel?
    /// 0…999; 0 is nginx's `000` or `-`: no answer was sent.
    public internal(set) var status: Int?
    /// Seconds.
    public internal(set) var latency: Double?
    /// Its own time, nanoseconds since 1970 (a stamp without fractions is the begin of its second);
    /// nil: it has none, and counts when it is read.
    public internal(set) var time: Int64?
    /// A bit for each pattern of the stream that was found, the first the lowest.
    public internal(set) var patterns: UInt32 = 0
    /// Number in the parser's table, which then was of this generation.
    var route: Int32 = noRoute
    var routeGeneration: Int32 = 0
    /// A bit for each field that has a value, whose hash stands in `audiences`.
    var audienceBits: UInt32 = 0
    var audiences = InlineArray<8, UInt64>(repeating: 0)

    static let noRoute: Int32 = -1
    /// More routes than are told apart.
    static let otherRoute: Int32 = -2

    public init() {}

    /// Whether there is anything to add to a sum.
    public var counts: Bool { outcome == .counted || (outcome == .unparsed && patterns != 0) }

    mutating func clear() {
        outcome = .unparsed
        isError = false
        level = nil
        status = nil
        latency = nil
        time = nil
        patterns = 0
        route = Self.noRoute
        audienceBits = 0
    }
}
