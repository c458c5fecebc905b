// How many files and sockets this process may have at once (RLIMIT_NOFILE of getrlimit(2)).

import Glibc

public enum DescriptorLimit {
    /// Raises the limit as far as an unprivileged process may: shells give 1024, for programs that
    /// still use select(2), which nothing here does.
    /// - Returns: the limit that holds from now on.
    @discardableResult
    public static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(kind, &limit) == 0 else { return .max }
        if limit.rlim_cur < limit.rlim_max {
            var wanted = limit
            wanted.rlim_cur = limit.rlim_max
            // Refused inside the unit, where both limits are the same anyway.
            if setrlimit(kind, &wanted) == 0 { limit = wanted }
        }
        return Int(clamping: limit.rlim_cur)
    }

    private static let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
}
