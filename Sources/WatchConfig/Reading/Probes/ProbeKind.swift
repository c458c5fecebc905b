// The kinds of probes: which key names each, and which keys it has besides those that all have.

enum ProbeKind: String, CaseIterable {
    case http, tcp, tls, dns, grpc, exec, unit, journey, prometheus

    /// What every probe has.
    static let common = ["every", "timeout", "failures", "successes"]

    var keys: [String] {
        let own: [String]
        switch self {
        case .http:
            own = ["json", "expect", "degraded", "connection"] + KeyTable.request.map(\.name)
        case .tcp: own = ["send", "max_bytes", "expect"]
        case .tls: own = ["servername", "ca_file", "verify_tls", "expect"]
        case .dns: own = ["type", "server", "expect"]
        case .grpc: own = ["service", "headers", "ca_file", "verify_tls", "connection"]
        case .exec: own = ["env", "nagios", "expect"]
        case .unit: own = ["expect"]
        case .journey: own = []
        case .prometheus:
            let others = ["method", "body", "form"]
            own =
                ["query", "expect"]
                + KeyTable.request.map(\.name).filter { !others.contains($0) }
        }
        return [rawValue] + own
    }

    var withArticle: String { (self == .http || self == .exec ? "an " : "a ") + rawValue }

    /// How it is written, for remedies.
    var example: String {
        switch self {
        case .http: "http: URL"
        case .tcp: "tcp: HOST:PORT"
        case .tls: "tls: HOST:PORT"
        case .dns: "dns: NAME"
        case .grpc: "grpc: HOST:PORT"
        case .exec: "exec: [/PROGRAM, ARGUMENT]"
        case .unit: "unit: NAME.service"
        case .journey: "journey: [ { get: URL } ]"
        case .prometheus: "prometheus: URL"
        }
    }
}
