// Where lines are received that other programs post over HTTP, and how they show who they are.

public struct DrainListener: Hashable, Sendable, Codable {
    /// A keyed hash (HMAC, RFC 2104) of the body as it was sent, in a header.
    public struct Signature: Hashable, Sendable, Codable {
        public enum Algorithm: String, Hashable, Sendable, Codable, CaseIterable {
            case sha1, sha256

            /// Bytes of the hash.
            public var size: Int {
                switch self {
                case .sha1: 20
                case .sha256: 32
                }
            }
        }

        /// As in `x-vercel-signature`; headers have no case.
        public var header: String
        public var algorithm: Algorithm
        public var secret: Template

        public init(header: String, algorithm: Algorithm, secret: Template) {
            self.header = header
            self.algorithm = algorithm
            self.secret = secret
        }
    }

    public static let bodyLimits = 1024...(8 << 20)

    public var host: String
    public var port: Int
    /// nil: plain HTTP.
    public var tls: TLSFiles?
    /// What is posted elsewhere is not found; nil: any path is good.
    public var path: String?
    public var signature: Signature?
    /// Of `Authorization: Bearer`.
    public var token: Template?
    /// What the header `x-vercel-verify` of each answer says: Vercel sends logs to whoever knows.
    public var verify: Template?
    /// Bytes of a body, and of what it is when it is unpacked.
    public var maxBody = 4 << 20

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// As people write it.
    public var text: String {
        "\(tls == nil ? "http" : "https") \(ListenAddress.text(host, port))"
    }

    public var templates: [Template] {
        [signature?.secret, token, verify, tls?.key].compactMap { $0 }
    }
}

extension DrainListener.Signature {
    /// The hash that a header claims: hexadecimal, perhaps behind `sha256=`, or base64. nil: it is
    /// none of this algorithm.
    public func digest(in text: String) -> [UInt8]? {
        guard text.utf8.count <= 200 else { return nil }
        let prefix = algorithm.rawValue + "="
        let bare = text.lowercased().hasPrefix(prefix) ? text.dropFirst(prefix.count) : text[...]
        let bytes = Self.hexadecimal(bare) ?? Base64.decode(String(bare))
        return bytes?.count == algorithm.size ? bytes : nil
    }

    private static func hexadecimal(_ text: Substring) -> [UInt8]? {
        let letters = Array(text.utf8)
        guard letters.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for at in stride(from: 0, to: letters.count, by: 2) {
            guard let high = digit(letters[at]), let low = digit(letters[at + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ letter: UInt8) -> UInt8? {
        switch letter {
        case 48...57: letter - 48
        case 97...102: letter - 87
        case 65...70: letter - 55
        default: nil
        }
    }
}

/// An address to listen at, as people write it.
enum ListenAddress {
    static func text(_ host: String, _ port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
