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
}
