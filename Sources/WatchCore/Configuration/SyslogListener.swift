// Where lines are received that other programs send by syslog.

public struct SyslogListener: Hashable, Sendable, Codable {
    public enum Endpoint: Hashable, Sendable, Codable {
        case udp(host: String, port: Int)
        case tcp(host: String, port: Int)
        /// RFC 5425.
        case tls(host: String, port: Int, TLSFiles)
        /// A datagram socket, as nginx writes to (`syslog:server=unix:…`).
        case unix(path: String)
        /// A socket file that senders connect to.
        case unixStream(path: String)

        /// As people write it.
        public var text: String {
            switch self {
            case .udp(let host, let port): "udp \(ListenAddress.text(host, port))"
            case .tcp(let host, let port): "tcp \(ListenAddress.text(host, port))"
            case .tls(let host, let port, _): "tls \(ListenAddress.text(host, port))"
            case .unix(let path), .unixStream(let path): path
            }
        }
    }

    public var endpoint: Endpoint
    /// Only what these programs send (APP-NAME, or the tag of RFC 3164); empty: all.
    public var programs: [String] = []
    /// Permissions of the socket file.
    public var mode = 0o660

    /// Datagrams of a socket file are read by the stream's own thread; all else is received.
    public var isReceived: Bool {
        switch endpoint {
        case .udp, .tcp, .tls, .unixStream: true
        case .unix: false
        }
    }

    public var templates: [Template] {
        switch endpoint {
        case .tls(_, _, let files): [files.key]
        case .udp, .tcp, .unix, .unixStream: []
        }
    }

    public init(_ endpoint: Endpoint) { self.endpoint = endpoint }
}
