// Connections that are used again: for whom, how long, and what happens when they are gone.

import Synchronization
import TestServers
import Testing
import WatchCore
import WatchHTTP

/// Which connection each request came over, counted from 1.
private final class Arrivals: Sendable {
    private let state = Mutex((connections: 0, requests: [Int]()))

    func connection() -> Int {
        state.withLock {
            $0.connections += 1
            return $0.connections
        }
    }

    func request(over connection: Int) { state.withLock { $0.requests.append(connection) } }

    var connections: Int { state.withLock { $0.connections } }
    var requests: [Int] { state.withLock { $0.requests } }
}

@Suite struct KeptConnectionTests {
    let client = HTTPClient()

    /// - Parameter manners: what to do with a request, by the number of its connection and by its
    ///   own on that connection; false: the connection ends.
    private func withKeeper(
        _ manners: @escaping @Sendable (Connection, Int, Int) -> Bool,
        _ body: (ScriptedServer, Arrivals) async throws -> Void
    ) async throws {
        let arrivals = Arrivals()
        let server = try #require(
            ScriptedServer(readsRequest: false) { connection in
                let number = arrivals.connection()
                var request = 0
                while connection.readRequest() != nil {
                    request += 1
                    arrivals.request(over: number)
                    guard manners(connection, number, request) else { return }
                }
            })
        defer { server.stop() }
        try await body(server, arrivals)
    }

    private static func good(_ connection: Connection) -> Bool {
        connection.answerAndKeep(200, [], "ok")
        return true
    }

    private func request(
        _ server: ScriptedServer, _ reuse: HTTPRequest.Reuse = .connection,
        timeout: Duration = .minutes(5)
    ) -> HTTPRequest {
        HTTPRequest(url: server.url, timeout: timeout, reuse: reuse)
    }

    @Test func oneConnectionServesMany() async throws {
        try await withKeeper { connection, _, _ in
            Self.good(connection)
        } _: { server, arrivals in
            let first = try #require(await client.send(request(server)).response)
            #expect(first.timings.connect != nil)
            let second = try #require(await client.send(request(server)).response)
            #expect(arrivals.requests == [1, 1])
            // What did not happen took no time.
            #expect(second.timings.name == nil && second.timings.connect == nil)
            #expect(second.timings.firstByte != nil)
            #expect(second.peer == server.address)
        }
    }

    @Test(arguments: [HTTPRequest.Reuse.nothing, .session])
    func whoComesAnewHasAConnectionOfItsOwn(reuse: HTTPRequest.Reuse) async throws {
        try await withKeeper { connection, _, _ in
            Self.good(connection)
        } _: { server, arrivals in
            for reuse in [.connection, reuse, reuse, .connection] {
                #expect(await client.send(request(server, reuse)).response?.status == 200)
            }
            #expect(arrivals.requests == [1, 2, 3, 1])
        }
    }

    @Test func oneThatWasClosedMeanwhileIsReplaced() async throws {
        try await withKeeper { connection, _, _ in
            _ = Self.good(connection)
            return false
        } _: { server, arrivals in
            for _ in 0..<3 {
                #expect(await client.send(request(server)).response?.status == 200)
            }
            #expect(arrivals.requests == [1, 2, 3])
        }
    }

    /// The server's last word and our question cross on the way.
    @Test("a connection that ends as it is asked is nobody's failure", arguments: [false, true])
    func oneThatEndsUnderTheQuestion(byReset: Bool) async throws {
        try await withKeeper { connection, number, request in
            guard number == 1, request == 2 else { return Self.good(connection) }
            if byReset { connection.reset() }
            return false
        } _: { server, arrivals in
            for body in [nil, nil, Array("a body".utf8)] {
                var request = request(server)
                request.body = body
                if body != nil { request.method = "POST" }
                #expect(await client.send(request).response?.status == 200)
            }
            #expect(arrivals.requests == [1, 1, 2, 2])
        }
    }

    @Test func oneWhoseOtherSideIsGoneIsReplacedInTime() async throws {
        try await withKeeper { connection, number, _ in
            defer { if number == 1 { connection.loseContact() } }
            return Self.good(connection)
        } _: { server, arrivals in
            #expect(await client.send(request(server)).response != nil)
            let second = await client.send(request(server, timeout: .seconds(15)))
            #expect(second.response?.status == 200, "\(second)")
            #expect(arrivals.requests == [1, 2])
        }
    }

    /// Its kernel takes the question, and nobody answers: that is the target's failure.
    @Test func anApplicationThatHangsIsNotAskedAgain() async throws {
        try await withKeeper { connection, _, request in
            if request == 2 { connection.hang() }
            return Self.good(connection)
        } _: { server, arrivals in
            #expect(await client.send(request(server)).response != nil)
            let failure = await client.send(request(server, timeout: .seconds(1))).failure
            #expect(failure?.kind == .timeout(.firstByte))
            #expect(arrivals.requests == [1, 1])
        }
    }

    @Test func anAnswerThatBreaksOffIsTheTargetsFailure() async throws {
        try await withKeeper { connection, _, request in
            guard request == 2 else { return Self.good(connection) }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of")
            return false
        } _: { server, arrivals in
            #expect(await client.send(request(server)).response?.status == 200)
            #expect(await client.send(request(server)).failure?.kind == .reset)
            #expect(arrivals.requests == [1, 1])
        }
    }

    @Test func noneIsKeptForEver() async throws {
        let client = HTTPClient(keptFor: .seconds(1))
        try await withKeeper { connection, _, _ in
            connection.pause(milliseconds: 50)
            return Self.good(connection)
        } _: { server, arrivals in
            // Each answer takes a while, so the connection ages as it is used.
            for _ in 0..<200 where arrivals.connections < 2 {
                #expect(await client.send(request(server)).response?.status == 200)
            }
            #expect(arrivals.connections == 2)
        }
    }

    /// Each asks by another way, or asks somebody else.
    @Test func whoDiffersSharesNone() async throws {
        try await withKeeper { connection, _, _ in
            Self.good(connection)
        } _: { server, arrivals in
            let port = server.address.split(separator: ":")[1]
            var requests = Array(repeating: request(server), count: 4)
            requests[1].url = "http://localhost:\(port)/"
            requests[2].url = "http://shop.invalid:\(port)/"
            requests[2].address = "127.0.0.1"
            requests[3].url = "http://shop.invalid:\(port)/"
            requests[3].connectTo = server.address
            for request in requests {
                #expect(await client.send(request).response?.status == 200)
            }
            #expect(Set(arrivals.requests).count >= 3, "\(arrivals.requests)")
            // What a proxy opened for one is not for another.
            var proxied = request(server)
            proxied.proxy = server.url
            let before = arrivals.connections
            for _ in 0..<2 { #expect(await client.send(proxied).response?.status == 200) }
            #expect(arrivals.connections == before + 2)
        }
    }

    @Test func ofHTTP2WithoutTLSNoneIsKept() async throws {
        let arrivals = Arrivals()
        let server = try #require(
            ScriptedServer(readsRequest: false) { connection in
                let number = arrivals.connection()
                connection.serveHTTP2 { _ in
                    arrivals.request(over: number)
                    return true
                }
            })
        defer { server.stop() }
        var request = request(server)
        request.version = .twoWithoutAsking
        for _ in 0..<3 {
            let result = await client.send(request)
            #expect(result.response?.status == 200, "\(result)")
        }
        #expect(arrivals.requests == [1, 2, 3])
    }
}
