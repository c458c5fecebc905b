// The probe kind `grpc`: what a server says of itself by the gRPC health checking protocol
// (grpc.health.v1; https://github.com/grpc/grpc/blob/master/doc/health-checking.md).

public struct GRPCCheck: Hashable, Sendable, Codable {
    public var endpoint: Endpoint
    public var usesTLS: Bool
    /// As the server calls it; empty: the server as a whole.
    public var service: String
    /// Metadata of the call.
    public var headers: [HTTPRequestSpec.Header]
    /// A PEM bundle instead of the system's certificate authorities.
    public var caFile: String?
    /// Off: certificates are not checked (never the default).
    public var verifyTLS: Bool
    public var connection = HTTPRequestSpec.ConnectionUse.fresh

    public init(
        endpoint: Endpoint, usesTLS: Bool = false, service: String = "",
        headers: [HTTPRequestSpec.Header] = [], caFile: String? = nil, verifyTLS: Bool = true
    ) {
        self.endpoint = endpoint
        self.usesTLS = usesTLS
        self.service = service
        self.headers = headers
        self.caFile = caFile
        self.verifyTLS = verifyTLS
    }
}
