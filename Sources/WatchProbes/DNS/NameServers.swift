// Whom this host asks for names (resolv.conf(5)).

import WatchCore
import WatchSystem

enum NameServers {
    static let path = "/etc/resolv.conf"

    /// The first; without any it is this host itself, as the manual page says.
    static func first(in text: some StringProtocol) -> Endpoint {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count >= 2, words[0] == "nameserver" else { continue }
            let server = Endpoint(host: String(words[1]), port: 53)
            // With a scope (`fe80::1%eth0`) it is no address that could be asked here.
            if NumericAddress(server) != nil { return server }
        }
        return Endpoint(host: "127.0.0.1", port: 53)
    }

    static func read() -> Result<Endpoint, SystemError> {
        Result { () throws(SystemError) in
            let bytes = try File.read(path, limit: 65536)
            return first(in: String(decoding: bytes, as: UTF8.self))
        }
    }
}
