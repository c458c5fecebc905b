// Who is affected: how many distinct clients or users there are, and how many of them saw an
// error, without remembering any of them.

/// Distinct values of one field of a stream, by HyperLogLog (Flajolet et al., 2007).
public struct Audience: Hashable, Sendable, Codable {
    public init() {}

    /// A well-mixed hash of a value, the same in every process.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ hash >> 27) &* 0x94D0_49BB_1331_11EB
        return hash ^ hash >> 31
    }

    /// One line's value, as a well-mixed hash.
    public mutating func record(hash: UInt64, isError: Bool) {}

    public mutating func merge(_ other: Audience) {}

    /// Estimated distinct values.
    public var all: Double { 0 }
    /// Estimated distinct values with at least one error.
    public var affected: Double { 0 }
}
