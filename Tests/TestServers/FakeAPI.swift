// An API as a vendor has it: whole requests in, one answer each. What it answers, and whether it
// likes what it was sent, is the test's to say.

import Synchronization

public struct APIRequest: Sendable {
    public var method: String
    /// With its query.
    public var path: String
    /// Names in small letters.
    public var headers: [String: String]
    public var body: [UInt8]

    public var text: String { String(decoding: body, as: UTF8.self) }
    /// `POST /v1/deploys`
    public var line: String { "\(method) \(path)" }

    init?(_ head: String, _ body: [UInt8]) {
        let lines = head.split(separator: "\r\n")
        let words = lines.first.map { $0.split(separator: " ") } ?? []
        guard words.count == 3 else { return nil }
        method = String(words[0])
        path = String(words[1])
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            fields[line[..<colon].lowercased()] = String(value)
        }
        headers = fields
        self.body = body
    }
}

public enum APIReply: Sendable {
    case answer(Int, [String] = [], String = "")
    /// The connection ends in place of an answer.
    case reset
    /// Nothing is said any more.
    case hang
}

public final class FakeAPI: Sendable {
    private let server: ScriptedServer
    private let asked: Asked

    private final class Asked: Sendable {
        let all = Mutex<[APIRequest]>([])
        let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])
    }

    public init?(_ reply: @escaping @Sendable (APIRequest) -> APIReply) {
        let asked = Asked()
        let server = ScriptedServer(readsRequest: false) { connection in
            guard let (head, body) = connection.readRequest(),
                let request = APIRequest(head, body)
            else { return }
            asked.all.withLock { $0.append(request) }
            let waiting = asked.waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for continuation in waiting { continuation.resume() }
            switch reply(request) {
            case .answer(let status, let headers, let body):
                connection.answer(status, headers, body)
            case .reset: connection.reset()
            case .hang: connection.hang()
            }
        }
        guard let server else { return nil }
        self.server = server
        self.asked = asked
    }

    deinit { server.stop() }

    /// Without a slash at its end.
    public var url: String { "http://\(server.address)" }
    public var requests: [APIRequest] { asked.all.withLock { $0 } }
    public var lines: [String] { requests.map(\.line) }

    /// Returns when so many requests have come.
    public func untilAsked(_ count: Int = 1) async {
        while requests.count < count {
            await withCheckedContinuation { continuation in
                asked.waiting.withLock { $0.append(continuation) }
                // It may have come between the look and the entry.
                guard requests.count >= count else { return }
                let all = asked.waiting.withLock { waiting in
                    defer { waiting = [] }
                    return waiting
                }
                for one in all { one.resume() }
            }
        }
    }

    public func stop() { server.stop() }
}
