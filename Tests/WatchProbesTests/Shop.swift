// A shop to sign in to, on a real socket; it remembers what it was asked.

import Synchronization
import TestServers
import Testing
import WatchCore

final class Shop: Sendable {
    struct Request: Sendable {
        var method: String
        /// With the query.
        var path: String
        var headers: [String: String]
        var body: String
        /// Requests for this path before.
        var before: Int
    }

    private let seen: RequestLog
    private let server: ScriptedServer

    init(_ answer: @escaping @Sendable (Request, Connection) -> Void) throws {
        let seen = RequestLog()
        self.seen = seen
        server = try #require(
            ScriptedServer(readsRequest: false) { connection in
                guard let (head, body) = connection.readRequest() else { return }
                answer(seen.note(head, body), connection)
            })
    }

    deinit { server.stop() }

    func url(_ path: String) -> String { "http://\(server.address)\(path)" }

    var requests: [Request] { seen.all }

    var asked: [String] { requests.map { "\($0.method) \($0.path)" } }

    private final class RequestLog: Sendable {
        private let requests = Mutex<[Request]>([])

        var all: [Request] { requests.withLock { $0 } }

        func note(_ head: String, _ body: [UInt8]) -> Request {
            let lines = head.split(separator: "\r\n")
            let words = (lines.first ?? "").split(separator: " ")
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                headers[parts[0].lowercased()] = String(parts.last?.dropFirst() ?? "")
            }
            return requests.withLock { [headers] all in
                let path = String(words.dropFirst().first ?? "")
                let request = Request(
                    method: String(words.first ?? ""), path: path, headers: headers,
                    body: String(decoding: body, as: UTF8.self),
                    before: all.count { $0.path == path })
                all.append(request)
                return request
            }
        }
    }
}

extension JourneyCheck.Step {
    /// A step as short as it can be said.
    static func step(
        _ name: String, _ url: String, headers: [String: String] = [:],
        save: [String: String] = [:]
    ) throws -> JourneyCheck.Step {
        try step(name, "GET", url, headers: headers, save: save)
    }

    static func step(
        _ name: String, _ method: String, _ url: String,
        headers: [String: String] = [:], body: String? = nil, save: [String: String] = [:]
    ) throws -> JourneyCheck.Step {
        var request = HTTPRequestSpec(method: method, url: try Template(url))
        request.headers = try headers.sorted { $0.key < $1.key }.map {
            .init(name: $0.key, value: try Template($0.value))
        }
        request.body = try body.map { try Template($0) }
        var step = JourneyCheck.Step(name: name, request: request)
        step.saves = try save.sorted { $0.key < $1.key }.map {
            JourneyCheck.Saved(name: $0.key, source: .json(try JSONPath($0.value)))
        }
        return step
    }

    func cleaningUp() -> JourneyCheck.Step {
        var step = self
        step.isAlways = true
        return step
    }
}

extension ProbeResult {
    func step(_ name: String) -> ProbeResult? { steps?.first { $0.name == name }?.result }
}
