import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchProbes

@Suite struct GRPCProbeTests {
    private static let ok = [(":status", "200"), ("content-type", "application/grpc")]

    /// - Parameter status: of the health check; nil: no message.
    private func outcome(
        _ status: UInt8?, headers: [(String, String)] = ok,
        trailers: [(String, String)] = [("grpc-status", "0")], service: String = ""
    ) async throws -> ProbeResult.Outcome {
        var outcome: ProbeResult.Outcome?
        try await withPlainServer { connection in
            let body: [UInt8] =
                status.map { $0 == 0 ? [0, 0, 0, 0, 0] : [0, 0, 0, 0, 2, 8, $0] } ?? []
            let name = Array(service.utf8)
            let message = name.isEmpty ? [] : [10, UInt8(name.count)] + name
            connection.answerHTTP2(
                to: [0, 0, 0, 0, UInt8(message.count)] + message, headers, body,
                trailers: trailers)
        } _: { place in
            let check = GRPCCheck(endpoint: place, service: service)
            outcome = await probe(.grpc(check)).outcome
        }
        return try #require(outcome)
    }

    @Test func aServerThatServesPasses() async throws {
        #expect(try await outcome(1) == .pass)
        #expect(try await outcome(1, service: "shop.Orders") == .pass)
    }

    @Test func whatElseItSaysIsToldByName() async throws {
        #expect(
            try await outcome(2) == .fail("the server says NOT_SERVING, expected SERVING"))
        #expect(try await outcome(0) == .fail("the server says UNKNOWN, expected SERVING"))
    }

    /// Without a message the status comes in the only headers there are.
    @Test func aServiceNobodyKnowsIsNamed() async throws {
        let headers = Self.ok + [("grpc-status", "5"), ("grpc-message", "unknown%20service")]
        #expect(
            try await outcome(nil, headers: headers, trailers: [], service: "shop.Odrers")
                == .fail(
                    "grpc status 5 NOT_FOUND: unknown service, the server does not know "
                        + "'shop.Odrers'"))
    }

    /// As real servers do it: an empty message, and the trailers say why.
    @Test func anEmptyReasonIsLeftOut() async throws {
        let trailers = [("grpc-status", "5"), ("grpc-message", "")]
        #expect(
            try await outcome(0, trailers: trailers, service: "a").failure
                == "grpc status 5 NOT_FOUND, the server does not know 'a'")
    }

    @Test func aServerWithoutHealthChecksSaysSo() async throws {
        let reason = try await outcome(nil, trailers: [("grpc-status", "12")]).failure
        #expect(
            reason == "grpc status 12 UNIMPLEMENTED, the server has no grpc.health.v1.Health")
    }

    @Test func anotherServerIsNoServerOfGRPC() async throws {
        let web = [(":status", "404"), ("content-type", "text/html")]
        #expect(
            try await outcome(nil, headers: web, trailers: [])
                == .fail("HTTP status 404, expected 200; this is no answer of gRPC"))
        let reason = try await outcome(1, trailers: []).failure
        #expect(reason?.hasPrefix("there is no grpc-status in the answer") == true)
    }

    @Test func aServerOfHTTPOneIsAFailure() async throws {
        try await withServer {
            $0.answer(200)
        } _: { server in
            let check = GRPCCheck(endpoint: try endpoint(server.address))
            #expect(await probe(.grpc(check), timeout: .minutes(10)).outcome.failure != nil)
        }
    }

    @Test func silenceIsATimeOut() async throws {
        try await withPlainServer {
            $0.hang()
        } _: { place in
            let result = await probe(
                .grpc(GRPCCheck(endpoint: place)), timeout: .milliseconds(200))
            #expect(result.outcome.failure?.contains("waiting for the first byte") == true)
            #expect(result.timedOut == true)
        }
    }
}
