// How channels send: one POST at a time. The daemon adapts its HTTP client to this.

public struct WebhookReply: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        /// The HTTP status.
        case status(Int)
        /// No answer: name, connection, TLS, time-out. One sentence.
        case failed(String)
    }

    public var outcome: Outcome
    /// Value of the header `Retry-After`, as it came.
    public var retryAfter: String?
    /// The first few KB of the body.
    public var body: [UInt8]

    public init(outcome: Outcome, retryAfter: String? = nil, body: [UInt8] = []) {
        self.outcome = outcome
        self.retryAfter = retryAfter
        self.body = body
    }
}

public protocol WebhookTransport: Sendable {
    /// Sends one POST, does not follow redirects, and returns at the latest after `timeout`.
    func post(
        url: String, headers: [(String, String)], body: [UInt8], timeout: Duration
    ) async -> WebhookReply
}
