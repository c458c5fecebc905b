// Where a stream listens for syslog.

import WatchCore

struct SyslogReader {
    private static let endpoints = ["udp", "tcp", "tls", "unix", "unix_stream"]
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
                    "add udp: 127.0.0.1:5514, tcp: 127.0.0.1:5514, tls: 0.0.0.0:6514, or "
                        + "unix: /run/watchd/NAME.sock")
            }
            return nil
        }
        let files = section.tlsFiles(for: "tls")
        guard let endpoint = endpoint(kind, section, files) else { return nil }
        var listener = SyslogListener(endpoint)
        listener.programs = programs(section)
        if let mode = mode(section, kind) { listener.mode = mode }
        return listener
    }

    private func endpoint(
        _ kind: String, _ section: Section, _ files: TLSFiles?
    ) -> SyslogListener.Endpoint? {
        if Self.isFile(kind) {
            guard let path = section.path(kind) else { return nil }
            guard path.utf8.count <= Self.pathLimit else {
                problems.error(
                    section.place(kind), "the path of a socket has at most 107 bytes",
                    "choose a shorter one, as in /run/watchd/NAME.sock")
                return nil
            }
            return kind == "unix" ? .unix(path: path) : .unixStream(path: path)
        }
        let example = kind == "tls" ? 6514 : 5514
        guard let (host, port) = section.listenAddress(kind, example: example) else { return nil }
        if kind == "tls" { return files.map { .tls(host: host, port: port, $0) } }
        return kind == "udp" ? .udp(host: host, port: port) : .tcp(host: host, port: port)
    }

    private static func isFile(_ kind: String) -> Bool { kind.hasPrefix("unix") }

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
        guard Self.isFile(kind) else {
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
