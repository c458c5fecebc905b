// Why no answer came, told so that a probe can say whose fault it is and a person can act.

public import WatchCore

public struct HTTPFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Phase: String, Hashable, Sendable, Codable, CaseIterable {
        case name, connect, tls, firstByte, body
    }

    public enum Kind: Hashable, Sendable {
        /// The request itself cannot be sent; nothing was.
        case badRequest
        /// Also a resolver that did not answer in time: the target was never asked.
        case nameNotResolved
        case networkUnreachable
        case hostUnreachable
        /// No descriptor, no local port, no memory, or too many requests under way.
        case noLocalResources
        /// The kernel forbids it: a local firewall, a sandbox, the mode of a Unix socket.
        case permissionDenied
        /// The configured CA file cannot be read or used.
        case badCAFile
        /// The configured client certificate or its key cannot be read or used.
        case badClientCertificate
        /// The way there did not work: the proxy is not found, or refuses.
        case proxy
        /// Nobody listens (for a Unix socket: nobody, or no socket there).
        case refused
        /// The connection ended before the answer did.
        case reset
        /// What was wrong with the handshake or the certificate.
        case tls(String)
        case timeout(Phase)
        case tooLarge
        case tooManyRedirects
        /// Not HTTP, endless headers, a body that cannot be decoded, a redirect to elsewhere.
        case badResponse
        /// The task was cancelled, or the client was shut down.
        case cancelled
        /// Anything else libcurl knows, by its number.
        case other(Int)

        /// Whether we could not ask: then it says nothing about the target (DESIGN §5).
        public var isOurs: Bool {
            switch self {
            case .badRequest, .nameNotResolved, .networkUnreachable, .hostUnreachable,
                .noLocalResources, .permissionDenied, .badCAFile, .badClientCertificate, .proxy,
                .cancelled, .other:
                true
            case .refused, .reset, .tls, .timeout, .tooLarge, .tooManyRedirects, .badResponse:
                false
            }
        }
    }

    /// No answer in time. It may be the target's fault or the network's.
    public var isTimeout: Bool {
        if case .timeout = kind { true } else { false }
    }

    public var kind: Kind
    /// How far the request came.
    public var phase: Phase
    /// One sentence: host, phase, cause.
    public var message: String
    public var timings: PhaseTimings
    /// What was seen of the handshake before it failed.
    public var tls: TLSInfo?
    /// Address and port that were connected to, if it came so far.
    public var peer: String?

    public init(kind: Kind, phase: Phase, message: String, timings: PhaseTimings) {
        self.kind = kind
        self.phase = phase
        self.message = message
        self.timings = timings
    }

    public var description: String { message }
}

extension HTTPFailure.Phase {
    /// What was going on, for a sentence.
    var doing: String {
        switch self {
        case .name: "resolving the name"
        case .connect: "connecting"
        case .tls: "in the TLS handshake"
        case .firstByte: "waiting for the first byte of the answer"
        case .body: "reading the answer"
        }
    }
}
