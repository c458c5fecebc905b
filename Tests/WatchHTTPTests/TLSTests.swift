import TestServers
import Testing
import WatchCore
import WatchHTTP

@Suite struct TLSTests {
    let client = HTTPClient()

    private func send(
        _ certificate: TLSServer.Certificate, trusted: Bool, verify: Bool = true
    ) async throws -> HTTPResult {
        let server = try TLSServer(certificate)
        defer { server.stop() }
        return await client.send(
            HTTPRequest(
                url: server.url, timeout: .seconds(20), verifyTLS: verify,
                caFile: trusted ? server.certificatePath : nil))
    }

    private func reason(_ result: HTTPResult) throws -> String {
        let failure = try #require(result.failure)
        guard case .tls(let reason) = failure.kind else { return "not TLS: \(failure)" }
        #expect(!failure.kind.isOurs)
        #expect(failure.message.contains("127.0.0.1"))
        return reason
    }

    @Test func aTrustedCertificatePasses() async throws {
        let response = try #require(await send(.good, trusted: true).response)
        #expect(response.status == 200)
        #expect(response.timings.tls != nil)
    }

    @Test func aSelfSignedCertificateIsRefused() async throws {
        let reason = try reason(await send(.good, trusted: false))
        #expect(reason.contains("self"))
    }

    @Test func anExpiredCertificateIsRefused() async throws {
        let reason = try reason(await send(.expired, trusted: true))
        #expect(reason.contains("expired"))
    }

    @Test func aCertificateOfAnotherHostIsRefused() async throws {
        let reason = try reason(await send(.wrongHost, trusted: true))
        #expect(reason.contains("127.0.0.1"))
    }

    @Test func withoutVerificationAnyCertificateDoes() async throws {
        let result = try await send(.expired, trusted: false, verify: false)
        #expect(result.response?.status == 200)
    }

    @Test func plainHTTPOnATLSPortIsATLSFailure() async throws {
        let server = try #require(
            ScriptedServer(readsRequest: false) { $0.write("HTTP/1.1 400 Bad Request\r\n\r\n") })
        defer { server.stop() }
        let result = await client.send(HTTPRequest(url: "https://\(server.address)/"))
        _ = try reason(result)
    }

    @Test func aCAFileThatIsNotThereIsOurFault() async throws {
        let server = try TLSServer(.good)
        defer { server.stop() }
        let request = HTTPRequest(url: server.url, caFile: "/nonexistent/ca.pem")
        let failure = try #require(await client.send(request).failure)
        #expect(failure.kind == .badCAFile)
        #expect(failure.kind.isOurs)
    }

    @Test func aHandshakeThatWentWellShowsTheWholeChain() async throws {
        let server = try TLSServer(.chain)
        defer { server.stop() }
        var request = HTTPRequest(
            url: server.url, timeout: .seconds(20), caFile: server.certificatePath)
        request.inspectsTLS = true
        let info = try #require(await client.send(request).response?.tls)
        #expect(info.version == "TLSv1.3")
        #expect(info.cipher?.hasPrefix("TLS_") == true)
        #expect(info.chain.map(\.subject) == ["CN=probe leaf", "CN=probe middle", "CN=probe root"])
        #expect(info.chain.map(\.issuer) == ["CN=probe middle", "CN=probe root", "CN=probe root"])
        #expect(info.chain.first?.names == ["127.0.0.1", "*.shop.example"])
        let days = info.chain.map { ($0.notAfter - $0.notBefore) / 86400 }
        #expect(days == [60, 5, 300])
    }

    @Test func aRefusedChainIsShownToo() async throws {
        let server = try TLSServer(.expired)
        defer { server.stop() }
        let request = HTTPRequest(
            url: server.url, timeout: .seconds(20), caFile: server.certificatePath)
        let failure = try #require(await client.send(request).failure)
        let leaf = try #require(failure.tls?.chain.first)
        #expect(leaf.subject == "CN=probe test")
        #expect(leaf.notAfter < leaf.notBefore + 86400)
    }

    /// The name that is asked for is not where the connection goes.
    @Test func anotherPlaceIsAskedForTheSameName() async throws {
        let server = try TLSServer(.good)
        defer { server.stop() }
        var request = HTTPRequest(
            url: "https://www.shop.example:443/", timeout: .seconds(20),
            caFile: server.certificatePath)
        request.connectTo = server.address
        let result = await client.send(request)
        #expect(result.response?.status == 200)
        #expect(result.response?.peer == server.address)
        request.url = "https://www.else.example/"
        let failure = try #require(await client.send(request).failure)
        #expect(failure.message.hasPrefix(server.address))
    }
}
