// Real probes against servers of the test.

import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchProbes

/// Runs a probe of any kind once.
func probe(
    _ kind: ProbeConfiguration.Kind, timeout: Duration = .minutes(10),
    secrets: Secrets = Secrets()
) async -> ProbeResult {
    let prober = LiveProber(client: HTTPClient(), secrets: secrets, time: SystemSleeper())
    return await prober.probe(
        ProbeConfiguration(name: "p", every: .seconds(10), timeout: timeout, kind: kind))
}

/// A server that is not asked by HTTP.
func withPlainServer(
    _ script: @escaping ScriptedServer.Script, _ body: (Endpoint) async throws -> Void
) async throws {
    let server = try #require(ScriptedServer(readsRequest: false, script: script))
    defer { server.stop() }
    try await body(try endpoint(server.address))
}

func endpoint(_ address: String) throws -> Endpoint {
    let parts = address.split(separator: ":")
    return Endpoint(host: String(parts[0]), port: try #require(Int(parts[1])))
}

extension ProbeResult.Outcome {
    /// Why the target is to blame; nil: it is not.
    var failure: String? { if case .fail(let reason) = self { reason } else { nil } }
    /// Why it could not be asked.
    var error: String? { if case .error(let reason) = self { reason } else { nil } }
}
