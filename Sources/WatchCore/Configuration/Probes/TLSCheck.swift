// The probe kind `tls`: a handshake, and certificates that are good for a while yet.

public struct TLSCheck: Hashable, Sendable, Codable {
    public enum Version: String, Hashable, Sendable, Codable, CaseIterable {
        case one0 = "1.0"
        case one1 = "1.1"
        case one2 = "1.2"
        case one3 = "1.3"
    }

    public var endpoint: Endpoint
    /// The name that is asked for (SNI, RFC 6066 §3) and that the certificate must be for, where
    /// it is not the host.
    public var servername: String?
    /// A PEM bundle instead of the system's certificate authorities.
    public var caFile: String?
    /// Off: who signed is not looked at, nor for whom (never the default).
    public var verifies: Bool
    /// Each certificate of the chain is good for longer than this.
    public var expiresIn: Duration?
    /// Further names that the server's own certificate must be for.
    public var names: [String]
    public var minVersion: Version?

    public init(
        endpoint: Endpoint, servername: String? = nil, caFile: String? = nil,
        verifies: Bool = true, expiresIn: Duration? = nil, names: [String] = [],
        minVersion: Version? = nil
    ) {
        self.endpoint = endpoint
        self.servername = servername
        self.caFile = caFile
        self.verifies = verifies
        self.expiresIn = expiresIn
        self.names = names
        self.minVersion = minVersion
    }
}
