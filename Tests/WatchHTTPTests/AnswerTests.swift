import TestServers
import Testing
import WatchCore
import WatchHTTP

@Suite struct AnswerTests {
    let client = HTTPClient(userAgent: "watchd-test")

    @Test func anAnswerHasItsStatusHeadersBodyAndTimings() async throws {
        try await withServer {
            $0.answer(503, ["Content-Type: text/plain", "X-Two:  words here \t"], "no database")
        } _: { server in
            let result = await client.send(HTTPRequest(url: server.url + "health"))
            let response = try #require(result.response)
            #expect(response.status == 503)
            #expect(response.header("content-TYPE") == "text/plain")
            #expect(response.header("X-Two") == "words here")
            #expect(String(decoding: response.body, as: UTF8.self) == "no database")
            #expect(response.timings.connect != nil)
            #expect(response.timings.firstByte != nil)
            #expect(response.timings.tls == nil)
            #expect(response.timings.total > 0)
            let head = try #require(server.requests.first)
            #expect(head.hasPrefix("GET /health HTTP/1.1\r\n"))
            #expect(head.contains("User-Agent: watchd-test\r\n"))
        }
    }

    @Test func aBodyIsPostedWithItsHeaders() async throws {
        try await withServer {
            $0.answer()
        } _: { server in
            let request = HTTPRequest(
                method: "POST", url: server.url, headers: [HTTPHeader("X-Watchd", "1")],
                body: Array("{}".utf8))
            #expect(await client.send(request).response?.status == 200)
            let head = try #require(server.requests.first)
            #expect(head.hasPrefix("POST / HTTP/1.1\r\n"))
            #expect(head.contains("X-Watchd: 1\r\n"))
            #expect(head.contains("Content-Length: 2\r\n"))
            #expect(!head.contains("Expect:"))
        }
    }

    /// Also where a body was sent before, whose first byte is not the answer's.
    @Test func theFirstByteIsTheAnswers() async throws {
        let server = try #require(
            ScriptedServer(readsRequest: false) { connection in
                _ = connection.readRequest()
                connection.pause(milliseconds: 100)
                connection.answer(200, [], "late")
            })
        defer { server.stop() }
        for body in [nil, Array("hello".utf8)] {
            let request = HTTPRequest(
                method: body == nil ? "GET" : "POST", url: server.url, body: body,
                timeout: .seconds(20), reuse: .nothing)
            let timings = try #require(await client.send(request).response?.timings)
            #expect((timings.firstByte ?? 0) > 0.09, "\(timings)")
            #expect(timings.total >= timings.firstByte ?? 0)
        }
    }

    @Test(
        "a request says what it was told to", arguments: ["PUT", "DELETE", "PATCH", "HEAD", "POST"])
    func methodsAreSent(method: String) async throws {
        try await withServer {
            $0.answer(204)
        } _: { server in
            let result = await client.send(HTTPRequest(method: method, url: server.url))
            #expect(result.response?.status == 204)
            #expect(server.requests.first?.hasPrefix("\(method) / ") == true)
        }
    }

    @Test func afterARedirectOnlyTheLastAnswerCounts() async throws {
        try await withServer { connection in
            connection.answer(200, ["X-Place: end"], "end")
        } _: { end in
            let location = end.url
            try await withServer {
                $0.answer(302, ["Location: \(location)", "X-Place: start"], "go away")
            } _: { start in
                let result = await client.send(HTTPRequest(url: start.url, redirects: 1))
                let response = try #require(result.response)
                #expect(response.headers.filter { $0.name == "X-Place" }.map(\.value) == ["end"])
                #expect(response.body == Array("end".utf8))
                #expect(response.effectiveURL == location)
            }
        }
    }

    @Test func withoutRedirectsTheRedirectIsTheAnswer() async throws {
        try await withServer {
            $0.answer(302, ["Location: http://127.0.0.1:1/"])
        } _: { server in
            #expect(await client.send(HTTPRequest(url: server.url)).response?.status == 302)
        }
    }

    @Test func aCompressedBodyIsDecoded() async throws {
        let body = Array(try output(of: ["sh", "-c", "printf hello | gzip"]))
        try await withServer {
            $0.answer(200, ["Content-Encoding: gzip"], body)
        } _: { server in
            let result = await client.send(HTTPRequest(url: server.url))
            #expect(result.response?.body == Array("hello".utf8))
        }
    }

    @Test func noCacheAsksTheCachesToStepAside() async throws {
        try await withServer {
            $0.answer()
        } _: { server in
            _ = await client.send(HTTPRequest(url: server.url, noCache: true))
            #expect(server.requests.first?.contains("Cache-Control: no-cache\r\n") == true)
        }
    }

    @Test func aUnixSocketIsSpokenTo() async throws {
        let path = "/tmp/watchd-\(UInt64.random(in: 0 ... .max)).sock"
        defer { _ = try? output(of: ["rm", "-f", path]) }
        try await withServer(unixSocket: path) {
            $0.answer(200, [], "local")
        } _: { _ in
            let request = HTTPRequest(url: "http://localhost/v1/status", unixSocket: path)
            #expect(await client.send(request).response?.body == Array("local".utf8))
        }
    }

    @Test func aStreamIsHandedOverPieceByPieceUntilTheReaderHasEnough() async throws {
        try await withServer { connection in
            connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
            while connection.write("data: tick\n\n") {}
        } _: { server in
            let (pieces, feed) = AsyncStream.makeStream(of: Int.self)
            let request = HTTPRequest(url: server.url, timeout: nil, maxBody: 0)
            let result = await client.stream(request) { bytes in
                if case .enqueued = feed.yield(bytes.count) { return bytes.count < 12 }
                return false
            }
            feed.finish()
            #expect(result.response?.status == 200)
            #expect(await pieces.reduce(0, +) >= 12)
        }
    }

    @Test func theErrorBodyOfAStreamIsReadLikeAnyOther() async throws {
        try await withServer {
            $0.answer(403, [], "not in group watchd")
        } _: { server in
            let result = await client.stream(HTTPRequest(url: server.url)) { _ in true }
            #expect(result.response?.body == Array("not in group watchd".utf8))
        }
    }
}
