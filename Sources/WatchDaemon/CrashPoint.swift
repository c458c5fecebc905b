// Places where a test may kill the daemon: at each boundary between deciding, storing, doing and
// telling. Only debug builds have them, and only when WATCHD_CRASH_AT is set.

import Glibc
import Synchronization

enum CrashPoint {
    #if DEBUG
        /// `WATCHD_CRASH_AT=after-persist:step.started:2`: at the second such boundary.
        private static let wanted: (place: String, occurrence: Int)? = {
            guard let value = getenv("WATCHD_CRASH_AT") else { return nil }
            let parts = String(cString: value).split(separator: ":")
            guard let last = parts.last, let occurrence = Int(last) else { return nil }
            return (parts.dropLast().joined(separator: ":"), occurrence)
        }()
        private static let seen = Mutex(0)
    #endif

    /// Dies here, like from a power cut, if this is the place.
    static func reached(_ place: @autoclosure () -> String) {
        #if DEBUG
            guard let wanted, wanted.place == place() else { return }
            let count = seen.withLock { count in
                count += 1
                return count
            }
            if count == wanted.occurrence { kill(getpid(), SIGKILL) }
        #endif
    }

    static func reached(_ boundary: String, _ kinds: [String]) {
        #if DEBUG
            guard wanted != nil else { return }
            for kind in Set(kinds) { reached("\(boundary):\(kind)") }
        #endif
    }
}
