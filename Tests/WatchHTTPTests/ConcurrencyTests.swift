import TestServers
import Testing

@testable import WatchHTTP

@Suite struct ConcurrencyTests {
    @Test func manySilentTargetsDoNotDelayAHealthyOne() async throws {
        let client = HTTPClient()
        let (arrivals, feed) = AsyncStream.makeStream(of: Void.self)
        try await withServer { connection in
            feed.yield()
            connection.hang()
        } _: { silent in
            let request = HTTPRequest(url: silent.url, timeout: nil, reuse: .nothing)
            let waiting = Task {
                await withTaskGroup(of: HTTPResult.self) { group in
                    for _ in 0..<200 { group.addTask { await client.send(request) } }
                    return await group.reduce(into: []) { $0.append($1) }
                }
            }
            var arrived = 0
            for await _ in arrivals {
                arrived += 1
                if arrived == 200 { break }
            }
            try await withServer {
                $0.answer()
            } _: { healthy in
                #expect(await client.send(HTTPRequest(url: healthy.url)).response?.status == 200)
            }
            waiting.cancel()
            let results = await waiting.value
            #expect(results.count == 200)
            #expect(results.allSatisfy { $0.failure?.kind == .cancelled })
        }
    }

    @Test func aTaskCancelledBeforehandSendsNothingForLong() async throws {
        let client = HTTPClient()
        try await withServer {
            $0.hang()
        } _: { server in
            let url = server.url
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await client.send(HTTPRequest(url: url, timeout: nil))
            }
            #expect(await task.value.failure?.kind == .cancelled)
        }
    }

    @Test func shutdownEndsEveryTransferAndRefusesFurtherOnes() async throws {
        let client = HTTPClient()
        let (arrivals, feed) = AsyncStream.makeStream(of: Void.self)
        try await withServer { connection in
            feed.yield()
            connection.hang()
        } _: { server in
            let request = HTTPRequest(url: server.url, timeout: nil)
            async let pending = client.send(request)
            for await _ in arrivals { break }
            client.shutdown()
            #expect(await pending.failure?.kind == .cancelled)
            let late = await client.send(request)
            #expect(late.failure?.kind == .cancelled)
            #expect(late.failure?.message.contains("shut down") == true)
        }
    }

    @Test func requestsBeyondTheLimitFailAtOnceAndSayWhy() async throws {
        let client = HTTPClient(limit: 1)
        let (arrivals, feed) = AsyncStream.makeStream(of: Void.self)
        try await withServer { connection in
            feed.yield()
            connection.hang()
        } _: { server in
            let request = HTTPRequest(url: server.url, timeout: nil)
            async let first = client.send(request)
            for await _ in arrivals { break }
            let second = await client.send(request)
            #expect(second.failure?.kind == .noLocalResources)
            #expect(second.failure?.message.contains("1 requests are under way") == true)
            client.shutdown()
            _ = await first
        }
    }

    @Test func aLibraryThatWouldHoldUpAllRequestsIsNamed() {
        #expect(HTTPLibrary.shortcomings.isEmpty)
        let ubuntu2204 = HTTPLibrary.shortcomings(version: 0x07_5100, features: 1 << 7)
        #expect(ubuntu2204.first?.hasPrefix("libcurl 7.81.0 waits for the resolver") == true)
        let plain = HTTPLibrary.shortcomings(version: 0x08_0500, features: 0)
        #expect(plain.first?.contains("install a libcurl with AsynchDNS") == true)
    }
}
