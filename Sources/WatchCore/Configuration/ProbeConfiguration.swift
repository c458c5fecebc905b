// Active checks and version sources: what is asked and which answer is good.

public struct ProbeConfiguration: Hashable, Sendable, Codable {
    public enum Kind: Hashable, Sendable, Codable {
        case http(HTTPRequestSpec, HTTPExpectation)
        case tcp(TCPCheck)
        case tls(TLSCheck)
        case dns(DNSCheck)
        case grpc(GRPCCheck)

        /// The key that names it in the configuration.
        public var name: String {
            switch self {
            case .http: "http"
            case .tcp: "tcp"
            case .tls: "tls"
            case .dns: "dns"
            case .grpc: "grpc"
            }
        }
    }

    public var name: String
    public var every: Duration
    /// Of the whole request, every phase included.
    public var timeout: Duration
    /// So many failures in a row make the probe failing …
    public var failures: Int
    /// … and so many passes in a row make it pass again.
    public var successes: Int
    public var kind: Kind

    public init(
        name: String, every: Duration, timeout: Duration = .seconds(5), failures: Int = 2,
        successes: Int = 2, kind: Kind
    ) {
        self.name = name
        self.every = every
        self.timeout = timeout
        self.failures = failures
        self.successes = successes
        self.kind = kind
    }
}

/// One HTTP request as configured; placeholders are filled in for each request.
public struct HTTPRequestSpec: Hashable, Sendable, Codable {
    public struct Header: Hashable, Sendable, Codable {
        public var name: String
        public var value: Template

        public init(name: String, value: Template) {
            self.name = name
            self.value = value
        }
    }

    public var method: String
    public var url: Template
    public var headers: [Header]
    public var body: Template?
    /// Redirects followed; 0 judges the redirect itself.
    public var redirects: Int
    /// A PEM bundle instead of the system's certificate authorities.
    public var caFile: String?
    /// Off: certificates are not checked (never the default).
    public var verifyTLS: Bool
    /// Bytes of the (decoded) body that are read; what comes after is an error of the target.
    public var maxBody: Int

    public init(
        method: String = "GET", url: Template, headers: [Header] = [], body: Template? = nil,
        redirects: Int = 5, caFile: String? = nil, verifyTLS: Bool = true,
        maxBody: Int = 1 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.redirects = redirects
        self.caFile = caFile
        self.verifyTLS = verifyTLS
        self.maxBody = maxBody
    }
}

/// Which answer is good. All that is given must hold.
public struct HTTPExpectation: Hashable, Sendable, Codable {
    public enum Status: Hashable, Sendable, Codable {
        case exactly(Int)
        /// 2 stands for 200…299 (`2xx`).
        case hundreds(Int)

        public func matches(_ status: Int) -> Bool {
            switch self {
            case .exactly(let code): status == code
            case .hundreds(let digit): status / 100 == digit
            }
        }
    }

    public enum Comparison: Hashable, Sendable, Codable {
        case equals(JSONValue)
        case notEquals(JSONValue)
        case less(Double)
        case lessOrEqual(Double)
        case greater(Double)
        case greaterOrEqual(Double)
        case exists
    }

    public struct JSONField: Hashable, Sendable, Codable {
        public var path: JSONPath
        public var comparison: Comparison

        public init(path: JSONPath, comparison: Comparison) {
            self.path = path
            self.comparison = comparison
        }
    }

    /// One of these; empty means 200…299.
    public var status: [Status]
    public var json: [JSONField]
    /// Text the body must contain.
    public var contains: String?
    /// A PCRE2 pattern the body must match.
    public var matches: String?

    public init(
        status: [Status] = [], json: [JSONField] = [], contains: String? = nil,
        matches: String? = nil
    ) {
        self.status = status
        self.json = json
        self.contains = contains
        self.matches = matches
    }
}

/// Where the running version can be read.
public struct VersionSource: Hashable, Sendable, Codable {
    public enum Kind: Hashable, Sendable, Codable {
        /// The last path component of what the link points to.
        case symlink(path: String)
        /// The first line of a file, or what `pattern`'s first group (or whole) matches in it.
        case file(path: String, pattern: String?)
        /// A program and its arguments, run without a shell.
        case command([String], Output)
        case http(HTTPRequestSpec, Extraction)
    }

    /// How what a program printed names the version.
    public enum Output: Hashable, Sendable, Codable {
        /// The first line, without the blanks around it.
        case firstLine
        /// As `Extraction.json`.
        case json([String: JSONPath])
        /// A pattern over all of it; its first group, or the whole match.
        case pattern(String)
    }

    /// How an HTTP answer names the version.
    public enum Extraction: Hashable, Sendable, Codable {
        /// Field name (`version`, `commit`, …) to path; `version` is always there.
        case json([String: JSONPath])
        case header(String)
        /// A pattern over the body; its first group, or the whole match.
        case pattern(String)
    }

    public var kind: Kind
    public var every: Duration
    public var timeout: Duration

    public init(kind: Kind, every: Duration, timeout: Duration = .seconds(5)) {
        self.kind = kind
        self.every = every
        self.timeout = timeout
    }

    /// How the source is called in status and messages: `symlink:/srv/shop/current`.
    public var label: String {
        switch kind {
        case .symlink(let path): "symlink:\(path)"
        case .file(let path, _): "file:\(path)"
        case .command(let arguments, _): "command:\(arguments.joined(separator: " "))"
        case .http(let request, _): "http:\(request.url.source)"
        }
    }
}
