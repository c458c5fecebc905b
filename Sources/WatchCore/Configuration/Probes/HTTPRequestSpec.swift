// How one HTTP request is made: for probes and for version sources.

/// One HTTP request as configured; placeholders are filled in for each request.
public struct HTTPRequestSpec: Hashable, Sendable, Codable {
    public struct Header: Hashable, Sendable, Codable {
        public var name: String
        public var value: Template

        public init(name: String, value: Template) {
            self.name = name
            self.value = value
        }
    }

    public enum Version: String, Hashable, Sendable, Codable, CaseIterable {
        case one = "1.1"
        /// Agreed on with TLS (ALPN), spoken from the first byte on without.
        case two = "2"
    }

    public enum Family: String, Hashable, Sendable, Codable, CaseIterable {
        case four = "4"
        case six = "6"
    }

    /// What a probe may use of the one before.
    public enum ConnectionUse: String, Hashable, Sendable, Codable, CaseIterable {
        /// Nothing: it is asked as by somebody who comes for the first time.
        case fresh
        /// The TLS session.
        case resume
        /// The connection, for `keptFor`.
        case keep

        public static let keptFor = Duration.minutes(1)
    }

    /// `Authorization: Basic` (RFC 7617).
    public struct Login: Hashable, Sendable, Codable {
        public var user: Template
        public var password: Template

        public init(user: Template, password: Template) {
            self.user = user
            self.password = password
        }
    }

    public struct ClientCertificate: Hashable, Sendable, Codable {
        /// A PEM file; its issuers may follow it.
        public var certificate: String
        /// A path, or where there are placeholders the PEM text itself.
        public var key: Template

        public init(certificate: String, key: Template) {
            self.certificate = certificate
            self.key = key
        }
    }

    public var method: String
    public var url: Template
    public var headers: [Header]
    public var body: Template?
    /// Fields of a form, sent as `application/x-www-form-urlencoded` in place of a body.
    public var form: [Header] = []
    /// Redirects followed; 0 judges the redirect itself.
    public var redirects: Int
    /// A PEM bundle instead of the system's certificate authorities.
    public var caFile: String?
    /// Off: certificates are not checked (never the default).
    public var verifyTLS: Bool
    /// Bytes of the (decoded) body that are read; what comes after is an error of the target.
    public var maxBody: Int
    public var version = Version.one
    public var connection = ConnectionUse.fresh
    public var basic: Login?
    public var clientCertificate: ClientCertificate?
    /// URL of an HTTP or SOCKS proxy; the environment's is never used.
    public var proxy: Template?
    /// Path of a Unix socket to connect to instead of the URL's host.
    public var unixSocket: String?
    /// The address of the URL's host, instead of what its name says.
    public var address: String?
    /// Only addresses of this family.
    public var family: Family?

    public init(
        method: String = "GET", url: Template, headers: [Header] = [], body: Template? = nil,
        redirects: Int = 5, caFile: String? = nil, verifyTLS: Bool = true,
        maxBody: Int = 1 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.redirects = redirects
        self.caFile = caFile
        self.verifyTLS = verifyTLS
        self.maxBody = maxBody
    }
}

extension HTTPRequestSpec {
    /// Whether asking twice does no more than asking once (RFC 9110 §9.2.1).
    public var isReading: Bool { method == "GET" || method == "HEAD" }
}
