// What an http probe sends: bodies, logins, ways.

import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchProbes

@Suite struct HTTPRequestTests {
    private let secrets = Secrets(known: [.credential("key"): "hunter2 & more"])

    /// The head and body that a probe sent; the answer quotes both.
    private func sent(
        _ change: (inout HTTPRequestSpec) throws -> Void
    ) async throws -> (head: String, body: String, result: ProbeResult) {
        let (heard, feed) = AsyncStream.makeStream(of: (head: String, body: [UInt8]).self)
        let server = try #require(
            ScriptedServer(readsRequest: false) { connection in
                guard let request = connection.readRequest() else { return }
                feed.yield(request)
                connection.answer(
                    500, [], request.head + String(decoding: request.body, as: UTF8.self))
            })
        defer { server.stop() }
        var spec = HTTPRequestSpec(method: "POST", url: try Template(server.url))
        try change(&spec)
        let result = await probe(.http(spec, HTTPExpectation()), secrets: secrets)
        for await request in heard {
            return (request.head, String(decoding: request.body, as: UTF8.self), result)
        }
        throw CancellationError()
    }

    @Test func aFormIsEncodedAndItsSecretsTooAreNotShown() async throws {
        let (head, body, result) = try await sent {
            $0.form = [
                .init(name: "user name", value: Template(literal: "é+1")),
                .init(name: "password", value: try Template("${credential:key}")),
                .init(name: "empty", value: Template(literal: "")),
            ]
        }
        #expect(body == "user+name=%C3%A9%2B1&password=hunter2+%26+more&empty=")
        #expect(head.contains("Content-Type: application/x-www-form-urlencoded\r\n"))
        #expect(result.body?.contains("hunter2") == false)
    }

    @Test func aLoginIsSentAndNeverShownEvenWhenTheTargetEchoesIt() async throws {
        let (head, _, result) = try await sent {
            $0.basic = .init(
                user: Template(literal: "probe"), password: try Template("${credential:key}"))
        }
        #expect(head.contains("Authorization: Basic cHJvYmU6aHVudGVyMiAmIG1vcmU=\r\n"))
        #expect(result.body?.contains("Basic ***") == true)
        #expect(result.body?.contains("cHJvYmU6") == false)
    }

    @Test func aUnixSocketIsAsked() async throws {
        let path = "/tmp/watchd-probe-\(UInt64.random(in: 0 ... .max)).sock"
        defer { _ = try? output(of: ["rm", "-f", path]) }
        try await withServer(unixSocket: path) {
            $0.answer()
        } _: { _ in
            var spec = HTTPRequestSpec(url: try Template("http://localhost/"))
            spec.unixSocket = path
            #expect(await probe(.http(spec, HTTPExpectation())).outcome == .pass)
        }
    }

    @Test func theSecondVersionIsSpokenWithoutTLSToo() async throws {
        try await withPlainServer {
            $0.answerHTTP2(to: [], [(":status", "200")], Array("two".utf8))
        } _: { place in
            var spec = HTTPRequestSpec(url: try Template("http://\(place)/"))
            spec.version = .two
            let result = await probe(.http(spec, HTTPExpectation(contains: "two")))
            #expect(result.outcome == .pass)
        }
    }

    @Test func aProxyMayHaveASecretInItsURL() async throws {
        try await withServer {
            $0.answer()
        } _: { proxy in
            var spec = HTTPRequestSpec(url: try Template("http://shop.invalid/"))
            spec.proxy = try Template("http://me:${credential:proxy}@\(proxy.address)")
            let result = await probe(
                .http(spec, HTTPExpectation()),
                secrets: Secrets(known: [.credential("proxy"): "sesame"]))
            #expect(result.outcome == .pass)
            #expect(proxy.requests.first?.contains("Proxy-Authorization: Basic ") == true)
        }
    }

    /// Two probes of the three would have been inside together.
    @Test func asManyAsMayAskAHostAtOnce() async throws {
        let inside = Counter()
        let most = Counter()
        let server = try #require(
            ScriptedServer { connection in
                if inside.next() > 1 { _ = most.next() }
                connection.pause(milliseconds: 30)
                inside.leave()
                connection.answer()
            })
        defer { server.stop() }
        let prober = LiveProber(client: HTTPClient(), secrets: secrets, time: SystemSleeper())
        var configuration = try ProbeConfiguration.http(server.url, timeout: .minutes(10))
        configuration.perHost = 1
        await withTaskGroup(of: ProbeResult.self) { [configuration] group in
            for _ in 0..<4 { group.addTask { await prober.probe(configuration) } }
            for await result in group { #expect(result.outcome == .pass) }
        }
        #expect(most.next() == 1)
    }
}
