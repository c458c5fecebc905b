// What to ask, with every limit in it: a request without limits is a way to hang at 3 a.m.

public struct HTTPHeader: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

public struct HTTPRequest: Hashable, Sendable {
    public enum Version: Hashable, Sendable {
        /// HTTP/1.1: one connection is one request, so one target's trouble is only its own.
        case one
        /// HTTP/2 where a TLS server agrees to it (ALPN, RFC 7301), else HTTP/1.1.
        case two
        /// HTTP/2 from the first byte on, without asking (RFC 9113 §3.3).
        case twoWithoutAsking
    }

    public var method: String
    /// `http:` or `https:`; over a Unix socket the host is only what the `Host` header says.
    public var url: String
    public var headers: [HTTPHeader]
    public var body: [UInt8]?
    /// Of the whole request, every phase and redirect included; nil: none, for event streams.
    public var timeout: Duration?
    /// Of name, connection and TLS handshake together; nil: only `timeout` counts.
    public var connectTimeout: Duration?
    /// Redirects followed (to http and https only); 0 returns the redirect itself. Of the headers
    /// given here libcurl drops `Authorization` and `Cookie` on the way to another host, no others.
    public var redirects: Int
    public var verifyTLS: Bool
    /// A PEM bundle instead of the system's certificate authorities.
    public var caFile: String?
    /// Bytes of the decoded body that are read; one more is `tooLarge`.
    public var maxBody: Int
    /// Path of a Unix socket to connect to instead of the URL's host.
    public var unixSocket: String?
    public var reuse: Reuse
    /// Ask every cache on the way to step aside (`Cache-Control: no-cache`, RFC 9111 §5.2.1.4).
    public var noCache: Bool
    /// Only connect to the URL's host and port; a connection is the answer (status 0).
    public var connectOnly = false
    public var version = Version.one
    public enum Family: Hashable, Sendable {
        case any, four, six
    }

    /// What of earlier requests this one may use.
    public enum Reuse: Hashable, Sendable {
        /// Nothing: the name is looked up and every phase is real, as for somebody who comes anew.
        case nothing
        /// The TLS session, over a connection of its own: the server need not prove itself again.
        case session
        /// A connection of at most the client's `keptFor`. Never through a proxy, whose tunnels
        /// libcurl does not tell apart by who opened them, nor `twoWithoutAsking`.
        case connection
    }

    public struct ClientCertificate: Hashable, Sendable {
        public enum Key: Hashable, Sendable {
            case path(String)
            /// The text of a PEM file.
            case text(String)
        }

        /// A PEM file.
        public var path: String
        public var key: Key

        public init(path: String, key: Key) {
            self.path = path
            self.key = key
        }
    }

    public var clientCertificate: ClientCertificate?
    /// URL of a proxy; never the environment's.
    public var proxy: String?
    /// The address of the URL's host, instead of what its name says.
    public var address: String?
    public var family = Family.any
    /// `HOST:PORT` to connect to instead of the URL's, which is still the name that is asked for.
    public var connectTo: String?
    /// What the jar holds, as an answer before gave it (`HTTPResponse.cookies`); nil: there is no
    /// jar, and cookies are neither kept nor sent.
    public var cookies: [String]?
    /// Tell the certificates also of a handshake that went well; those refused are always told.
    public var inspectsTLS = false

    public init(
        method: String = "GET", url: String, headers: [HTTPHeader] = [], body: [UInt8]? = nil,
        timeout: Duration? = .seconds(5), connectTimeout: Duration? = nil, redirects: Int = 0,
        verifyTLS: Bool = true, caFile: String? = nil, maxBody: Int = 1 << 20,
        unixSocket: String? = nil, reuse: Reuse = .connection, noCache: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.redirects = redirects
        self.verifyTLS = verifyTLS
        self.caFile = caFile
        self.maxBody = maxBody
        self.unixSocket = unixSocket
        self.reuse = reuse
        self.noCache = noCache
    }
}

extension HTTPRequest {
    /// Whom messages name: `shop.example.com:8443`, or the socket. Never path, query or user info,
    /// where secrets live.
    var target: String {
        if let unixSocket { return unixSocket }
        if let connectTo { return connectTo }
        let authority = Self.authority(of: url)
        return address.map { "\(authority) at \($0)" } ?? authority
    }

    /// The host that is asked, without port and brackets; nil over a Unix socket.
    public var host: String? {
        guard unixSocket == nil else { return nil }
        if let address { return address }
        let authority = connectTo ?? Self.authority(of: url)
        if authority.hasPrefix("[") {
            return String(authority.dropFirst().prefix { $0 != "]" })
        }
        let end = authority.utf8.firstIndex(of: UInt8(ascii: ":"))
        return end.map { String(authority[..<$0]) } ?? authority
    }

    static func authority(of url: String) -> String {
        // Bytes: no character outside ASCII is any of these, and this runs for every request.
        var url = url
        return url.withUTF8 { bytes in
            var start = 0
            if let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon + 2 < bytes.count,
                bytes[colon + 1] == UInt8(ascii: "/"), bytes[colon + 2] == UInt8(ascii: "/")
            {
                start = colon + 3
            }
            var end = start
            var at: Int?
            while end < bytes.count, !Self.endsAuthority(bytes[end]) {
                if bytes[end] == UInt8(ascii: "@") { at = end }
                end += 1
            }
            if let at { start = at + 1 }
            guard start < end else { return "(no host)" }
            return String(
                decoding: UnsafeBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self)
        }
    }

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
            || byte == UInt8(ascii: "\\")
    }

    /// Why this cannot be sent; nil when it can. Values are filled in from templates, so a line
    /// break in one must not become a header of its own (RFC 9112 §11.1).
    var refusal: String? {
        guard Self.isToken(method) else { return "the method is no HTTP method" }
        var url = url
        guard url.withUTF8({ $0.allSatisfy { $0 > 0x20 && $0 != 0x7F } }) else {
            return "the URL holds a space or a control character"
        }
        for header in headers {
            guard Self.isToken(header.name) else { return "a header's name is not a plain word" }
            guard header.value.utf8.allSatisfy({ ($0 >= 0x20 || $0 == 0x09) && $0 != 0x7F }) else {
                return "the value of header \(header.name) holds a line break or control character"
            }
        }
        return nil
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 48...57, 65...90, 97...122: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
