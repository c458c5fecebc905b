// Where a probe connects to.

public struct Endpoint: Hashable, Sendable, Codable, CustomStringConvertible {
    /// A name or an address, without brackets.
    public var host: String
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// As in a URL: an IPv6 address has brackets.
    public var description: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
