// What is taken from one line.

/// The fields of a line that are judged.
public struct LogLine: Hashable, Sendable {
    /// 0…999; 0 is nginx's `000` or `-`: no answer was sent.
    public var status = 0
    /// Seconds.
    public var latency: Double?
    /// Nanoseconds since 1970; a stamp without fractions is the begin of its second.
    public var time: Int64?

    public init() {}
}
