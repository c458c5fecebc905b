// Places at which a test meets the shim: between what it does and what it records of it. Only debug
// builds have them.

import Glibc

enum CrashPoint {
    /// With `SHIM_STOP_AT=after-claim` in its environment it stands still there (SIGSTOP), and
    /// whoever watches kills whom it likes, or lets it go on.
    static func reached(_ place: String) {
        #if DEBUG
            guard let wanted = getenv("SHIM_STOP_AT"), String(cString: wanted) == place else {
                return
            }
            raise(SIGSTOP)
        #endif
    }
}
