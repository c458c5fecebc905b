import Synchronization
import TestServers
import Testing
import WatchCore
import WatchHTTP

@Suite struct FailureTests {
    let client = HTTPClient()

    private func failure(
        _ request: HTTPRequest, script: @escaping ScriptedServer.Script
    ) async throws -> HTTPFailure {
        var failure: HTTPFailure?
        try await withServer(script) { server in
            var request = request
            request.url = server.url
            failure = await client.send(request).failure
        }
        return try #require(failure)
    }

    @Test func nobodyListensIsTheTargetsFault() async throws {
        let port = try #require(RefusingPort())
        let failure = try #require(await client.send(HTTPRequest(url: port.url)).failure)
        #expect(failure.kind == .refused)
        #expect(!failure.kind.isOurs)
        #expect(failure.message == "\(port.address): connection refused; nobody listens")
    }

    @Test func aMissingUnixSocketIsRefusedAndNamed() async throws {
        let request = HTTPRequest(url: "http://localhost/", unixSocket: "/tmp/watchd-none.sock")
        let failure = try #require(await client.send(request).failure)
        #expect(failure.kind == .refused)
        #expect(failure.message == "/tmp/watchd-none.sock: no such socket; nobody listens there")
    }

    @Test func aPlaceWithoutARouteIsOurFault() async throws {
        // No TCP connection can go to a multicast address; the kernel says "unreachable".
        let failure = try #require(await client.send(HTTPRequest(url: "http://224.0.0.1/")).failure)
        #expect(failure.kind == .networkUnreachable)
        #expect(failure.kind.isOurs)
    }

    @Test func aNameNobodyKnowsIsOurFault() async throws {
        let request = HTTPRequest(url: "http://shop.invalid/", timeout: .seconds(20))
        let failure = try #require(await client.send(request).failure)
        #expect(failure.kind == .nameNotResolved)
        #expect(failure.kind.isOurs)
        #expect(failure.phase == .name)
        #expect(failure.message.hasPrefix("shop.invalid: the name was not resolved"))
    }

    @Test func aResetInTheMiddleOfTheBodyIsReset() async throws {
        let failure = try await failure(HTTPRequest(url: "")) { connection in
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome")
            connection.reset()
        }
        #expect(failure.kind == .reset)
    }

    @Test func aBodyShorterThanPromisedIsReset() async throws {
        let failure = try await failure(HTTPRequest(url: "")) {
            $0.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome")
        }
        #expect(failure.kind == .reset)
        #expect(failure.phase == .body)
    }

    @Test func aConnectionClosedWithoutAWordIsReset() async throws {
        let failure = try await failure(HTTPRequest(url: "")) { _ in }
        #expect(failure.kind == .reset)
        #expect(failure.phase == .firstByte)
    }

    @Test func silenceAfterTheRequestTimesOutAtTheFirstByte() async throws {
        let request = HTTPRequest(url: "", timeout: .milliseconds(150))
        let failure = try await failure(request) { $0.hang() }
        #expect(failure.kind == .timeout(.firstByte))
        #expect(failure.message.contains("waiting for the first byte"))
        #expect(failure.timings.connect != nil)
        #expect(failure.timings.firstByte == nil)
    }

    @Test func silenceInTheHandshakeTimesOutInTLS() async throws {
        var failure: HTTPFailure?
        try await withServer {
            $0.hang()
        } _: { server in
            let request = HTTPRequest(
                url: "https://\(server.address)/", timeout: .milliseconds(150))
            failure = await client.send(request).failure
        }
        #expect(failure?.kind == .timeout(.tls))
    }

    @Test func aSlowDripMeetsTheTimeoutOfTheWholeRequest() async throws {
        let request = HTTPRequest(url: "", timeout: .milliseconds(300))
        let failure = try await failure(request) { connection in
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while connection.write("x") { connection.pause(milliseconds: 20) }
        }
        #expect(failure.kind == .timeout(.body))
        #expect(failure.message.contains("reading the answer"))
    }

    @Test func headersWithoutEndAreCutOff() async throws {
        let failure = try await failure(HTTPRequest(url: "")) { connection in
            connection.write("HTTP/1.1 200 OK\r\n")
            while connection.write("X-More: and more and more and more and more\r\n") {}
        }
        #expect(failure.kind == .badResponse)
        #expect(failure.message.contains("longer than 64 KB"))
    }

    @Test func interimAnswersWithoutEndAreCutOff() async throws {
        let failure = try await failure(HTTPRequest(url: "")) { connection in
            while connection.write("HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n") {}
        }
        #expect(failure.kind == .badResponse)
    }

    @Test func aBodyWithoutEndIsTooLarge() async throws {
        let request = HTTPRequest(url: "", maxBody: 100_000)
        let failure = try await failure(request) { connection in
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n")
            let piece = [UInt8](repeating: 65, count: 65536)
            while connection.write(piece) {}
        }
        #expect(failure.kind == .tooLarge)
        #expect(failure.message.contains("larger than 100000 bytes"))
    }

    @Test func aCompressionBombBurstsAtTheBound() async throws {
        let bomb = Array(try output(of: ["sh", "-c", "head -c 20000000 /dev/zero | gzip -9"]))
        #expect(bomb.count < 100_000)
        let request = HTTPRequest(url: "", maxBody: 100_000)
        let failure = try await failure(request) {
            $0.answer(200, ["Content-Encoding: gzip"], bomb)
        }
        #expect(failure.kind == .tooLarge)
    }

    @Test func brokenCompressionIsABadResponse() async throws {
        let failure = try await failure(HTTPRequest(url: "")) {
            $0.answer(200, ["Content-Encoding: gzip"], "this is no gzip at all")
        }
        #expect(failure.kind == .badResponse)
    }

    @Test func aRedirectLoopEnds() async throws {
        let failure = try await failure(HTTPRequest(url: "", redirects: 3)) {
            $0.answer(302, ["Location: /"])
        }
        #expect(failure.kind == .tooManyRedirects)
        #expect(failure.message.contains("more than 3 redirects"))
    }

    @Test func aRedirectToAFileIsNotFollowed() async throws {
        let failure = try await failure(HTTPRequest(url: "", redirects: 3)) {
            $0.answer(302, ["Location: file:///etc/passwd"])
        }
        #expect(failure.kind == .badResponse)
        #expect(!failure.kind.isOurs)
    }

    @Test func aRedirectIntoSilenceNamesThePlaceAndThePhase() async throws {
        try await withServer {
            $0.hang()
        } _: { silent in
            let location = silent.url
            let request = HTTPRequest(url: "", timeout: .milliseconds(200), redirects: 1)
            let failure = try await failure(request) { $0.answer(302, ["Location: \(location)"]) }
            #expect(failure.kind == .timeout(.firstByte))
            #expect(failure.message.contains("(after 1 redirect, at \(silent.address))"))
        }
    }

    /// Until the next place is asked, the answer of this one is read: it is this one that hangs.
    @Test func aRedirectWhoseBodyHangsIsTheTargetsFault() async throws {
        let request = HTTPRequest(url: "", timeout: .milliseconds(200), redirects: 1)
        let failure = try await failure(request) {
            $0.write(
                "HTTP/1.1 302 Found\r\nLocation: http://shop.invalid/\r\n"
                    + "Content-Length: 1000\r\n\r\nsome")
            $0.hang()
        }
        #expect(failure.kind == .timeout(.body))
        #expect(!failure.kind.isOurs)
        #expect(failure.message.contains("reading the answer"))
    }

    @Test func aRedirectWithAnEndlessBodyIsBounded() async throws {
        let sent = Atomic(0)
        var request = HTTPRequest(url: "", timeout: .seconds(20), redirects: 1)
        request.maxBody = 100_000
        try await withServer { connection in
            connection.write(
                "HTTP/1.1 302 Found\r\nLocation: http://shop.invalid/\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n")
            let chunk = "4000\r\n" + String(repeating: "x", count: 0x4000) + "\r\n"
            while connection.write(chunk) { sent.add(chunk.utf8.count, ordering: .relaxed) }
        } _: { server in
            request.url = server.url
            let failure = try #require(await client.send(request).failure)
            #expect(failure.kind == .tooLarge)
            #expect(!failure.kind.isOurs)
            // What libcurl reads at once, and what the kernel holds.
            #expect(sent.load(ordering: .relaxed) < 16 << 20)
        }
    }

    @Test func aRedirectToANameNobodyKnowsIsOurFault() async throws {
        let request = HTTPRequest(url: "", timeout: .seconds(20), redirects: 1)
        let failure = try await failure(request) {
            $0.answer(302, ["Location: http://shop.invalid/"])
        }
        #expect(failure.kind == .nameNotResolved)
        #expect(failure.phase == .name)
    }

    @Test func somethingElseThanHTTPIsABadResponse() async throws {
        let failure = try await failure(HTTPRequest(url: "")) {
            $0.write("220 mail.example.com ESMTP\r\n")
        }
        #expect(!failure.kind.isOurs)
        #expect(failure.message.contains("127.0.0.1"))
    }

    @Test(
        "what cannot be sent is not sent",
        arguments: [
            HTTPRequest(url: "ftp://127.0.0.1/"), HTTPRequest(url: "http://"),
            HTTPRequest(url: "http://127.0.0.1/a b"), HTTPRequest(url: ""),
            HTTPRequest(url: "http://127.0.0.1/", headers: [HTTPHeader("X", "1\r\nHost: evil")]),
            HTTPRequest(url: "http://127.0.0.1/", headers: [HTTPHeader("X Y", "1")]),
            HTTPRequest(method: "GET / HTTP/1.1\r\n", url: "http://127.0.0.1/"),
        ])
    func badRequests(request: HTTPRequest) async throws {
        let failure = try #require(await client.send(request).failure)
        #expect(failure.kind == .badRequest)
        #expect(failure.kind.isOurs)
    }

    @Test func messagesNeverNameUserPasswordOrPath() async throws {
        let port = try #require(RefusingPort())
        let url = "http://user:secret@\(port.address)/hooks/secret?key=secret"
        let failure = try #require(await client.send(HTTPRequest(url: url)).failure)
        #expect(!failure.message.contains("secret"))
    }
}
