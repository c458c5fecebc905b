// A request that is sent again and again: what can be known of it beforehand is.

public final class PreparedRequest: Sendable {
    public let request: HTTPRequest
    /// As `HTTPRequest.host`.
    public let host: String?
    /// As `HTTPRequest.nameToResolve`.
    let nameToResolve: String?
    /// Why it cannot be sent.
    let refusal: String?
    /// A hash of what is asked, which tells nearly all apart.
    let key: Int

    public init(_ request: HTTPRequest) {
        self.request = request
        host = request.host
        nameToResolve = request.nameToResolve
        refusal = request.refusal
        key = request.url.hashValue
    }
}
