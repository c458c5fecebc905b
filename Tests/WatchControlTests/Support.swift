// A real server on a real socket in a directory of its own, and programs run against it.

import Foundation
import Logging
import Synchronization
import WatchControl
import WatchCore
import WatchHTTP

/// Made by `withServer`; gone with it.
struct RunningServer: Sendable {
    let path: String
    let backend: FakeBackend
    let server: ControlServer
    let client = HTTPClient()

    func send(
        _ method: String, _ path: String, headers: [HTTPHeader] = [], body: String? = nil
    ) async throws -> HTTPResponse {
        var headers = headers
        if method == "POST", !headers.contains(where: { $0.name == "X-Watchd" }) {
            headers.append(HTTPHeader("X-Watchd", "1"))
        }
        if body != nil, !headers.contains(where: { $0.name == "Content-Type" }) {
            headers.append(HTTPHeader("Content-Type", "application/json"))
        }
        let request = HTTPRequest(
            method: method, url: "http://localhost" + path, headers: headers,
            body: body.map { Array($0.utf8) }, timeout: .minutes(10), unixSocket: self.path)
        switch await client.send(request) {
        case .success(let response): return response
        case .failure(let failure): throw failure
        }
    }

    func get(_ path: String, headers: [HTTPHeader] = []) async throws -> HTTPResponse {
        try await send("GET", path, headers: headers)
    }

    func post(_ path: String, _ body: String = "") async throws -> HTTPResponse {
        try await send("POST", path, body: body)
    }
}

extension HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// Runs `body` against a server that listens, and stops it.
@discardableResult
func withServer<Result: Sendable>(
    access: Access = Access(), group: String = "watchd-of-the-tests",
    _ body: (RunningServer) async throws -> Result
) async throws -> Result {
    try await withDirectory { directory in
        let backend = FakeBackend()
        let (listening, ready) = AsyncStream<Void>.makeStream()
        let path = directory + "/watchd.sock"
        let server = ControlServer(
            path: path, access: access, group: group, backend: backend,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onListening: { ready.finish() })
        let task = Task { try await server.run() }
        for await _ in listening {}
        let result: Result
        do {
            result = try await body(RunningServer(path: path, backend: backend, server: server))
        } catch {
            task.cancel()
            _ = await task.result
            throw error
        }
        task.cancel()
        try await task.value
        return result
    }
}

/// A directory that others may look into, removed afterwards.
@discardableResult
func withDirectory<Result: Sendable>(
    _ body: (String) async throws -> Result
) async throws -> Result {
    let path = "/tmp/watchd-test-\(UUID().uuidString.prefix(13))"
    try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    let result: Result
    do {
        result = try await body(path)
    } catch {
        try? FileManager.default.removeItem(atPath: path)
        throw error
    }
    try FileManager.default.removeItem(atPath: path)
    return result
}

let runsAsRoot = geteuid() == 0
