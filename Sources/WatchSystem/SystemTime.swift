// The only place that reads a clock. Everything else is handed a `TimeSource` or a `Moment`.

import Glibc
public import WatchCore

public struct SystemTime: TimeSource {
    public init() {}

    public func now() -> Moment {
        Moment(
            boot: boot(),
            wall: WallTime(nanoseconds: read(CLOCK_REALTIME)))
    }

    public func boot() -> Instant { Instant(nanoseconds: read(CLOCK_BOOTTIME)) }

    /// The kernel's id of this boot (`/proc/sys/kernel/random/boot_id`, see random(4)).
    public static func bootID() throws(SystemError) -> String {
        let path = "/proc/sys/kernel/random/boot_id"
        let text = try File.read(path, limit: 64)
        return String(decoding: text, as: UTF8.self).filter { $0 != "\n" }
    }

    private func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
