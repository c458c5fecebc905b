// What an answer must have besides a status and a body: headers, size, time, versions; and what
// it should have.

import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchProbes

@Suite struct HTTPExpectationTests {
    private func outcome(
        headers: [String] = [], body: String = #"{"version": "1.4.2", "n": "x 7"}"#,
        _ change: (inout HTTPExpectation) throws -> Void
    ) async throws -> ProbeResult.Outcome {
        var expectation = HTTPExpectation()
        try change(&expectation)
        var outcome: ProbeResult.Outcome?
        try await withServer {
            $0.answer(200, headers, body)
        } _: { [expectation] server in
            outcome = await probe(try ProbeConfiguration.http(server.url, expect: expectation).kind)
                .outcome
        }
        return try #require(outcome)
    }

    private func field(
        _ name: String, _ comparison: HTTPExpectation.Comparison
    ) async throws -> ProbeResult.Outcome {
        try await outcome(
            headers: ["Cache-Control: no-store, private", "X-Left: 12", "Via: a", "Via: b"]
        ) { $0.headers = [.init(name: name, comparison: comparison)] }
    }

    @Test func headersAreCompared() async throws {
        #expect(try await field("cache-control", .contains("no-store")) == .pass)
        #expect(try await field("X-Left", .greaterOrEqual(12)) == .pass)
        #expect(try await field("X-Left", .equals(.string("12"))) == .pass)
        #expect(try await field("Via", .equals(.string("a, b"))) == .pass)
        #expect(try await field("X-Powered-By", .absent) == .pass)
        #expect(
            try await field("X-Left", .greater(20))
                == .fail("the header X-Left is 12, expected > 20"))
        #expect(
            try await field("Cache-Control", .matches("^public"))
                == .fail(
                    "the header Cache-Control is 'no-store, private', "
                        + "expected a match of '^public'"))
        #expect(
            try await field("Via", .absent) == .fail("the header Via is 'a, b', expected none"))
        #expect(
            try await field("X-None", .exists)
                == .fail("the header X-None is missing, expected any value"))
    }

    @Test func versionsAreInARange() async throws {
        func version(_ range: String) async throws -> ProbeResult.Outcome {
            try await outcome {
                $0.json = [
                    .init(
                        path: try path("$.version"),
                        comparison: .semver(try #require(SemanticRange(range))))
                ]
            }
        }
        #expect(try await version("^1.4") == .pass)
        #expect(
            try await version("^1.5 || ^2")
                == .fail("$.version is '1.4.2', expected a version in ^1.5 || ^2"))
    }

    @Test func theSizeHasBounds() async throws {
        #expect(try await outcome { $0.size = [.greater(10), .less(100)] } == .pass)
        #expect(
            try await outcome(body: "") { $0.size = [.greater(10)] }
                == .fail("the size is 0, expected > 10"))
    }

    @Test func eachPhaseHasItsTime() async throws {
        try await withServer { connection in
            connection.pause(milliseconds: 100)
            connection.answer(200, [], "slow")
        } _: { server in
            for (phase, reason) in [
                (HTTPExpectation.Phase.firstByte, "waiting for the first byte took 1"),
                (.total, "all of it took 1"),
            ] {
                var expectation = HTTPExpectation()
                expectation.time = [.init(phase: phase, below: .milliseconds(50))]
                let configuration = try ProbeConfiguration.http(server.url, expect: expectation)
                let failure = await probe(configuration.kind).outcome.failure
                #expect(failure?.hasPrefix(reason) == true || failure?.contains("took") == true)
                #expect(failure?.hasSuffix("expected < 50ms") == true)
            }
            var expectation = HTTPExpectation()
            // There is no TLS that could be slow.
            expectation.time = [
                .init(phase: .tls, below: .milliseconds(1)),
                .init(phase: .total, below: .minutes(1)),
            ]
            let configuration = try ProbeConfiguration.http(server.url, expect: expectation)
            #expect(await probe(configuration.kind).outcome == .pass)
        }
    }

    /// It passes: nothing is rolled back for it. It is told all the same.
    @Test func aDegradedAnswerPassesAndSaysWhatItLacks() async throws {
        let prober = LiveProber(client: HTTPClient(), secrets: Secrets(), time: SystemSleeper())
        try await withServer {
            $0.answer(200, [], #"{"status": "degraded"}"#)
        } _: { server in
            var configuration = try ProbeConfiguration.http(server.url)
            configuration.degradedUnless = HTTPExpectation(
                json: [.init(path: try path("$.status"), comparison: .equals(.string("ok")))])
            let result = await prober.probe(configuration)
            #expect(result.outcome == .pass)
            #expect(result.degraded == "$.status is 'degraded', expected 'ok'")
            #expect(result.body == nil)
        }
    }
}
