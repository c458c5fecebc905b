// So many at once to one host: the others wait in line. Their time begins when their turn comes,
// so that a busy host is not blamed for our waiting.

import WatchCore

actor HostGate {
    private struct Line {
        var inside = 0
        var waiting: [(limit: Int, wake: CheckedContinuation<Void, Never>)] = []
    }

    /// Hosts that somebody asks or waits for. Each probe stands in line once or, with a re-check,
    /// twice, so that there are never more than these.
    private var lines: [String: Line] = [:]

    /// Returns when it is the caller's turn; each turn ends with `leave`.
    func enter(_ host: String, limit: Int) async {
        var line = lines[host] ?? Line()
        guard line.inside >= limit || !line.waiting.isEmpty else {
            line.inside += 1
            lines[host] = line
            return
        }
        await withCheckedContinuation { wake in
            lines[host, default: Line()].waiting.append((limit, wake))
        }
    }

    func leave(_ host: String) {
        guard var line = lines[host] else { return }
        line.inside -= 1
        while let first = line.waiting.first, line.inside < first.limit {
            line.waiting.removeFirst()
            line.inside += 1
            first.wake.resume()
        }
        lines[host] = line.inside == 0 && line.waiting.isEmpty ? nil : line
    }
}

extension ProbeConfiguration.Kind {
    /// Whom it asks; nil: that is not known before a secret is read, or it is no host.
    var host: String? {
        switch self {
        case .http(let request, _): return Self.host(of: request)
        // All of it is one turn, at the host where it begins.
        case .journey(let journey): return journey.steps.first.flatMap { Self.host(of: $0.request) }
        case .tcp(let check): return check.endpoint.host.lowercased()
        case .tls(let check): return check.endpoint.host.lowercased()
        case .dns(let check): return check.server?.host
        case .grpc(let check): return check.endpoint.host.lowercased()
        case .prometheus(let check): return Self.host(of: check.request)
        case .exec, .unit, .step: return nil
        }
    }

    private static func host(of request: HTTPRequestSpec) -> String? {
        guard request.unixSocket == nil, request.url.secrets.isEmpty else { return nil }
        return host(of: request.url.source).lowercased()
    }

    private static func host(of url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        let authority = url[scheme.upperBound...].prefix { !"/?#".contains($0) }
        if authority.hasPrefix("[") { return String(authority.dropFirst().prefix { $0 != "]" }) }
        return String(authority.prefix { $0 != ":" })
    }
}
