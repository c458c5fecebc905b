// Real sockets: what counts as reached, and what a probe says about the host it asked.

import TestServers
import Testing
import WatchCore
import WatchHTTP

@testable import WatchProbes

@Suite struct ConnectivityCheckerTests {
    private func tcp(_ address: String) -> ConnectivityTarget {
        let parts = address.split(separator: ":")
        return ConnectivityTarget(
            source: "tcp://\(address)",
            kind: .tcp(host: String(parts[0]), port: Int(parts[1]) ?? 0))
    }

    private func check(_ targets: [ConnectivityTarget]) async -> ConnectivityResult {
        await ConnectivityChecker.check(targets, HTTPClient(), SystemSleeper())
    }

    @Test func aPortThatListensIsReached() async throws {
        try await withServer {
            $0.answer(200, [], "ok")
        } _: { server in
            let address = String(server.url.dropFirst("http://".count).prefix { $0 != "/" })
            #expect(await check([tcp(address)]).reached == ["tcp://\(address)"])
        }
    }

    @Test func aRefusalIsAnAnswerToo() async throws {
        let port = try #require(RefusingPort())
        #expect(await check([tcp(port.address)]).reached.count == 1)
    }

    @Test func anyAnswerOfAnHTTPTargetCounts() async throws {
        try await withServer {
            $0.answer(503, [], "busy")
        } _: { server in
            let target = ConnectivityTarget(source: server.url, kind: .http(url: server.url))
            #expect(await check([target]).reached == [server.url])
        }
    }

    @Test func aNameThatIsNotThereIsNotReachedAndSaysWhy() async {
        let result = await check([tcp("nothing.invalid:53")])
        #expect(result.reached.isEmpty)
        #expect(result.problems["tcp://nothing.invalid:53"]?.contains("not resolved") == true)
    }

    @Test func oneThatIsReachedIsEnough() async throws {
        let port = try #require(RefusingPort())
        #expect(!(await check([tcp("nothing.invalid:53"), tcp(port.address)]).reached.isEmpty))
    }

    @Test func whatIsFoundBecomesAnEvent() async throws {
        let port = try #require(RefusingPort())
        let (events, sink) = AsyncStream<Event>.makeStream()
        let checker = ConnectivityChecker(client: HTTPClient(), time: SystemSleeper()) {
            sink.yield($0)
        }
        await checker.replace(with: [tcp(port.address)])
        let first = await events.first { _ in true }
        guard case .connectivity(let result)? = first else {
            Issue.record("no event")
            return
        }
        #expect(result.reached.count == 1)
        await checker.stop()
    }

    @Test(arguments: [
        ("localhost", nil), ("127.0.0.1", nil), ("::1", nil), ("a.localhost", nil), ("", nil),
        ("Shop.Example.com", "shop.example.com"), ("192.0.2.1", "192.0.2.1"),
    ])
    func onlyAnotherHostTellsOfTheNetwork(name: String, host: String?) {
        #expect(OtherHost.name(name) == host)
    }

    @Test func aHostOfAURLIsWithoutPortAndBrackets() {
        #expect(HTTPRequest(url: "https://shop.example.com:8443/a?b").host == "shop.example.com")
        #expect(HTTPRequest(url: "http://[2001:db8::1]:80/").host == "2001:db8::1")
        #expect(HTTPRequest(url: "http://localhost/", unixSocket: "/run/x").host == nil)
    }
}
