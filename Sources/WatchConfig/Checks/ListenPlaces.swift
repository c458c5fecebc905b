// Two streams cannot listen at one place. The second would be blind as long as the first lives,
// which is better known now.

import WatchCore

/// Where a stream listens.
struct ListenPlace: Hashable {
    enum Kind: Hashable {
        case udp(host: String, port: Int)
        case tcp(host: String, port: Int)
        case socket(path: String)
    }

    var kind: Kind
    /// In words.
    var text: String

    /// nil: it does not listen.
    init?(_ stream: StreamConfiguration.Kind) {
        switch stream {
        case .syslog(let listener):
            text = listener.endpoint.text
            switch listener.endpoint {
            case .udp(let host, let port): kind = .udp(host: host, port: port)
            case .tcp(let host, let port), .tls(let host, let port, _):
                kind = .tcp(host: host, port: port)
            case .unix(let path), .unixStream(let path): kind = .socket(path: path)
            }
        case .drain(let listener):
            text = listener.text
            kind = .tcp(host: listener.host, port: listener.port)
        case .file, .files, .journal, .command: return nil
        }
    }

    /// Whether both cannot be had at once.
    func overlaps(_ other: ListenPlace) -> Bool {
        switch (kind, other.kind) {
        case (.udp(let host, let port), .udp(let second, let secondPort)),
            (.tcp(let host, let port), .tcp(let second, let secondPort)):
            port == secondPort && Self.isSame(host, second)
        case (.socket(let path), .socket(let second)): Self.plain(path) == Self.plain(second)
        case (.udp, _), (.tcp, _), (.socket, _): false
        }
    }

    private static func isSame(_ host: String, _ other: String) -> Bool {
        let all: Set = ["0.0.0.0", "::", "0:0:0:0:0:0:0:0", "*"]
        if all.contains(host) || all.contains(other) { return true }
        let own: Set = ["127.0.0.1", "::1", "localhost"]
        if host == "localhost" || other == "localhost" {
            return own.contains(host) && own.contains(other)
        }
        return host.lowercased() == other.lowercased()
    }

    /// Without what means nothing in a path.
    private static func plain(_ path: String) -> [Substring] {
        path.split(separator: "/").filter { $0 != "." }
    }
}

extension References {
    func checkListeners() {
        var seen: [(place: ListenPlace, stream: String)] = []
        for service in draft.services {
            for stream in service.configuration.streams {
                guard let place = ListenPlace(stream.kind) else { continue }
                let name = "\(service.configuration.name)/\(stream.name)"
                if let first = seen.first(where: { $0.place.overlaps(place) }) {
                    problems.error(
                        service.listeners[stream.name] ?? service.place,
                        "'\(first.stream)' listens at \(first.place.text) already",
                        "choose another place, or make one stream of both")
                }
                seen.append((place, name))
            }
        }
    }
}
