// TLS sessions and kept TLS connections: what they save, and who never shares them.

import Foundation
import TestServers
import Testing
import WatchCore

@testable import WatchHTTP

@Suite struct SessionTests {
    let client = HTTPClient()

    private func request(
        _ server: KeepingTLSServer, _ reuse: HTTPRequest.Reuse
    ) -> HTTPRequest {
        HTTPRequest(
            url: server.url, timeout: .minutes(5), caFile: server.certificatePath, reuse: reuse)
    }

    private func ask(_ request: HTTPRequest) async throws -> KeepingTLSServer.Answer {
        let result = await client.send(request)
        let response = try #require(result.response, "\(result)")
        return try #require(KeepingTLSServer.answer(response.body))
    }

    @Test(arguments: ["1.2", "1.3"])
    func aSessionIsResumedOverAConnectionOfItsOwn(version: String) async throws {
        let server = try KeepingTLSServer(version: version)
        defer { server.stop() }
        var answers: [KeepingTLSServer.Answer] = []
        for _ in 0..<4 { answers.append(try await ask(request(server, .session))) }
        #expect(answers.map(\.isResumed) == [false, true, true, true])
        #expect(Set(answers.map(\.port)).count == 4)
    }

    @Test func whoComesAnewSeesTheCertificate() async throws {
        let server = try KeepingTLSServer()
        defer { server.stop() }
        for _ in 0..<2 { _ = try await ask(request(server, .session)) }
        #expect(try await ask(request(server, .nothing)).isResumed == false)
        // So does whoever wants to look at it.
        var inspecting = request(server, .session)
        inspecting.inspectsTLS = true
        let response = try #require(await client.send(inspecting).response)
        #expect(response.tls?.chain.first?.subject == "CN=probe test")
    }

    @Test func whoChecksDifferentlySharesNoSession() async throws {
        let server = try KeepingTLSServer()
        defer { server.stop() }
        var careless = request(server, .session)
        careless.verifyTLS = false
        for _ in 0..<2 { _ = try await ask(careless) }
        #expect(try await ask(request(server, .session)).isResumed == false)
        var distrustful = request(server, .session)
        distrustful.caFile = nil
        #expect(await client.send(distrustful).failure != nil)
    }

    /// Not even where only the key differs, which does not fit.
    @Test(arguments: [HTTPRequest.Reuse.session, .connection])
    func whoIsSomebodyElseSharesNothing(reuse: HTTPRequest.Reuse) async throws {
        let server = try KeepingTLSServer()
        defer { server.stop() }
        var known = request(server, reuse)
        known.clientCertificate = .init(
            path: server.certificatePath, key: .path(server.keyPath))
        let first = try await ask(known)
        #expect(first.client == "probe test")
        let again = try await ask(known)
        #expect(again.client == "probe test")
        #expect(reuse == .session ? again.isResumed : again.port == first.port)
        let nobody = try await ask(request(server, reuse))
        #expect(nobody.client == "nobody")
        var thief = known
        let other = try output(of: [
            "openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
        ])
        thief.clientCertificate?.key = .text(String(decoding: other, as: UTF8.self))
        #expect(await client.send(thief).failure?.kind == .badClientCertificate)
        thief.clientCertificate?.path = "/nonexistent/cert.pem"
        #expect(await client.send(thief).failure?.kind == .badClientCertificate)
    }

    @Test func aKeptConnectionIsOfOneWayOfChecking() async throws {
        let server = try KeepingTLSServer()
        defer { server.stop() }
        var careless = request(server, .connection)
        careless.verifyTLS = false
        let first = try await ask(careless)
        #expect(try await ask(careless).port == first.port)
        #expect(try await ask(request(server, .connection)).port != first.port)
        var distrustful = request(server, .connection)
        distrustful.caFile = nil
        #expect(await client.send(distrustful).failure != nil)
    }

    /// By the name of the file, whatever is in it: what it says may be another thing tomorrow.
    @Test func aKeptConnectionIsOfOneFileOfAuthorities() async throws {
        let server = try KeepingTLSServer()
        defer { server.stop() }
        let path = NSTemporaryDirectory() + "watchd-kept-\(UUID().uuidString).pem"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FileManager.default.copyItem(atPath: server.certificatePath, toPath: path)
        var others = request(server, .connection)
        others.caFile = path
        let first = try await ask(request(server, .connection))
        let second = try await ask(others)
        #expect(second.port != first.port)
        for _ in 0..<2 {
            #expect(try await ask(request(server, .connection)).port == first.port)
            #expect(try await ask(others).port == second.port)
        }
    }
}
