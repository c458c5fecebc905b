// What is said over a connection that speaks no HTTP, and when enough was heard.

public struct Exchange: Sendable {
    public enum End: Hashable, Sendable {
        /// What was waited for came, or nothing was waited for.
        case enough
        /// The other side ended the connection first.
        case closed
        /// As many bytes as are read at most came, and it was not among them.
        case full
        /// The time of the request was up.
        case timedOut
    }

    public var send: [UInt8]
    /// Bytes that are read at most.
    public var limit: Int
    /// Whether what was heard so far is enough; nil: nothing is listened to. Runs on the client's
    /// thread and must not block.
    public var isEnough: (@Sendable ([UInt8]) -> Bool)?

    public init(
        send: [UInt8] = [], limit: Int = 4096, isEnough: (@Sendable ([UInt8]) -> Bool)? = nil
    ) {
        self.send = send
        self.limit = limit
        self.isEnough = isEnough
    }
}
