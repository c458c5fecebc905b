// A grpc probe: the server, and which of its services is asked after.

import WatchCore

struct GRPCProbeReader {
    private let problems: Problems

    init(_ problems: Problems) { self.problems = problems }

    func read(_ section: Section) -> ProbeConfiguration.Kind? {
        let service = section.text("service", limit: 200) ?? ""
        let headers = section.headers()
        let caFile = section.has("ca_file") ? section.path("ca_file") : nil
        let verifies = section.verifiesTLS(caFile: caFile)
        guard let (endpoint, usesTLS) = endpoint(section) else { return nil }
        for key in section.given(["ca_file", "verify_tls"]) where !usesTLS {
            problems.error(
                section.keyPlace(key) ?? section.place, "'\(key)' means nothing without TLS",
                "write grpc: https://\(endpoint), or remove it")
        }
        var check = GRPCCheck(
            endpoint: endpoint, usesTLS: usesTLS, service: service, headers: headers,
            caFile: caFile, verifyTLS: verifies)
        check.connection = section.connectionUse(usesTLS: usesTLS, speaksHTTP2: true)
        return .grpc(check)
    }

    /// `HOST:PORT` and `http://HOST:PORT` are the same; `https://HOST:PORT` is with TLS.
    private func endpoint(_ section: Section) -> (Endpoint, usesTLS: Bool)? {
        guard let text = section.text("grpc", limit: 300) else { return nil }
        var rest = text[...]
        var usesTLS = false
        for (scheme, isSecure) in [("https://", true), ("http://", false)]
        where text.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            usesTLS = isSecure
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        let endpoint = Endpoints.read(
            rest, section.place("grpc"), port: usesTLS ? 443 : nil, problems)
        return endpoint.map { ($0, usesTLS) }
    }
}
