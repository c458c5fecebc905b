// An answer that arrived whole.

public import WatchCore

public struct HTTPResponse: Hashable, Sendable {
    public var status: Int
    /// Of the last answer, after redirects; in the order they came, names as they came.
    public var headers: [HTTPHeader] { head.all }
    let head: HTTPHead
    /// Decoded (gzip, deflate). Empty for `stream`, whose bytes went to the callback.
    public var body: [UInt8]
    /// Sums over all redirects, phase by phase.
    public var timings: PhaseTimings
    /// Where the redirects ended. May hold secrets of the URL that was asked.
    public var effectiveURL: String
    /// Of the last connection; nil without TLS.
    public var tls: TLSInfo?
    /// Address and port that answered; nil over a Unix socket. Put together when asked for: nearly
    /// nobody does.
    public var peer: String? { place?.text }
    var place: Place?
    /// What is in the jar now, where the request had one: the seven fields of a line of Netscape's
    /// cookie file (https://curl.se/docs/http-cookies.html), with tabs between them.
    public var cookies: [String]?
    /// How a conversation ended.
    public var end: Exchange.End?

    struct Place: Hashable, Sendable {
        let address: String
        let port: Int

        /// `127.0.0.1:80`, `[::1]:80`.
        var text: String {
            address.utf8.contains(UInt8(ascii: ":")) ? "[\(address)]:\(port)" : "\(address):\(port)"
        }
    }

    init(
        status: Int, head: HTTPHead = HTTPHead(), body: [UInt8] = [], timings: PhaseTimings,
        effectiveURL: String
    ) {
        self.status = status
        self.head = head
        self.body = body
        self.timings = timings
        self.effectiveURL = effectiveURL
    }

    /// Only a body, which did not come over a network: for rules that look at bodies.
    package init(body: [UInt8]) {
        self.init(status: 200, body: body, timings: PhaseTimings(total: 0), effectiveURL: "")
    }

    /// The first header of that name, in whatever case.
    public func header(_ name: String) -> String? { head.first(name) }

    /// The headers whose name, as it came, is wanted; no others are made into texts.
    public func headers(
        where isWanted: (UnsafeBufferPointer<UInt8>) -> Bool
    ) -> [HTTPHeader] {
        head.matching(isWanted)
    }
}

public enum HTTPResult: Hashable, Sendable {
    case success(HTTPResponse)
    case failure(HTTPFailure)
}
