// The clock of the schedule: what time it is, and waiting for a time. Tests turn it by hand.

import Synchronization
public import WatchCore
public import WatchHTTP
import WatchSystem

public protocol Sleeper: TimeSource {
    /// Returns at `instant` (of `CLOCK_BOOTTIME`), or as soon as the task is cancelled.
    func sleep(until instant: Instant) async
}

/// Up to `SleepRing.grain` late, so that many wake together.
public struct SystemSleeper: Sleeper {
    private static let shared = SleepRing(time: SystemTime(), alarm: TaskAlarm())

    private let time = SystemTime()
    private let ring: SleepRing

    /// All of them wake together.
    public init() { ring = Self.shared }

    /// Wakes on the client's thread: what asks then needs no other.
    public init(on client: HTTPClient) {
        ring = SleepRing(time: time, alarm: client.makeAlarm())
    }

    public func now() -> Moment { time.now() }

    public func boot() -> Instant { time.boot() }

    public func sleep(until instant: Instant) async { await ring.sleep(until: instant) }
}

extension HTTPClient.Alarm: Alarm {}

/// A task that sleeps, of the process's own threads.
final class TaskAlarm: Alarm {
    private let task = Mutex<Task<Void, Never>?>(nil)

    func set(at due: Instant, _ ring: @escaping @Sendable () -> Void) {
        task.withLock {
            $0?.cancel()
            $0 = Task {
                // ContinuousClock is CLOCK_BOOTTIME on Linux, so a suspend is slept through
                // rightly.
                let wait = due - SystemTime().boot()
                guard (try? await Task.sleep(for: wait, clock: .continuous)) != nil else { return }
                ring()
            }
        }
    }
}
