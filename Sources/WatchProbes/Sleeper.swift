// The clock of the schedule: what time it is, and waiting for a time. Tests turn it by hand.

public import WatchCore
import WatchSystem

public protocol Sleeper: TimeSource {
    /// Returns at `instant` (of `CLOCK_BOOTTIME`), or as soon as the task is cancelled.
    func sleep(until instant: Instant) async
}

/// Up to `SleepRing.grain` late, so that many wake together.
public struct SystemSleeper: Sleeper {
    private static let ring = SleepRing(time: SystemTime())

    private let time = SystemTime()

    public init() {}

    public func now() -> Moment { time.now() }

    public func sleep(until instant: Instant) async { await Self.ring.sleep(until: instant) }
}
