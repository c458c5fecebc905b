// `watchctl probe`, the program itself against real servers: exit statuses and JSON are a contract.

import Foundation
import TestServers
import Testing
import WatchCore
import WatchHTTP

@Suite struct ProbeCommandTests {
    /// The program's answer to a configuration with one probe `shop/p`.
    private func run(
        _ probe: String, _ arguments: String..., name: String = "shop/p"
    ) async throws -> ProgramResult {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("watchd-probe-\(UUID().uuidString).yaml")
        try Data(
            "services: { shop: { probes: { p: { every: 10m, timeout: 10m, \(probe) } } } }".utf8
        ).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await watchctl(["probe", name, "--config", file.path] + arguments)
    }

    private struct Answer: Decodable {
        var outcome: String
        var reason: String?
        var status: Int?
        var timings: [String: Double?]
    }

    private func answer(_ result: ProgramResult) throws -> Answer {
        try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
    }

    @Test func aProbeThatPasses() async throws {
        try await withServer {
            $0.answer(200, ["X-Version: 1.4.2"], "ok")
        } _: { server in
            let json = try await run("http: '\(server.url)'", "--json")
            #expect(json.status == 0 && json.errors.isEmpty)
            let answer = try answer(json)
            #expect(answer.outcome == "pass" && answer.reason == nil && answer.status == 200)
            #expect(
                Set(answer.timings.keys)
                    == ["name", "connect", "tls", "first_byte", "body", "total"])
            #expect(answer.timings["tls"] == .some(nil))
            #expect((answer.timings["total"] ?? nil) ?? 0 > 0)
            #expect(json.output.contains(#""reason":null"#))
            let text = try await run("http: '\(server.url)'")
            #expect(text.status == 0)
            for part in [
                "shop/p  http", "connect", server.address, "GET \(server.url)", "first byte",
                "status 200", "X-Version: 1.4.2", "total", "✔ pass",
            ] {
                #expect(text.output.contains(part), "\(part): \(text.output)")
            }
            #expect(!text.output.contains("\u{1B}"))
        }
    }

    @Test func aProbeThatFails() async throws {
        try await withServer {
            $0.answer(503, [], "no database\nno luck\u{1B}[2J\n")
        } _: { server in
            let json = try await run("http: '\(server.url)'", "--json")
            #expect(json.status == 1)
            let answer = try answer(json)
            #expect(answer.outcome == "fail" && answer.status == 503)
            #expect(answer.reason == "status 503, expected 2xx")
            let text = try await run("http: '\(server.url)'")
            #expect(text.status == 1)
            #expect(text.output.contains("✖ fail: status 503, expected 2xx\n  │ no database\n"))
            #expect(!text.output.contains("\u{1B}"))
        }
    }

    @Test func oneThatCouldNotBeAsked() async throws {
        let json = try await run("http: 'http://shop.invalid/'", "--json")
        #expect(json.status == 3)
        #expect(try answer(json).outcome == "error")
        let secret = try await run("http: 'http://127.0.0.1/', bearer: '${env:WATCHD_NONE}'")
        #expect(secret.status == 3)
        #expect(secret.output.contains("? error: "))
        #expect(secret.output.contains("WATCHD_NONE"))
    }

    @Test func aDegradedAnswerIsNoFailure() async throws {
        try await withServer {
            $0.answer(200, [], "ok")
        } _: { server in
            let probe = "http: '\(server.url)', degraded: { unless: { contains: great } }"
            let json = try await run(probe, "--json")
            #expect(json.status == 0)
            #expect(try answer(json).reason?.hasPrefix("degraded: the body does not") == true)
            #expect(try await run(probe).output.contains("✔ pass, but degraded: the body"))
        }
    }

    @Test func theCertificateIsShownAlsoOfAHandshakeThatFailed() async throws {
        let good = try TLSServer(.chain)
        defer { good.stop() }
        let text = try await run(
            "tls: '\(good.address)', ca_file: \(good.certificatePath), "
                + "expect: { expires_in: '> 14d' }")
        #expect(text.status == 1)
        for part in [
            "TLSv1.3, TLS_", "certificate CN=probe leaf, good until 20",
            "for 127.0.0.1, *.shop.example", "signed by CN=probe middle", "signed by CN=probe root",
            "✖ fail: ", "14d",
        ] {
            #expect(text.output.contains(part), "\(part): \(text.output)")
        }
        let expired = try TLSServer(.expired)
        defer { expired.stop() }
        let refused = try await run(
            "http: '\(expired.url)', ca_file: \(expired.certificatePath)")
        #expect(refused.status == 1)
        #expect(refused.output.contains("✖ it ended here"))
        #expect(refused.output.contains("certificate CN=probe test, EXPIRED 20"))
        // How far it came is known all the same.
        #expect(refused.output.contains(" ms  \(expired.address)\n"))
    }

    @Test func otherKindsAreShownTheSameWay() async throws {
        let server = try #require(NameServer { [NameServer.answer($0, [(1, [192, 0, 2, 1])])] })
        defer { server.stop() }
        let dns = try await run("dns: shop.example, server: '\(server.address)'")
        #expect(dns.status == 0)
        #expect(dns.output.contains("A shop.example"))
        #expect(dns.output.contains("rcode NOERROR"))
        #expect(dns.output.contains("A 192.0.2.1"))
        try await withPlainServer {
            $0.write("220 ready\r\n")
            $0.hang()
        } _: { place in
            let tcp = try await run("tcp: '\(place)', send: 'EHLO', expect: { contains: '220' }")
            #expect(tcp.status == 0)
            #expect(tcp.output.contains("EHLO") && tcp.output.contains("220 ready"))
        }
    }

    @Test func whatIsNotThereIsNamed() async throws {
        let cases: [(String, String, Int32)] = [
            ("shop", "write it as in shop/health", 2), ("shpo/p", "did you mean 'shop'?", 2),
            ("shop/health", "there are p", 2),
        ]
        for (name, text, status) in cases {
            let result = try await run("http: 'http://127.0.0.1/'", name: name)
            #expect(result.status == status)
            #expect(result.errors.contains(text), "\(result.errors)")
        }
        #expect(try await watchctl(["probe", "shop/p"]).status == 2)
        #expect(try await watchctl(["probe"]).status == 2)
        let broken = try await run("http: 'ftp://127.0.0.1/'")
        #expect(broken.status == 3)
        #expect(broken.errors.contains("the scheme 'ftp'"))
        #expect(
            try await watchctl(["probe", "shop/p", "--config", "/nonexistent.yaml"]).status == 3)
    }
}
