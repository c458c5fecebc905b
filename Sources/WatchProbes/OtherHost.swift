// Whether a target is on another host: only those tell of this host's network.

import WatchSystem

enum OtherHost {
    /// The name in small letters; nil: it is this host.
    static func name(_ host: String?) -> String? {
        guard let name = host?.lowercased(), !name.isEmpty else { return nil }
        let here = [
            "localhost", "::1", "0.0.0.0", "::", Executable.hostName.lowercased(),
        ]
        if here.contains(name) || name.hasPrefix("127.") || name.hasSuffix(".localhost") {
            return nil
        }
        return name
    }
}
