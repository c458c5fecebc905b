import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchProbes

@Suite struct TLSProbeTests {
    private func outcome(
        _ certificate: TLSServer.Certificate, options: [String] = [], trusts: Bool = true,
        _ change: (inout TLSCheck) -> Void = { _ in }
    ) async throws -> ProbeResult.Outcome {
        let server = try TLSServer(certificate, options: options)
        defer { server.stop() }
        var check = TLSCheck(endpoint: try endpoint(server.address))
        check.caFile = trusts ? server.certificatePath : nil
        change(&check)
        return await probe(.tls(check)).outcome
    }

    @Test func aGoodCertificatePasses() async throws {
        #expect(try await outcome(.good) { $0.expiresIn = .days(1) } == .pass)
    }

    @Test func oneThatEndsSoonFailsAndSaysWhen() async throws {
        let reason = try await outcome(.good) { $0.expiresIn = .days(14) }.failure
        // Two days, less the time since it was made.
        #expect(
            ["1d23h", "2d"].contains {
                reason?.contains("the certificate CN=probe test expires in \($0) (20") == true
            })
        #expect(reason?.hasSuffix("expected > 14d") == true)
    }

    /// The own certificate is good for long; who signed it is not.
    @Test func theWholeChainCounts() async throws {
        #expect(try await outcome(.chain) { $0.expiresIn = .days(4) } == .pass)
        let reason = try await outcome(.chain) { $0.expiresIn = .days(14) }.failure
        #expect(reason?.contains("the issuer's certificate CN=probe middle expires in ") == true)
    }

    @Test func aRefusedOneSaysWhich() async throws {
        let reason = try await outcome(.expired).failure
        #expect(reason?.contains("expired (the certificate CN=probe test expired on 20") == true)
        #expect(try await outcome(.wrongHost).failure?.contains("127.0.0.1") == true)
        #expect(try await outcome(.good, trusts: false).failure?.contains("self") == true)
    }

    @Test func whatIsNotCheckedIsStillLookedAt() async throws {
        let reason = try await outcome(.expired, trusts: false) {
            $0.verifies = false
            $0.expiresIn = .days(1)
        }.failure
        #expect(reason?.contains("CN=probe test expired on 20") == true)
    }

    @Test func furtherNamesAreWanted() async throws {
        #expect(
            try await outcome(.good) { $0.names = ["www.shop.example", "127.0.0.1"] } == .pass)
        let reason = try await outcome(.good) { $0.names = ["a.b.shop.example"] }.failure
        #expect(
            reason?.hasSuffix(
                "the certificate is not for a.b.shop.example, but for 127.0.0.1, *.shop.example")
                == true)
    }

    @Test func anotherNameIsAskedFor() async throws {
        #expect(try await outcome(.good) { $0.servername = "www.shop.example" } == .pass)
        #expect(try await outcome(.good) { $0.servername = "shop.invalid" }.failure != nil)
    }

    @Test func anOldVersionIsTooOld() async throws {
        #expect(try await outcome(.good) { $0.minVersion = .one3 } == .pass)
        let reason = try await outcome(.good, options: ["-tls1_2"]) { $0.minVersion = .one3 }
            .failure
        #expect(reason?.hasSuffix("TLSv1.2 was agreed on, expected TLSv1.3 or later") == true)
    }

    @Test func somebodyWithoutTLSIsAFailure() async throws {
        try await withPlainServer {
            $0.write("220 mail.example.com ESMTP\r\n")
        } _: { place in
            #expect(await probe(.tls(TLSCheck(endpoint: place))).outcome.failure != nil)
        }
    }

    @Test func aHandshakeThatHangsNamesThePhase() async throws {
        try await withPlainServer {
            $0.hang()
        } _: { place in
            let result = await probe(
                .tls(TLSCheck(endpoint: place)), timeout: .milliseconds(200))
            #expect(result.outcome.failure?.contains("in the TLS handshake") == true)
            #expect(result.timedOut == true)
        }
    }
}
