// Where lines are received that other programs send by syslog.

public struct SyslogListener: Hashable, Sendable, Codable {
    public enum Endpoint: Hashable, Sendable, Codable {
        case udp(host: String, port: Int)
        case tcp(host: String, port: Int)
        /// A datagram socket, as nginx writes to (`syslog:server=unix:…`).
        case unix(path: String)

        /// As people write it.
        public var text: String {
            switch self {
            case .udp(let host, let port): "udp \(Self.address(host, port))"
            case .tcp(let host, let port): "tcp \(Self.address(host, port))"
            case .unix(let path): path
            }
        }

        private static func address(_ host: String, _ port: Int) -> String {
            host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }

    public var endpoint: Endpoint
    /// Only what these programs send (APP-NAME, or the tag of RFC 3164); empty: all.
    public var programs: [String] = []
    /// Permissions of the socket file.
    public var mode = 0o660

    /// What is sent comes from this host, by a socket file.
    public var isLocal: Bool {
        switch endpoint {
        case .udp, .tcp: false
        case .unix: true
        }
    }

    public init(_ endpoint: Endpoint) { self.endpoint = endpoint }
}
