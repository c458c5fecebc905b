import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchProbes

struct Secrets: SecretSource {
    var known: [SecretReference: String] = [:]

    func secret(_ reference: SecretReference) throws(SecretError) -> String {
        guard let value = known[reference] else {
            throw SecretError(message: "\(reference) is not there; check its name")
        }
        return value
    }
}

func withServer(
    _ script: @escaping ScriptedServer.Script, _ body: (ScriptedServer) async throws -> Void
) async throws {
    let server = try #require(ScriptedServer(script: script))
    defer { server.stop() }
    try await body(server)
}

func withServer(
    unixSocket path: String, _ script: @escaping ScriptedServer.Script,
    _ body: (ScriptedServer) async throws -> Void
) async throws {
    let server = try #require(ScriptedServer(unixSocket: path, script: script))
    defer { server.stop() }
    try await body(server)
}

func path(_ text: String) throws -> JSONPath { try JSONPath(text) }

extension ProbeConfiguration {
    static func http(
        _ url: String, name: String = "health", every: Duration = .seconds(10),
        timeout: Duration = .minutes(10), expect: HTTPExpectation = HTTPExpectation(),
        caFile: String? = nil, headers: [HTTPRequestSpec.Header] = []
    ) throws -> ProbeConfiguration {
        ProbeConfiguration(
            name: name, every: every, timeout: timeout,
            kind: .http(
                HTTPRequestSpec(url: try Template(url), headers: headers, caFile: caFile), expect))
    }
}
