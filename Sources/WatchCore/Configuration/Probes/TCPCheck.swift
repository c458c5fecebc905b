// The probe kind `tcp`: somebody listens, and says what is expected.

public struct TCPCheck: Hashable, Sendable, Codable {
    /// Bytes that are listened to unless told otherwise, and at most: each new byte may mean to
    /// look at all of them again.
    public static let standardLimit = 4096
    public static let mostBytes = 16384

    public var endpoint: Endpoint
    /// Said first, as it is.
    public var send: Template?
    /// Text that must be heard.
    public var contains: String?
    /// A PCRE2 pattern that what is heard must match.
    public var matches: String?
    /// It must be among so many bytes.
    public var maxBytes: Int

    public init(
        endpoint: Endpoint, send: Template? = nil, contains: String? = nil,
        matches: String? = nil, maxBytes: Int = TCPCheck.standardLimit
    ) {
        self.endpoint = endpoint
        self.send = send
        self.contains = contains
        self.matches = matches
        self.maxBytes = maxBytes
    }
}
