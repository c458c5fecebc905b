import TestServers
import Testing
import WatchCore
import WatchHTTP

@Suite struct ConversationTests {
    let client = HTTPClient()

    private func talk(
        _ exchange: Exchange, timeout: Duration = .minutes(10),
        _ script: @escaping ScriptedServer.Script
    ) async throws -> HTTPResponse {
        let server = try #require(ScriptedServer(readsRequest: false, script: script))
        defer { server.stop() }
        let request = HTTPRequest(url: server.url, timeout: timeout, reuse: .nothing)
        return try #require(await client.converse(request, exchange).response)
    }

    private func wants(_ text: String) -> @Sendable ([UInt8]) -> Bool {
        { String(decoding: $0, as: UTF8.self).contains(text) }
    }

    @Test func whatWasSaidIsAnswered() async throws {
        let exchange = Exchange(send: Array("PING\r\n".utf8), isEnough: wants("PONG"))
        let response = try await talk(exchange) { connection in
            if connection.read(6) == Array("PING\r\n".utf8) { connection.write("+PONG\r\n") }
            connection.hang()
        }
        #expect(response.end == .enough)
        #expect(response.body == Array("+PONG\r\n".utf8))
        #expect(response.timings.connect != nil)
        #expect(response.timings.firstByte != nil)
    }

    @Test func whoHangsUpFirstIsTold() async throws {
        let response = try await talk(Exchange(isEnough: wants("220"))) { $0.write("421 busy\r\n") }
        #expect(response.end == .closed)
        #expect(response.body == Array("421 busy\r\n".utf8))
    }

    @Test func aFloodEndsAtTheBound() async throws {
        let response = try await talk(Exchange(limit: 1000, isEnough: wants("220"))) { connection in
            while connection.write("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") {}
        }
        #expect(response.end == .full)
        #expect(response.body.count == 1000)
    }

    @Test func aSlowDripEndsWithTheTime() async throws {
        let response = try await talk(
            Exchange(isEnough: wants("220")), timeout: .milliseconds(200)
        ) { connection in
            while connection.write("x") { connection.pause(milliseconds: 10) }
        }
        #expect(response.end == .timedOut)
        #expect(response.body.count > 1)
        #expect(response.timings.total > 0.15 && response.timings.total < 5)
    }

    /// Nobody reads what is sent, and more of it than the kernel holds for them.
    @Test func whoDoesNotListenEndsWithTheTime() async throws {
        let much = [UInt8](repeating: 65, count: 64 << 20)
        let server = try #require(
            ScriptedServer(readsRequest: false) { $0.pause(milliseconds: 2000) })
        defer { server.stop() }
        let request = HTTPRequest(url: server.url, timeout: .milliseconds(200))
        let response = await client.converse(request, Exchange(send: much)).response
        #expect(response?.end == .timedOut)
    }

    @Test func nothingToSayIsAConnection() async throws {
        let response = try await talk(Exchange()) { $0.hang() }
        #expect(response.end == .enough)
        #expect(response.peer?.hasPrefix("127.0.0.1:") == true)
    }

    @Test func nobodyThereIsAFailure() async throws {
        let port = try #require(RefusingPort())
        let failure = await client.converse(HTTPRequest(url: port.url), Exchange()).failure
        #expect(failure?.kind == .refused)
    }

    @Test func aCancelledTaskEndsIt() async throws {
        let (heard, feed) = AsyncStream.makeStream(of: Void.self)
        let server = try #require(
            ScriptedServer(readsRequest: false) {
                $0.write("hello")
                $0.hang()
            })
        defer { server.stop() }
        let task = Task { [client] in
            await client.converse(
                HTTPRequest(url: server.url, timeout: nil),
                Exchange(isEnough: { _ in
                    feed.yield()
                    return false
                }))
        }
        for await _ in heard { break }
        task.cancel()
        #expect(await task.value.failure?.kind == .cancelled)
    }

    /// A listener that hangs costs the others nothing.
    @Test func othersGoOnMeanwhile() async throws {
        let server = try #require(ScriptedServer(readsRequest: false) { $0.hang() })
        defer { server.stop() }
        let hanging = Task { [client] in
            await client.converse(
                HTTPRequest(url: server.url, timeout: .seconds(60)),
                Exchange(isEnough: { _ in false }))
        }
        try await withServer {
            $0.answer(200, [], "ok")
        } _: { other in
            let response = await client.send(HTTPRequest(url: other.url)).response
            #expect(response?.body == Array("ok".utf8))
        }
        hanging.cancel()
        _ = await hanging.value
    }
}
