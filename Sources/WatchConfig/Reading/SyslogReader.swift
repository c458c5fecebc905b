// Where a stream listens for syslog.

import WatchCore

struct SyslogReader {
    private static let endpoints = ["udp", "tcp", "unix"]
    /// sockaddr_un of unix(7) has room for 108 bytes with a NUL.
    private static let pathLimit = 107
    private static let programLimit = 64

    let problems: Problems

    func read(_ stream: Section) -> SyslogListener? {
        guard let value = stream.value("syslog"),
            let section = Section(value, .syslog, problems)
        else { return nil }
        let given = section.given(Self.endpoints)
        guard let kind = given.first, given.count == 1 else {
            if let second = given.dropFirst().first {
                problems.error(
                    section.keyPlace(second) ?? value.place,
                    "'syslog' listens at one place, not several", "make a stream of each")
            } else if !section.hadRefused {
                problems.error(
                    value.place, "'syslog' does not say where to listen",
                    "add udp: 127.0.0.1:5514, tcp: 127.0.0.1:5514, or unix: /run/watchd/NAME.sock")
            }
            return nil
        }
        guard let endpoint = endpoint(kind, section) else { return nil }
        var listener = SyslogListener(endpoint)
        listener.programs = programs(section)
        if let mode = mode(section, kind) { listener.mode = mode }
        return listener
    }

    private func endpoint(_ kind: String, _ section: Section) -> SyslogListener.Endpoint? {
        if kind == "unix" {
            guard let path = section.path("unix") else { return nil }
            guard path.utf8.count <= Self.pathLimit else {
                problems.error(
                    section.place("unix"), "the path of a socket has at most 107 bytes",
                    "choose a shorter one, as in /run/watchd/NAME.sock")
                return nil
            }
            return .unix(path: path)
        }
        guard let text = section.text(kind, limit: 256) else { return nil }
        guard let (host, port) = Self.address(text) else {
            problems.error(
                section.place(kind), "'\(printable(text, limit: 60))' is no address to listen at",
                "as in \(kind): 127.0.0.1:5514, \(kind): \"[::1]:5514\", or \(kind): 5514")
            return nil
        }
        if port < 1024 {
            problems.error(
                section.place(kind), "watchd has no privilege for ports below 1024",
                "choose another, as in \(kind): \(host):5514, and have the sender use it")
            return nil
        }
        return kind == "udp" ? .udp(host: host, port: port) : .tcp(host: host, port: port)
    }

    /// A port alone is one of this host only: what comes from the network can be forged.
    static func address(_ text: String) -> (host: String, port: Int)? {
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

    private func programs(_ section: Section) -> [String] {
        let texts = section.texts("programs")
        if texts.count > Self.programLimit {
            problems.error(
                section.place("programs"), "\(texts.count) programs are too many",
                "keep \(Self.programLimit) or fewer")
        }
        return texts.map(\.value)
    }

    private func mode(_ section: Section, _ kind: String) -> Int? {
        guard let text = section.text("mode", limit: 16) else { return nil }
        guard kind == "unix" else {
            problems.error(
                section.keyPlace("mode") ?? section.place,
                "'mode' is of a socket file, and there is none", "remove it")
            return nil
        }
        guard let mode = Int(text, radix: 8), (0o200...0o777).contains(mode) else {
            problems.error(
                section.place("mode"), "'\(printable(text, limit: 20))' are no permissions",
                "write them as chmod does, as in mode: \"0660\"")
            return nil
        }
        return mode
    }
}
