// `watchctl probe` of a journey, from its configuration on.

import Foundation
import TestServers
import Testing
import WatchCore

@Suite struct JourneyCommandTests {
    private func run(
        _ steps: String, _ arguments: [String] = [], name: String = "shop/signin"
    ) async throws -> ProgramResult {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("watchd-journey-\(UUID().uuidString).yaml")
        try Data(
            """
            services: { shop: { probes: { signin: {
              every: 30s, timeout: 10m, journey: [ \(steps) ] } } } }
            """.utf8
        ).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await watchctl(["probe", name, "--config", file.path] + arguments)
    }

    private struct Answer: Decodable {
        struct Step: Decodable {
            var name: String
            var outcome: String
            var reason: String?
            var timings: [String: Double?]
        }

        var outcome: String
        var reason: String?
        var status: Int?
        var steps: [Step]
    }

    private func shop() throws -> Shop {
        try Shop { request, connection in
            switch request.path {
            case "/signin": connection.answer(200, [], #"{"token": "tok-1234567"}"#)
            case "/orders": connection.answer(500, [], "no orders for tok-1234567")
            default: connection.answer()
            }
        }
    }

    private func steps(_ shop: Shop, _ second: String) -> String {
        """
        { name: signin, post: "\(shop.url("/signin"))", json: { email: a@example.com },
          save: { token: $.token } },
        { get: "\(shop.url(second))", bearer: "${token}" },
        { get: "\(shop.url("/more"))" },
        { name: signout, delete: "\(shop.url("/session"))", bearer: "${token}", always: true }
        """
    }

    @Test func eachStepIsShownWithItsPhases() async throws {
        let shop = try shop()
        let text = try await run(steps(shop, "/"))
        #expect(text.status == 0)
        for part in [
            "shop/signin  journey", "step 1 (signin)  ✔", "POST \(shop.url("/signin"))",
            "step 2  ✔", "Authorization: Bearer ***", "step 4 (signout)  ✔", "first byte",
            "all of it", "✔ pass",
        ] {
            #expect(text.output.contains(part), "\(part): \(text.output)")
        }
        #expect(!text.output.contains("tok-1234567"))
        #expect(shop.requests.map(\.body).first == #"{"email":"a@example.com"}"#)
    }

    @Test func theFirstFailureIsTheVerdict() async throws {
        let shop = try shop()
        let text = try await run(steps(shop, "/orders"))
        #expect(text.status == 1)
        for part in [
            "step 2  ✖", "step 3  not asked: step 2 did not pass", "step 4 (signout)  ✔",
            "✖ fail: step 2: status 500, expected 2xx\n  │ no orders for ***",
        ] {
            #expect(text.output.contains(part), "\(part): \(text.output)")
        }
        let json = try await run(steps(shop, "/orders"), ["--json"])
        #expect(json.status == 1)
        #expect(!json.output.contains("tok-1234567"))
        let answer = try JSONDecoder().decode(Answer.self, from: Data(json.output.utf8))
        #expect(answer.outcome == "fail" && answer.status == 500)
        #expect(answer.reason == "step 2: status 500, expected 2xx")
        #expect(answer.steps.map(\.name) == ["signin", "step2", "signout"])
        #expect(answer.steps.map(\.outcome) == ["pass", "fail", "pass"])
        #expect(answer.steps.allSatisfy { ($0.timings["total"] ?? nil) ?? 0 > 0 })
    }

    @Test func whatCouldNotBeAskedIsNoFailure() async throws {
        let json = try await run("{ get: 'http://shop.invalid/' }", ["--json"])
        #expect(json.status == 3)
        let answer = try JSONDecoder().decode(Answer.self, from: Data(json.output.utf8))
        #expect(answer.outcome == "error")
        #expect(answer.reason?.hasPrefix("step 1: shop.invalid: ") == true)
    }

    @Test func aStepAloneIsNotAsked() async throws {
        let result = try await run(
            "{ get: 'http://127.0.0.1/' }", name: "shop/signin.step1")
        #expect(result.status == 2)
        #expect(result.errors.contains("write shop/signin"))
    }
}
