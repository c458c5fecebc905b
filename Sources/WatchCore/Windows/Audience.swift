// Who is affected: how many distinct clients or users there are, and how many of them saw an
// error, without remembering any of them.

/// Distinct values of one field of a stream, by HyperLogLog (Flajolet et al., 2007).
public struct Audience: Hashable, Sendable, Codable {
    public init() {}

    /// One line's value, as a well-mixed hash.
    public mutating func record(hash: UInt64, isError: Bool) {}

    public mutating func merge(_ other: Audience) {}

    /// Estimated distinct values.
    public var all: Double { 0 }
    /// Estimated distinct values with at least one error.
    public var affected: Double { 0 }
}
