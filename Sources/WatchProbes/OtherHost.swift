// Whether a target is on another host: only those tell of this host's network.

import WatchSystem

enum OtherHost {
    /// The name in small letters; nil: it is this host.
    static func name(_ host: String?) -> String? {
        // Bytes: this runs for every probe, most of which ask an address.
        if let host, host.utf8.starts(with: "127.".utf8) { return nil }
        guard let name = host?.lowercased(), !name.isEmpty else { return nil }
        if name.hasSuffix(".localhost") { return nil }
        switch name {
        case "localhost", "::1", "0.0.0.0", "::": return nil
        // A name is looked for last: asking the kernel for its own costs a call.
        case Executable.hostName.lowercased(): return nil
        default: return name
        }
    }
}
