// What a TLS handshake showed: the version, the cipher, and the certificates as they were checked.

/// Of a connection that was made, or of one that was refused for its certificate.
public struct TLSInfo: Hashable, Sendable {
    public struct Certificate: Hashable, Sendable {
        /// In the form of RFC 2253.
        public var subject: String
        public var issuer: String
        /// Seconds since 1970.
        public var notBefore: Int64
        public var notAfter: Int64
        /// DNS names and addresses it is for (RFC 5280 §4.2.1.6), at most `TLSInfo.nameLimit`.
        public var names: [String]

        public init(
            subject: String, issuer: String, notBefore: Int64, notAfter: Int64, names: [String]
        ) {
            self.subject = subject
            self.issuer = issuer
            self.notBefore = notBefore
            self.notAfter = notAfter
            self.names = names
        }
    }

    static let nameLimit = 100
    /// OpenSSL itself follows no longer chains.
    static let chainLimit = 100

    /// As in `TLSv1.3`; nil: the handshake did not end.
    public var version: String?
    public var cipher: String?
    /// The server's own first, then each issuer, to the trusted one where it was found.
    public var chain: [Certificate] = []

    public init(version: String? = nil, cipher: String? = nil, chain: [Certificate] = []) {
        self.version = version
        self.cipher = cipher
        self.chain = chain
    }
}
