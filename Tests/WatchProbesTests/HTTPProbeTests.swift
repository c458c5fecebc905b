import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchProbes

@Suite struct HTTPProbeTests {
    private func probe(
        _ configuration: ProbeConfiguration, secrets: Secrets = Secrets()
    ) async -> ProbeResult {
        let prober = LiveProber(client: HTTPClient(), secrets: secrets, time: SystemSleeper())
        return await prober.probe(configuration)
    }

    private func outcome(
        _ expectation: HTTPExpectation, status: Int = 200, headers: [String] = [], body: String
    ) async throws -> ProbeResult.Outcome {
        var outcome: ProbeResult.Outcome?
        try await withServer {
            $0.answer(status, headers, body)
        } _: { server in
            outcome = await probe(try .http(server.url, expect: expectation)).outcome
        }
        return try #require(outcome)
    }

    @Test func aGoodAnswerPassesWithStatusAndTimings() async throws {
        try await withServer {
            $0.answer(200, [], "ok")
        } _: { server in
            let result = await probe(try .http(server.url))
            #expect(result.outcome == .pass)
            #expect(result.status == 200)
            #expect(result.timings?.firstByte != nil)
            #expect(result.took > .zero)
            #expect(!result.isRecheck)
        }
    }

    @Test func aTimeOutIsToldFromOtherFailures() async throws {
        try await withServer {
            $0.hang()
        } _: { server in
            let result = await probe(try .http(server.url, timeout: .milliseconds(200)))
            #expect(result.timedOut == true)
            #expect(result.host == nil)
        }
        let port = try #require(RefusingPort())
        #expect(await probe(try .http(port.url)).timedOut == false)
    }

    /// What it said is evidence; what it said when all was well is nobody's business.
    @Test func theBodyOfABadAnswerIsKeptWithoutSecretsAndNeverWhole() async throws {
        let token = SecretReference.credential("token")
        let secrets = Secrets(known: [token: "hunter2"])
        let long =
            "{\n  \"error\": \"no database for hunter2\"\n}"
            + String(
                repeating: "x", count: 10_000)
        for (status, body) in [(500, long), (200, "ok"), (503, "")] {
            try await withServer {
                $0.answer(status, [], body)
            } _: { server in
                let result = await probe(
                    try .http(
                        server.url,
                        headers: [.init(name: "X-Token", value: try Template("\(token)"))]),
                    secrets: secrets)
                guard status == 500 else {
                    #expect(result.body == nil)
                    return
                }
                let kept = try #require(result.body)
                #expect(kept.hasPrefix("{\n  \"error\": \"no database for ***\"\n}xxx"))
                #expect(kept.hasSuffix("x…") && kept.utf8.count <= Evidence.bodySize + 3)
            }
        }
    }

    @Test func aWrongStatusFailsAndNamesBoth() async throws {
        #expect(
            try await outcome(HTTPExpectation(), status: 502, body: "")
                == .fail("status 502, expected 2xx"))
        let either = HTTPExpectation(status: [.exactly(200), .exactly(204)])
        #expect(
            try await outcome(either, status: 201, body: "")
                == .fail("status 201, expected 200 or 204"))
    }

    @Test func aWrongFieldFailsAndNamesWhatWasFound() async throws {
        let expectation = HTTPExpectation(json: [
            .init(path: try path("$.status"), comparison: .equals(.string("ok"))),
            .init(path: try path("$.db.latency_ms"), comparison: .less(100)),
        ])
        let ok = #"{"status": "ok", "db": {"latency_ms": 12}}"#
        #expect(try await outcome(expectation, body: ok) == .pass)
        let degraded = #"{"status": "degraded", "db": {"latency_ms": 12}}"#
        #expect(
            try await outcome(expectation, body: degraded)
                == .fail("$.status is 'degraded', expected 'ok'"))
        let slow = #"{"status": "ok", "db": {"latency_ms": 250}}"#
        #expect(
            try await outcome(expectation, body: slow)
                == .fail("$.db.latency_ms is 250, expected < 100"))
        let text = #"{"status": "ok", "db": {"latency_ms": "12"}}"#
        #expect(
            try await outcome(expectation, body: text)
                == .fail("$.db.latency_ms is '12', expected < 100"))
        #expect(
            try await outcome(expectation, body: "{}")
                == .fail("$.status is missing, expected 'ok'"))
    }

    @Test func anErrorPageInsteadOfJSONIsShownInPart() async throws {
        let expectation = HTTPExpectation(json: [.init(path: try path("$.a"), comparison: .exists)])
        let page = "<html>\n  <h1>Bad\u{1B}[31m Gateway</h1>" + String(repeating: "x", count: 900)
        let outcome = try await outcome(
            expectation, headers: ["Content-Type: text/html"], body: page)
        guard case .fail(let reason) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.hasPrefix("the body is not JSON (text/html: '<html> <h1>Bad?[31m Gateway"))
        #expect(reason.count < 140)
    }

    @Test func textThatMustBeThereIsLookedFor() async throws {
        let expectation = HTTPExpectation(contains: "all systems")
        #expect(try await outcome(expectation, body: "all systems go") == .pass)
        #expect(
            try await outcome(expectation, headers: ["Content-Type: text/plain"], body: "none")
                == .fail("the body does not contain 'all systems' (text/plain: 'none')"))
    }

    @Test func aRefusedConnectionIsAFailureNotAnError() async throws {
        let port = try #require(RefusingPort())
        let result = await probe(try .http(port.url))
        #expect(
            result.outcome == .fail("\(port.address): connection refused; nobody listens"))
    }

    @Test func aRefusedCertificateIsAFailure() async throws {
        let server = try TLSServer(.expired)
        defer { server.stop() }
        let result = await probe(
            try .http(server.url, timeout: .minutes(10), caFile: server.certificatePath))
        guard case .fail(let reason) = result.outcome else {
            Issue.record("\(result.outcome)")
            return
        }
        #expect(reason.contains("expired"))
    }

    @Test func silenceIsAFailureThatNamesThePhase() async throws {
        try await withServer {
            $0.hang()
        } _: { server in
            let result = await probe(try .http(server.url, timeout: .milliseconds(100)))
            guard case .fail(let reason) = result.outcome else {
                Issue.record("\(result.outcome)")
                return
            }
            #expect(reason.contains("waiting for the first byte"))
        }
    }

    @Test func anUnreachableNetworkIsAnErrorNotAFailure() async throws {
        let result = await probe(try .http("http://224.0.0.1/"))
        guard case .error = result.outcome else {
            Issue.record("\(result.outcome)")
            return
        }
    }

    @Test func anUnreadableSecretIsAnErrorAndNothingIsSent() async throws {
        try await withServer {
            $0.answer()
        } _: { server in
            let result = await probe(try .http(server.url + "?key=${credential:gone}"))
            #expect(
                result.outcome == .error("${credential:gone} is not there; check its name"))
            #expect(server.requests.isEmpty)
        }
    }

    @Test func aSecretIsSentAndNeverShownEvenWhenTheTargetEchoesIt() async throws {
        let secrets = Secrets(known: [.credential("key"): "hunter2-hunter2"])
        try await withServer {
            $0.answer(200, [], "you sent Bearer hunter2-hunter2, I do not like it")
        } _: { server in
            let configuration = try ProbeConfiguration.http(
                server.url, expect: HTTPExpectation(contains: "welcome"),
                headers: [
                    .init(name: "Authorization", value: try Template("Bearer ${credential:key}"))
                ])
            let result = await probe(configuration, secrets: secrets)
            #expect(
                server.requests.first?.contains("Authorization: Bearer hunter2-hunter2\r\n")
                    == true)
            guard case .fail(let reason) = result.outcome else {
                Issue.record("\(result.outcome)")
                return
            }
            #expect(reason.contains("Bearer ***"))
            #expect(!reason.contains("hunter2"))
        }
    }

    /// It says how the target was, not how it is.
    @Test func aCachedAnswerIsAnError() async throws {
        for status in [200, 503] {
            let found = try await outcome(
                HTTPExpectation(), status: status, headers: ["Age: 30"], body: "ok")
            #expect(
                found
                    == .error(
                        "the answer came from a cache (Age: 30), so the target was not asked; "
                            + "exempt this path from caching"))
        }
        #expect(try await outcome(HTTPExpectation(), headers: ["Age: 0"], body: "ok") == .pass)
    }
}
