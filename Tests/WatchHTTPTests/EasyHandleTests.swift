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
            let order = TransferLoop.Order(
                id: 0, prepared: PreparedRequest(request), onBytes: nil, exchange: nil,
                finish: { _ in })
            let handle = try #require(pool.take(for: order))
            if handle.order !== order {
                handle.set(url: request.url)
                handle.isReady(for: order)
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
        // There is no room: the one that was used longest ago makes it, with another URL.
        #expect(try take(HandlePool.limit) === first)
        #expect(first.order?.request == requests[HandlePool.limit])
    }

    /// More targets than handles are kept for: one that asked one of them asks another next.
    @Test func anotherURLIsAskedAsItIs() async throws {
        try await withServer {
            $0.answer(200, [], "ok")
        } _: { server in
            var request = HTTPRequest(url: server.url, reuse: .nothing)
            for round in 0..<3 {
                for number in 0...HandlePool.limit {
                    request.url = "\(server.url)\(number)?\(round)#x"
                    let response = try #require(await client.send(request).response)
                    #expect(response.effectiveURL == request.url)
                }
                request.headers = [HTTPHeader("X-Round", "\(round)")]
            }
            let heads = server.requests
            #expect(heads.count == 3 * (HandlePool.limit + 1))
            for (place, head) in heads.enumerated() {
                let (round, number) = place.quotientAndRemainder(dividingBy: HandlePool.limit + 1)
                #expect(head.hasPrefix("GET /\(number)?\(round) HTTP/1.1\r\n"))
                #expect(head.contains("Host: \(server.address)\r\n"))
                #expect(head.contains("X-Round") == (round > 0))
                #expect(round == 0 || head.contains("X-Round: \(round - 1)\r\n"))
            }
        }
    }

    /// Half of them are at one host, half at another, some are failures.
    @Test func anotherHostIsAskedAsItIs() async throws {
        let port = try #require(RefusingPort())
        try await withServer {
            $0.answer(200, [], "one")
        } _: { one in
            try await withServer {
                $0.answer(200, [], "two")
            } _: { two in
                for number in 0..<(2 * HandlePool.limit) {
                    let (server, body) = number % 2 == 0 ? (one, "one") : (two, "two")
                    let request = HTTPRequest(url: "\(server.url)\(number)", reuse: .nothing)
                    let response = try #require(await client.send(request).response)
                    #expect(response.body == Array(body.utf8))
                    guard number % 16 == 0 else { continue }
                    let dead = HTTPRequest(
                        url: "http://\(port.address)/\(number)", reuse: .nothing)
                    #expect(await client.send(dead).failure?.kind == .refused)
                }
                #expect(one.requests.count == HandlePool.limit)
                #expect(two.requests.count == HandlePool.limit)
            }
        }
    }
}
