// What a handle that is used again must not carry from one request to the next.

import TestServers
import Testing
import WatchCore

@testable import WatchHTTP

@Suite struct EasyHandleTests {
    let client = HTTPClient()

    /// The same twice and then different in one thing: each says what it was told to.
    @Test(arguments: [HTTPRequest.Reuse.nothing, .connection])
    func eachRequestIsSentAsItIs(reuse: HTTPRequest.Reuse) async throws {
        try await withServer {
            $0.answer(200, [], "ok")
        } _: { server in
            var request = HTTPRequest(url: server.url, reuse: reuse)
            let plain = request
            _ = await client.send(request)
            _ = await client.send(request)
            request.headers = [HTTPHeader("X-Watchd", "1")]
            _ = await client.send(request)
            request.body = Array("{}".utf8)
            request.method = "POST"
            _ = await client.send(request)
            request.noCache = true
            _ = await client.send(request)
            _ = await client.send(plain)
            let heads = server.requests
            #expect(heads.count == 6)
            let with = { (word: String) in heads.indices.filter { heads[$0].contains(word) } }
            #expect(with("X-Watchd: 1") == [2, 3, 4])
            #expect(with("POST / HTTP") == [3, 4])
            #expect(with("Cache-Control: no-cache") == [4])
            #expect(heads[0] == heads[1] && heads[1] == heads[5])
        }
    }

    @Test func aLimitIsOfItsRequest() async throws {
        try await withServer {
            $0.answer(200, [], "0123456789")
        } _: { server in
            var request = HTTPRequest(url: server.url)
            for _ in 0..<2 { #expect(await client.send(request).response?.status == 200) }
            request.maxBody = 5
            #expect(await client.send(request).failure?.kind == .tooLarge)
            request.maxBody = 10
            #expect(await client.send(request).response?.body.count == 10)
        }
    }

    /// What the handle learned of a redirect is not where the next one begins.
    @Test func aRedirectIsFollowedEachTime() async throws {
        try await withServer {
            $0.answer(200, [], "end")
        } _: { end in
            let place = end.url
            try await withServer {
                $0.answer(302, ["Location: \(place)"])
            } _: { server in
                let request = HTTPRequest(url: server.url, redirects: 3)
                for _ in 0..<3 {
                    let response = try #require(await client.send(request).response)
                    #expect(response.effectiveURL == place)
                }
                #expect(server.requests.count == 3)
            }
        }
    }

    /// What went wrong once is not told of the next.
    @Test func afterAFailureItWorksAgain() async throws {
        let port = try #require(RefusingPort())
        let request = HTTPRequest(url: "http://\(port.address)/")
        for _ in 0..<3 {
            let failure = try #require(await client.send(request).failure)
            #expect(failure.kind == .refused && failure.phase == .connect)
        }
    }

    @Test func thePoolKnowsWhatIsSetUp() throws {
        let pool = HandlePool()
        let requests = (0...HandlePool.limit).map { HTTPRequest(url: "http://shop.example/\($0)") }
        func take(_ number: Int) throws -> EasyHandle {
            let request = requests[number]
            let key = HandlePool.key(of: request)
            let handle = try #require(pool.take(for: request, key: key))
            if handle.order == nil {
                let order = TransferLoop.Order(
                    id: 0, request: request, onBytes: nil, exchange: nil, finish: { _ in })
                handle.isReady(for: order, key: key)
            }
            return handle
        }
        let first = try take(0)
        pool.giveBack(first, isReady: true)
        #expect(try take(0) === first)
        // While it is in use, another asks with another.
        let second = try take(0)
        #expect(second !== first)
        pool.giveBack(second, isReady: false)
        #expect(second.order == nil)
        pool.giveBack(first, isReady: true)
        for number in 1..<HandlePool.limit { pool.giveBack(try take(number), isReady: true) }
        // There is no room: the one that was used longest ago makes it.
        #expect(try take(HandlePool.limit) === first)
        #expect(first.order?.request == requests[HandlePool.limit])
    }
}
