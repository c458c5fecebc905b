// What a journey saved is a secret, and comes from the target: nobody sees it, and nobody can do
// more with it than fill the place where it stands.

import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchProbes

@Suite struct JourneySecrecyTests {
    /// Holds what is encoded in URLs, forms and JSON, each in another way.
    private static let token = #"to ken/+"é=1"#
    private static let forms = [
        token, "to%20ken%2F%2B%22%C3%A9%3D1", "to+ken%2F%2B%22%C3%A9%3D1",
        #"to ken/+\"é=1"#, #"to ken\/+\"é=1"#,
    ]

    private func trace(_ steps: [JourneyCheck.Step]) async -> ProbeReport {
        let prober = LiveProber(
            client: HTTPClient(), secrets: Secrets(), time: SystemSleeper())
        return await prober.trace(
            ProbeConfiguration(
                name: "p", every: .seconds(10), timeout: .minutes(10),
                kind: .journey(JourneyCheck(steps: steps))))
    }

    /// All that anybody could see of it.
    private func words(_ report: ProbeReport) -> String {
        let reports = [report] + report.steps.compactMap(\.report)
        let results = reports.map(\.result) + (report.result.steps ?? []).map(\.result)
        let said = results.flatMap {
            [$0.outcome.failure, $0.outcome.error, $0.degraded, $0.body].compactMap { $0 }
        }
        let seen = reports.flatMap { $0.trace.asked + $0.trace.answered }
        return (said + seen + report.steps.compactMap(\.note)).joined(separator: "\n")
    }

    @Test func nothingThatWasSavedIsSeenInWhateverForm() async throws {
        let forms = Self.forms
        let shop = try Shop { request, connection in
            switch request.path {
            case "/signin":
                connection.answer(
                    201, ["X-Token: \(Self.token)", "Set-Cookie: sid=cookie-abcdef"],
                    #"{"token": "to ken\/+\"é=1"}"#)
            case "/echo":
                // Everything it was ever told, and more than is looked at.
                connection.answer(
                    500, ["X-Echo: \(Self.token)", "X-Cookie: cookie-abcdef"],
                    forms.joined(separator: "\n") + "\ncookie-abcdef\n"
                        + String(repeating: "x", count: 9000))
            default: connection.answer(302, ["Location: /\(forms[1])"])
            }
        }
        let signIn = try JourneyCheck.Step.step(
            "signin", shop.url("/signin"), save: ["token": "$.token"])
        var form = try JourneyCheck.Step.step("form", "POST", shop.url("/echo?t=${token}"))
        form.request.form = [.init(name: "t", value: try Template("${token}"))]
        form.request.headers = [.init(name: "X-T", value: try Template("${token}"))]
        var pattern = try JourneyCheck.Step.step("pattern", shop.url("/echo"))
        pattern.expectation = HTTPExpectation(
            status: [.exactly(500)], contains: "nothing like it")
        var far = try JourneyCheck.Step.step("far", shop.url("/${token}"))
        far.request.redirects = 0
        for step in [form, pattern, far] {
            let report = await trace([signIn, step])
            #expect(report.result.outcome != .pass)
            for secret in forms + ["cookie-abcdef"] {
                #expect(!words(report).contains(secret), "\(step.name): \(secret)")
            }
            #expect(words(report).contains("***"))
        }
    }

    /// The answer that holds it may be the one that fails.
    @Test func theStepThatSavesDoesNotShowItEither() async throws {
        let shop = try Shop { _, connection in
            connection.answer(500, ["X-Token: tok-1234567"], #"{"token": "tok-1234567"}"#)
        }
        let report = await trace([
            try .step("signin", shop.url("/"), save: ["token": "$.token"])
        ])
        #expect(report.result.body == #"{"token": "***"}"#)
        #expect(!words(report).contains("tok-1234567"))
    }

    /// What is saved late was perhaps shown early.
    @Test func whatWasSaidBeforeItWasSavedIsCleanedToo() async throws {
        let shop = try Shop { _, connection in
            connection.answer(200, ["X-Request: key-7654321"], #"{"key": "key-7654321"}"#)
        }
        let report = await trace([
            try .step("one", shop.url("/")),
            try .step("two", shop.url("/"), save: ["key": "$.key"]),
        ])
        #expect(report.result.outcome == .pass)
        #expect(!words(report).contains("key-7654321"))
    }

    // MARK: - Injection

    private func second(
        _ value: String, _ step: (Shop) throws -> JourneyCheck.Step
    ) async throws -> (outcome: ProbeResult.Outcome, asked: Shop.Request?) {
        let shop = try Shop { request, connection in
            connection.answer(200, [], request.path == "/" ? value : "ok")
        }
        let first = try JourneyCheck.Step.step("first", shop.url("/"), save: ["v": "$.v"])
        let result = await probe(.journey(JourneyCheck(steps: [first, try step(shop)])))
        return (result.outcome, shop.requests.count > 1 ? shop.requests[1] : nil)
    }

    @Test func aValueIsOneSegmentOrOneParameterOfAURL() async throws {
        let (outcome, asked) = try await second(#"{"v": "../a?b=c&d#e f${x}"}"#) {
            try .step("get", $0.url("/orders/${v}?q=${v}"))
        }
        #expect(outcome == .pass)
        let encoded = "..%2Fa%3Fb%3Dc%26d%23e%20f%24%7Bx%7D"
        #expect(asked?.path == "/orders/\(encoded)?q=\(encoded)")
        for dots in [".", ".."] {
            let (outcome, asked) = try await second(#"{"v": "\#(dots)"}"#) {
                try .step("get", $0.url("/orders/${v}/items"))
            }
            #expect(outcome.failure?.contains("'\(dots)', which would change the path") == true)
            #expect(asked == nil)
        }
    }

    @Test func aLineBreakNeverBecomesAHeader() async throws {
        let (outcome, asked) = try await second(#"{"v": "a\r\nX-Admin: 1"}"#) {
            try .step("get", $0.url("/x"), headers: ["X-Token": "${v}"])
        }
        #expect(
            outcome
                == .fail(
                    "step 2 (get): the saved value 'v' holds a line break or control character, "
                        + "as no header may"))
        #expect(asked == nil)
    }

    @Test func aValueStaysInsideItsStringOfJSON() async throws {
        for type in ["application/json", "text/plain"] {
            let (outcome, asked) = try await second(#"{"v": "\", \"admin\": \"\\ \n"}"#) {
                try .step(
                    "post", "POST", $0.url("/x"), headers: ["Content-Type": type],
                    body: #"{"token": "${v}"}"#)
            }
            #expect(outcome == .pass)
            #expect(asked?.body == #"{"token": "\", \"admin\": \"\\ \u000a"}"#)
        }
    }

    @Test func aValueStaysInsideItsFieldOfAForm() async throws {
        let (_, asked) = try await second(#"{"v": "a&admin=1"}"#) { shop in
            var step = try JourneyCheck.Step.step("post", "POST", shop.url("/x"))
            step.request.form = [.init(name: "token", value: try Template("${v}"))]
            return step
        }
        #expect(asked?.body == "token=a%26admin%3D1")
        let (_, written) = try await second(#"{"v": "a&admin=1"}"#) {
            try .step(
                "post", "POST", $0.url("/x"),
                headers: ["Content-Type": "application/x-www-form-urlencoded"],
                body: "token=${v}")
        }
        #expect(written?.body == "token=a%26admin%3D1")
    }

    @Test func aPlaceholderInAValueIsATextLikeAnyOther() async throws {
        let (outcome, asked) = try await second(#"{"v": "${env:HOME} ${v}"}"#) {
            try .step("post", "POST", $0.url("/x"), body: "value: ${v}")
        }
        #expect(outcome == .pass)
        #expect(asked?.body == "value: ${env:HOME} ${v}")
    }

    @Test func whatIsTooLongIsNotSaved() async throws {
        let long = String(repeating: "x", count: 8193)
        let (outcome, asked) = try await second(#"{"v": "\#(long)"}"#) {
            try .step("get", $0.url("/${v}"))
        }
        #expect(
            outcome == .fail("step 1 (first): 'v' could not be saved: $.v is longer than 8 KB"))
        #expect(asked == nil)
    }
}
