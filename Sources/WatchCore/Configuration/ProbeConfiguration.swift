// Active checks and version sources: what is asked and which answer is good.

public struct ProbeConfiguration: Hashable, Sendable, Codable {
    public enum Kind: Hashable, Sendable, Codable {
        case http(HTTPRequestSpec, HTTPExpectation)
        case tcp(TCPCheck)
        case tls(TLSCheck)
        case dns(DNSCheck)
        case grpc(GRPCCheck)
        case exec(ExecCheck)
        case unit(UnitCheck)
        case prometheus(PrometheusCheck)
        case journey(JourneyCheck)
        /// Of a journey, which asks it.
        indirect case step(JourneyCheck.Step)

        /// The key that names it in the configuration.
        public var name: String {
            switch self {
            case .http: "http"
            case .tcp: "tcp"
            case .tls: "tls"
            case .dns: "dns"
            case .grpc: "grpc"
            case .exec: "exec"
            case .unit: "unit"
            case .prometheus: "prometheus"
            case .journey: "journey"
            case .step: "step"
            }
        }

        /// All kinds but two ask anew each time.
        public var connection: HTTPRequestSpec.ConnectionUse {
            switch self {
            case .http(let request, _): request.connection
            case .grpc(let check): check.connection
            case .tcp, .tls, .dns, .exec, .unit, .journey, .step, .prometheus: .fresh
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
    /// What a good answer also has; without it the probe passes, and is degraded. Of `http` only.
    public var degradedUnless: HTTPExpectation?
    /// So many probes may ask the same host at once; nil: any number.
    public var perHost: Int?

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
