// The clock of the schedule: what time it is, and waiting for a time. Tests turn it by hand.

public import WatchCore
import WatchSystem

public protocol Sleeper: TimeSource {
    /// Returns at `instant` (of `CLOCK_BOOTTIME`), or as soon as the task is cancelled.
    func sleep(until instant: Instant) async
}

public struct SystemSleeper: Sleeper {
    private let time = SystemTime()

    public init() {}

    public func now() -> Moment { time.now() }

    public func sleep(until instant: Instant) async {
        // ContinuousClock is CLOCK_BOOTTIME on Linux, so a suspend is slept through rightly.
        try? await Task.sleep(for: instant - now().boot, clock: .continuous)
    }
}
