// Where no `connectivity:` target is declared, a fault is taken for this host's own network when no
// probe hears from any of two or more other hosts (DESIGN §5 "Outcomes of a probe"). A release that
// hangs behind several names looks just like that, and would never be rolled back.

import WatchCore

struct ConnectivityLint {
    let draft: Draft
    let problems: Problems

    func check() {
        guard !draft.quiet.hasConnectivity else { return }
        for service in draft.services { check(service) }
    }

    private func check(_ service: ServiceDraft) {
        let acting = service.triggers.first {
            $0.configuration.mode == .auto
                && draft.policy[$0.configuration.severity]?.action == .rollback
        }
        guard let acting else { return }
        let asked = service.configuration.askedProbes.map(\.targets).filter { !$0.isEmpty }
        let own = Set(asked.joined())
        // What else is probed goes on answering, and proves the network.
        let others = draft.services.filter { $0.configuration.name != service.configuration.name }
            .flatMap(\.configuration.askedProbes).flatMap { $0.targets + $0.helpers }
        let helpers = service.configuration.askedProbes.flatMap(\.helpers)
        // A journey that hangs tells of one host, however many it would have asked.
        guard asked.count >= 2, own.count >= 2, own.isSuperset(of: others + helpers) else { return }
        let names = own.sorted().prefix(4).map { printable($0, limit: 60) }
        let more = own.count > names.count ? ", …" : ""
        problems.warning(
            acting.modePlace,
            "a release of '\(service.configuration.name)' that hangs is never rolled back: when no "
                + "probe of \(names.joined(separator: ", "))\(more) is answered, that counts as "
                + "this host's own network, for nothing else could prove that it works",
            "add connectivity: [ \"tcp://HOST:PORT\" ] beside services:, with addresses that "
                + "answer whenever the network works, whatever the release does (a gateway, a name "
                + "server)")
    }
}

extension ProbeConfiguration {
    /// Other hosts at which the service itself is asked.
    fileprivate var targets: [String] {
        switch kind {
        case .http(let request, _): Self.other(request)
        case .tcp(let check): Self.other(check.endpoint.host)
        case .tls(let check): Self.other(check.endpoint.host)
        case .grpc(let check): Self.other(check.endpoint.host)
        case .journey(let journey): journey.steps.flatMap { Self.other($0.request) }
        case .dns, .exec, .unit, .prometheus, .step: []
        }
    }

    /// Other hosts that tell of the service, and do not hang with it.
    fileprivate var helpers: [String] {
        switch kind {
        case .dns(let check): check.server.map { Self.other($0.host) } ?? []
        case .prometheus(let check): Self.other(check.request)
        case .http, .tcp, .tls, .grpc, .exec, .unit, .journey, .step: []
        }
    }

    /// Empty also where a secret says which host it is.
    private static func other(_ request: HTTPRequestSpec) -> [String] {
        guard request.unixSocket == nil, case .literal(let text) = request.url.parts.first,
            let scheme = text.firstRange(of: "://")
        else { return [] }
        let rest = text[scheme.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        guard authority.endIndex < rest.endIndex || request.url.parts.count == 1 else { return [] }
        guard authority.first != "[" else {
            return other(String(authority.dropFirst().prefix { $0 != "]" }))
        }
        return other(String(authority.prefix { $0 != ":" }))
    }

    /// None for this host.
    private static func other(_ host: String) -> [String] {
        let name = host.lowercased()
        let isOurs =
            name.isEmpty || name.hasPrefix("127.") || name.hasSuffix(".localhost")
            || ["localhost", "::1", "0.0.0.0", "::"].contains(name)
        return isOurs ? [] : [name]
    }
}
