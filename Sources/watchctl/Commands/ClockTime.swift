// Times that people type: a moment with its offset, or the next time a clock on the wall shows it.

import ArgumentParser
import Glibc
import WatchCore
import WatchSystem

enum ClockTime {
    static func read(_ text: String) throws -> WallTime {
        if let moment = WallTime(text: text) { return moment }
        if let next = next(text, after: SystemTime().now().wall) { return next }
        throw ValidationError(
            "'\(safe(text))' is no time; write 02:00, or 2026-12-01T02:00:00Z.")
    }

    /// `02:00` in the zone of this process (localtime(3)); nil: that is no time of day.
    static func next(_ text: String, after now: WallTime) -> WallTime? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 }), let hour = Int32(parts[0]),
            let minute = Int32(parts[1]), (0...23).contains(hour), (0...59).contains(minute)
        else { return nil }
        let second = now.nanoseconds / 1_000_000_000
        var start = time_t(second)
        for day: Int32 in 0...2 {
            var local = tm()
            guard localtime_r(&start, &local) != nil else { return nil }
            local.tm_mday += day
            (local.tm_hour, local.tm_min, local.tm_sec) = (hour, minute, 0)
            local.tm_isdst = -1
            let found = Int64(mktime(&local))
            if found > second { return WallTime(nanoseconds: found * 1_000_000_000) }
        }
        return nil
    }
}
