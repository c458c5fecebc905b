// Addresses that watchd listens at.

import WatchCore

extension Section {
    /// `HOST:PORT`, or the port alone, which is one of this host only: what comes from the network
    /// can be forged.
    func listenAddress(_ key: String, example: Int) -> (host: String, port: Int)? {
        guard let text = text(key, limit: 256) else { return nil }
        guard let (host, port) = Self.address(text) else {
            problems.error(
                place(key), "'\(printable(text, limit: 60))' is no address to listen at",
                "as in \(key): 127.0.0.1:\(example), \(key): \"[::1]:\(example)\", or "
                    + "\(key): \(example)")
            return nil
        }
        if port < 1024 {
            problems.error(
                place(key), "watchd has no privilege for ports below 1024",
                "choose another, as in \(key): \(host):\(example), and have the sender use it")
            return nil
        }
        return (host, port)
    }

    /// nil: there are none; or, if `key` is given and so they are needed, a diagnostic was made.
    /// - Parameter key: what speaks TLS if it is given.
    func tlsFiles(for key: String) -> TLSFiles? {
        let given = self.given(["certificate", "key", "client_ca"])
        guard has(key) else {
            for name in given {
                problems.error(
                    keyPlace(name) ?? place, "'\(name)' means nothing without '\(key)'",
                    "listen at \(key): ADDRESS:PORT, or remove it")
            }
            return nil
        }
        for name in ["certificate", "key"] where !given.contains(name) {
            problems.error(
                keyPlace(key) ?? place, "'\(key)' needs '\(name)'",
                name == "key"
                    ? "add key: /PATH/key.pem, or key: \"${credential:NAME}\""
                    : "add certificate: /PATH/chain.pem")
        }
        let clientCA = has("client_ca") ? path("client_ca") : nil
        let certificate = has("certificate") ? path("certificate") : nil
        guard let certificate, let key = template("key") else { return nil }
        if key.secrets.isEmpty, path("key") == nil { return nil }
        return TLSFiles(certificate: certificate, key: key, clientCA: clientCA)
    }

    private static func address(_ text: String) -> (host: String, port: Int)? {
        if let port = Int(text) { return isPort(port) ? ("127.0.0.1", port) : nil }
        guard let colon = text.lastIndex(of: ":"),
            let port = Int(text[text.index(after: colon)...]),
            isPort(port)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        let isPlain = host.utf8.allSatisfy {
            Names.isAlphanumeric($0) || [45, 46, 58, 95, 37].contains($0)
        }
        return host.isEmpty || !isPlain ? nil : (host, port)
    }

    private static func isPort(_ number: Int) -> Bool { (1...65_535).contains(number) }
}

extension ListenPlace {
    /// What only programs of this host can reach.
    static func isOfThisHost(_ host: String) -> Bool {
        host.hasPrefix("127.") || host == "::1" || host == "localhost"
    }
}
