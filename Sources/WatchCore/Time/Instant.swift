// Monotonic and wall time are two types, so that a decision can never mix them up. Nothing in
// this module reads a clock: whoever calls the engine says what time it is.

/// A point on `CLOCK_BOOTTIME` (it goes on counting through suspend), in nanoseconds since boot.
/// Meaningful within one boot only; all decisions use it.
public struct Instant: Hashable, Comparable, Sendable, Codable {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// `seconds` since boot; test helper as much as anything.
    public static func seconds(_ seconds: Double) -> Instant {
        Instant(nanoseconds: Int64((seconds * 1e9).rounded()))
    }

    public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    public static func + (a: Instant, b: Duration) -> Instant {
        Instant(nanoseconds: a.nanoseconds &+ b.nanoseconds)
    }

    public static func - (a: Instant, b: Duration) -> Instant {
        Instant(nanoseconds: a.nanoseconds &- b.nanoseconds)
    }

    public static func - (a: Instant, b: Instant) -> Duration {
        Duration(nanoseconds: a.nanoseconds &- b.nanoseconds)
    }

    /// The whole second this instant lies in, counted from boot (floor).
    public var second: Int64 { nanoseconds.flooredDivision(by: 1_000_000_000) }

    public init(from decoder: any Decoder) throws {
        nanoseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(nanoseconds)
    }
}

/// What time it is, on both clocks, read once per event by the shell.
public struct Moment: Hashable, Sendable, Codable {
    public var boot: Instant
    public var wall: WallTime

    public init(boot: Instant, wall: WallTime) {
        self.boot = boot
        self.wall = wall
    }

    /// The wall time at which `instant` was or will be, by today's offset between the clocks.
    public func wall(at instant: Instant) -> WallTime { wall + (instant - boot) }

    /// The instant at which the wall clock showed `time`, by today's offset between the clocks.
    public func instant(at time: WallTime) -> Instant { boot + (time - wall) }
}

/// Whoever can say what time it is. The live program reads the system's clocks, tests turn hands.
public protocol TimeSource: Sendable {
    func now() -> Moment
    /// As `now().boot`, for those who measure: one clock is read and not two.
    func boot() -> Instant
}

extension TimeSource {
    public func boot() -> Instant { now().boot }
}

extension Int64 {
    /// Division that rounds towards minus infinity.
    @inlinable
    public func flooredDivision(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
