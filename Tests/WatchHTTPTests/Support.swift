import TestServers
import Testing
import WatchHTTP

/// A scripted server for as long as `body` runs.
func withServer(
    unixSocket: String? = nil, _ script: @escaping ScriptedServer.Script,
    _ body: (ScriptedServer) async throws -> Void
) async throws {
    let server = try #require(ScriptedServer(unixSocket: unixSocket, script: script))
    defer { server.stop() }
    try await body(server)
}

extension HTTPResult {
    var response: HTTPResponse? { if case .success(let response) = self { response } else { nil } }
    var failure: HTTPFailure? { if case .failure(let failure) = self { failure } else { nil } }
}
