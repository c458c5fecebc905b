// The probe kind `dns`: what a name server says about a name.

public struct DNSCheck: Hashable, Sendable, Codable {
    /// With their numbers of RFC 1035 §3.2.2 and its successors.
    public enum RecordType: String, Hashable, Sendable, Codable, CaseIterable {
        case a = "A"
        case aaaa = "AAAA"
        case caa = "CAA"
        case cname = "CNAME"
        case mx = "MX"
        case ns = "NS"
        case ptr = "PTR"
        case soa = "SOA"
        case srv = "SRV"
        case txt = "TXT"

        public var number: UInt16 {
            switch self {
            case .a: 1
            case .ns: 2
            case .cname: 5
            case .soa: 6
            case .ptr: 12
            case .mx: 15
            case .txt: 16
            case .aaaa: 28
            case .srv: 33
            case .caa: 257
            }
        }
    }

    /// RFC 1035 §4.1.1.
    public enum ResponseCode: String, Hashable, Sendable, Codable, CaseIterable {
        case noError = "NOERROR"
        case formError = "FORMERR"
        case serverFailure = "SERVFAIL"
        case noSuchName = "NXDOMAIN"
        case notImplemented = "NOTIMP"
        case refused = "REFUSED"

        public var number: UInt8 {
            switch self {
            case .noError: 0
            case .formError: 1
            case .serverFailure: 2
            case .noSuchName: 3
            case .notImplemented: 4
            case .refused: 5
            }
        }
    }

    public var name: String
    public var type: RecordType
    /// Who is asked, by address; nil: the first name server of `/etc/resolv.conf`.
    public var server: Endpoint?
    public var code: ResponseCode
    /// These and no others, in any order; nil: any, but one at least where the code is NOERROR.
    public var values: [String]?
    /// These at least.
    public var includes: [String]

    public init(
        name: String, type: RecordType = .a, server: Endpoint? = nil,
        code: ResponseCode = .noError, values: [String]? = nil, includes: [String] = []
    ) {
        self.name = name
        self.type = type
        self.server = server
        self.code = code
        self.values = values
        self.includes = includes
    }
}
