// Whether a target is on another host: only those tell of this host's network.

import WatchSystem

enum OtherHost {
    /// The name in small letters; nil: it is this host.
    static func name(_ host: String?) -> String? {
        guard let name = host?.lowercased(), !name.isEmpty else { return nil }
        if name.hasPrefix("127.") || name.hasSuffix(".localhost") { return nil }
        switch name {
        case "localhost", "::1", "0.0.0.0", "::": return nil
        // A name is looked for last: asking the kernel for its own costs a call.
        case Executable.hostName.lowercased(): return nil
        default: return name
        }
    }
}
