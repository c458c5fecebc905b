// Places where a test may kill the daemon, or hold it to kill others: at each boundary between
// deciding, storing, doing and telling. Only debug builds have them, and only when asked to.

import Glibc
import Synchronization

enum CrashPoint {
    #if DEBUG
        private struct Wanted {
            var place: String
            var occurrence: Int
            var signal: Int32
        }

        /// `WATCHD_CRASH_AT=after-persist:step.started:2`: it dies at the second such boundary,
        /// like from a power cut. `WATCHD_STOP_AT`, likewise: it stands still there until it is
        /// told to go on (SIGCONT), and whoever watches kills whom it likes meanwhile.
        private static let wanted: Wanted? = {
            for (name, signal) in [("WATCHD_CRASH_AT", SIGKILL), ("WATCHD_STOP_AT", SIGSTOP)] {
                guard let value = getenv(name) else { continue }
                let parts = String(cString: value).split(separator: ":")
                guard let last = parts.last, let occurrence = Int(last) else { continue }
                return Wanted(
                    place: parts.dropLast().joined(separator: ":"), occurrence: occurrence,
                    signal: signal)
            }
            return nil
        }()
        private static let seen = Mutex(0)
    #endif

    /// Is met here, if this is the place.
    static func reached(_ place: @autoclosure () -> String) {
        #if DEBUG
            guard let wanted, wanted.place == place() else { return }
            let count = seen.withLock { count in
                count += 1
                return count
            }
            // To this thread: one sent to the process may let it run on for a moment.
            if count == wanted.occurrence { raise(wanted.signal) }
        #endif
    }

    static func reached(_ boundary: String, _ kinds: [String]) {
        #if DEBUG
            guard wanted != nil else { return }
            for kind in Set(kinds) { reached("\(boundary):\(kind)") }
        #endif
    }
}
