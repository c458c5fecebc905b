import TestServers
import Testing
import WatchCore
import WatchHTTP

@Suite struct HTTP2Tests {
    let client = HTTPClient()

    private func ask(_ script: @escaping ScriptedServer.Script) async throws -> HTTPResult {
        let server = try #require(ScriptedServer(readsRequest: false, script: script))
        defer { server.stop() }
        var request = HTTPRequest(
            method: "POST", url: server.url, body: Array("hello".utf8), timeout: .seconds(20),
            reuse: .nothing)
        request.version = .twoWithoutAsking
        return await client.send(request)
    }

    @Test func headersBodyAndTrailersAreRead() async throws {
        let result = try await ask { connection in
            connection.answerHTTP2(
                to: Array("hello".utf8),
                [(":status", "200"), ("content-type", "text/plain")], Array("world".utf8),
                trailers: [("grpc-status", "0")])
        }
        let response = try #require(result.response)
        #expect(response.status == 200)
        #expect(response.body == Array("world".utf8))
        #expect(response.header("content-type") == "text/plain")
        #expect(response.header("grpc-status") == "0")
    }

    @Test func aServerOfAnotherVersionIsToldAsSuch() async throws {
        let result = try await ask {
            $0.write("HTTP/1.1 400 Bad Request\r\n\r\n")
            $0.hang()
        }
        let failure = try #require(result.failure)
        #expect(!failure.kind.isOurs)
        #expect(failure.message.contains("HTTP/2"), "\(failure)")
    }
}
