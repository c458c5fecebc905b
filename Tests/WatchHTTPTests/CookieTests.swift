// The jar: what one answer sets, the next request sends.

import TestServers
import Testing
import WatchCore
import WatchHTTP

@Suite struct CookieTests {
    let client = HTTPClient()

    private func cookie(_ head: String) -> String? {
        head.split(separator: "\r\n").first { $0.hasPrefix("Cookie: ") }
            .map { String($0.dropFirst(8)) }
    }

    @Test func whatOneAnswerSetsTheNextRequestSends() async throws {
        try await withServer {
            $0.answer(
                200, ["Set-Cookie: sid=abc; Path=/; HttpOnly", "Set-Cookie: x=1; Path=/other"])
        } _: { server in
            var request = HTTPRequest(url: server.url)
            request.cookies = []
            let jar = try #require(await client.send(request).response?.cookies)
            #expect(jar.count == 2)
            request.cookies = jar
            let again = try #require(await client.send(request).response?.cookies)
            #expect(Set(again) == Set(jar))
            request.url = server.url + "other"
            _ = await client.send(request)
            #expect(server.requests.map(cookie)[0...1] == [nil, "sid=abc"])
            // The longer path first (RFC 6265 §5.4).
            #expect(cookie(server.requests[2]) == "x=1; sid=abc")
        }
    }

    @Test func oneThatASetsOnItsWayIsKept() async throws {
        try await withServer {
            $0.answer(302, ["Set-Cookie: seen=1; Path=/", "Location: /there"])
        } _: { server in
            var request = HTTPRequest(url: server.url, redirects: 1)
            request.cookies = []
            _ = await client.send(request)
            #expect(server.requests.map(cookie) == [nil, "seen=1"])
        }
    }

    @Test func anotherHostDoesNotGetThem() async throws {
        try await withServer {
            $0.answer(200, ["Set-Cookie: sid=abc"])
        } _: { server in
            var request = HTTPRequest(url: server.url)
            request.cookies = []
            request.cookies = await client.send(request).response?.cookies
            request.url = server.url.replacing("127.0.0.1", with: "127.0.0.2")
            request.address = "127.0.0.1"
            #expect(await client.send(request).response?.status == 200)
            #expect(server.requests.map(cookie) == [nil, nil])
        }
    }

    @Test func withoutAJarNothingIsKept() async throws {
        try await withServer {
            $0.answer(200, ["Set-Cookie: sid=abc"])
        } _: { server in
            #expect(await client.send(HTTPRequest(url: server.url)).response?.cookies == nil)
            _ = await client.send(HTTPRequest(url: server.url))
            #expect(server.requests.map(cookie) == [nil, nil])
        }
    }

    @Test func aFloodOfCookiesIsBounded() async throws {
        let flood = (0..<900).map { "Set-Cookie: c\($0)=\(String(repeating: "x", count: 20))" }
        try await withServer {
            $0.answer(200, flood)
        } _: { server in
            var request = HTTPRequest(url: server.url)
            request.cookies = []
            let jar = try #require(await client.send(request).response?.cookies)
            #expect((1...900).contains(jar.count))
            request.cookies = jar
            #expect(await client.send(request).response?.status == 200)
            #expect((cookie(server.requests[1])?.utf8.count ?? 0) <= 8192)
        }
    }
}
