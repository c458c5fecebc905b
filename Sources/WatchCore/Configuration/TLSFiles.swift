// What a listener needs to speak TLS.

public struct TLSFiles: Hashable, Sendable, Codable {
    /// A PEM file: the certificate, and those of the authorities between it and the root.
    public var certificate: String
    /// A PEM file's path, or the key itself as in `${credential:NAME}`.
    public var key: Template
    /// A PEM file of authorities: only clients with a certificate of theirs are heard; nil: all.
    public var clientCA: String?

    public init(certificate: String, key: Template, clientCA: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.clientCA = clientCA
    }
}
