// Journeys against a real server: what is carried from step to step, what comes of a step that
// fails or hangs, and that no time is lost.

import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchProbes

@Suite struct JourneyProbeTests {
    /// Signs in by JSON, and knows its customers by token and cookie.
    private func shop() throws -> Shop {
        try Shop { request, connection in
            let isKnown =
                request.headers["authorization"] == "Bearer tok-1234567"
                && request.headers["cookie"] == "sid=cookie-abcdef"
            switch (request.method, request.path) {
            case ("POST", "/signin"):
                connection.answer(
                    200, ["Set-Cookie: sid=cookie-abcdef; Path=/"],
                    #"{"token": "tok-1234567", "user": {"id": 42}}"#)
            case ("GET", "/orders/42"): connection.answer(isKnown ? 200 : 401, [], "[]")
            case ("DELETE", "/session"): connection.answer(isKnown ? 204 : 401)
            default: connection.answer(404)
            }
        }
    }

    private func steps(_ shop: Shop) throws -> [JourneyCheck.Step] {
        let bearer = ["Authorization": "Bearer ${token}"]
        return [
            try .step(
                "signin", "POST", shop.url("/signin"), body: #"{"email": "probe@example.com"}"#,
                save: ["token": "$.token", "id": "$.user.id"]),
            try .step("orders", shop.url("/orders/${id}"), headers: bearer),
            try .step("signout", "DELETE", shop.url("/session"), headers: bearer).cleaningUp(),
        ]
    }

    private func run(
        _ steps: [JourneyCheck.Step], timeout: Duration = .minutes(10),
        secrets: Secrets = Secrets()
    ) async -> ProbeResult {
        await probe(.journey(JourneyCheck(steps: steps)), timeout: timeout, secrets: secrets)
    }

    @Test func aCustomerSignsInAndIsKnownAfterwards() async throws {
        let shop = try shop()
        let result = await run(try steps(shop))
        #expect(result.outcome == .pass)
        #expect(shop.asked == ["POST /signin", "GET /orders/42", "DELETE /session"])
        #expect(result.steps?.map(\.name) == ["signin", "orders", "signout"])
        #expect(result.steps?.allSatisfy { $0.result.outcome == .pass } == true)
        #expect(result.steps?.allSatisfy { $0.result.timings?.firstByte != nil } == true)
        #expect(result.status == 204)
        let sum = result.steps?.map(\.result.took).reduce(Duration.zero, +) ?? .zero
        #expect(result.took >= sum)
        #expect(result.timings?.total == result.took.seconds)
    }

    @Test func theNextRunBeginsAsNobody() async throws {
        let shop = try shop()
        for _ in 0..<2 { #expect(await run(try steps(shop)).outcome == .pass) }
        let first = shop.requests.filter { $0.path == "/signin" }
        #expect(first.count == 2 && first.allSatisfy { $0.headers["cookie"] == nil })
    }

    @Test func afterAFailureOnlyWhatCleansUpIsAsked() async throws {
        let shop = try shop()
        var steps = try steps(shop)
        steps.insert(try .step("basket", shop.url("/nowhere")), at: 1)
        let result = await run(steps)
        #expect(result.outcome == .fail("step 2 (basket): status 404, expected 2xx"))
        #expect(shop.asked == ["POST /signin", "GET /nowhere", "DELETE /session"])
        #expect(result.steps?.map(\.name) == ["signin", "basket", "signout"])
        #expect(result.step("basket")?.outcome == .fail("status 404, expected 2xx"))
        #expect(result.step("signout")?.outcome == .pass)
        #expect(result.status == 404)
    }

    @Test func aCleanUpThatFailsIsToldAndHidesNothing() async throws {
        let shop = try shop()
        var steps = try steps(shop)
        steps[2] = try .step("signout", "DELETE", shop.url("/nothing")).cleaningUp()
        #expect(await run(steps).outcome == .fail("step 3 (signout): status 404, expected 2xx"))
        steps.insert(try .step("basket", shop.url("/nowhere")), at: 1)
        #expect(
            await run(steps).outcome
                == .fail(
                    "step 2 (basket): status 404, expected 2xx; the clean-up did not pass either, "
                        + "step 4 (signout): status 404, expected 2xx"))
    }

    @Test func aCleanUpOfWhatNeverWasIsNotAsked() async throws {
        let shop = try Shop { _, connection in connection.answer(500) }
        let result = await run(try steps(shop))
        #expect(result.outcome == .fail("step 1 (signin): status 500, expected 2xx"))
        #expect(shop.asked == ["POST /signin"])
        #expect(result.steps?.map(\.name) == ["signin"])
    }

    @Test func aStepThatHangsLeavesTheCleanUpItsTime() async throws {
        let shop = try Shop { request, connection in
            if request.path == "/hang" { connection.hang() } else { connection.answer() }
        }
        var steps = [
            try JourneyCheck.Step.step("first", shop.url("/hang")),
            try .step("second", shop.url("/second")),
            try .step("last", shop.url("/last")).cleaningUp(),
        ]
        steps[2].timeout = .minutes(10)
        let result = await run(steps, timeout: .minutes(10) + .seconds(1))
        let reason = try #require(result.outcome.failure)
        #expect(reason.hasPrefix("step 1 (first): 127.0.0.1:"), "\(reason)")
        #expect(reason.contains("no answer after "))
        #expect(result.timedOut == true)
        #expect(shop.asked.last == "GET /last")
        #expect(!shop.asked.contains("GET /second"))
    }

    @Test func aStepMayHaveLessTimeThanTheRest() async throws {
        let shop = try Shop { request, connection in
            if request.path == "/hang" { connection.hang() } else { connection.answer() }
        }
        var step = try JourneyCheck.Step.step("slow", shop.url("/hang"))
        step.timeout = .milliseconds(200)
        let result = await run([step, try .step("next", shop.url("/"))])
        #expect(result.outcome.failure?.hasPrefix("step 1 (slow): ") == true)
        #expect(result.took < .minutes(5))
        #expect(!shop.asked.contains("GET /"))
    }

    @Test func whatCannotBeAskedIsNoFailure() async throws {
        let shop = try shop()
        var steps = try steps(shop)
        steps[1] = try .step("orders", "http://shop.invalid/${token}/${id}")
        let result = await run(steps)
        #expect(result.outcome.error?.hasPrefix("step 2 (orders): shop.invalid: ") == true)
        #expect(result.step("orders")?.outcome.error != nil)
        #expect(shop.asked == ["POST /signin", "DELETE /session"])
    }

    // MARK: - What is saved

    @Test func aValueThatIsNotThereFailsTheStepAndIsNamed() async throws {
        let shop = try Shop { _, connection in
            connection.answer(
                200, ["X-Empty: "], #"{"a": null, "b": [1], "n": 12345678901234567890}"#)
        }
        let cases: [(JourneyCheck.Saved.Source, String)] = [
            (.json(try JSONPath("$.token")), "$.token is missing in the answer"),
            (.json(try JSONPath("$.a")), "$.a is missing in the answer"),
            (.json(try JSONPath("$.b")), "$.b is an array, not one value"),
            (
                .json(try JSONPath("$.n")),
                "$.n is a number too large to be read exactly; use pattern:"
            ),
            (.header("X-Token"), "the answer has no header X-Token"),
            (.header("X-Empty"), "the header X-Empty is empty"),
            (.pattern("token=(.*)"), "the body does not match 'token=(.*)'"),
            (.cookie("sid"), "there is no cookie sid"),
        ]
        for (source, why) in cases {
            var step = try JourneyCheck.Step.step("one", shop.url("/"))
            step.saves = [JourneyCheck.Saved(name: "token", source: source)]
            #expect(
                await run([step]).outcome
                    == .fail("step 1 (one): 'token' could not be saved: \(why)"))
        }
    }

    @Test func valuesComeFromHeadersCookiesAndTheBodysText() async throws {
        let shop = try Shop { _, connection in
            connection.answer(
                200, ["X-Token: from-header", "Set-Cookie: csrf=from-cookie"],
                #"<input name="csrf" value="from-body">"#)
        }
        var first = try JourneyCheck.Step.step("first", shop.url("/"))
        first.saves = [
            .init(name: "a", source: .header("x-token")),
            .init(name: "b", source: .cookie("csrf")),
            .init(name: "c", source: .pattern(#"name="csrf" value="([^"]+)""#)),
        ]
        let second = try JourneyCheck.Step.step("second", shop.url("/${a}/${b}/${c}"))
        #expect(await run([first, second]).outcome == .pass)
        #expect(shop.asked.last == "GET /from-header/from-cookie/from-body")
    }

    // MARK: - Again and again

    @Test func ofRepeatsTheSlowestCounts() async throws {
        let shop = try Shop { request, connection in
            if request.before == 1 { connection.pause(milliseconds: 150) }
            connection.answer()
        }
        var step = try JourneyCheck.Step.step("search", shop.url("/"))
        step.repeats = 4
        let result = await run([step])
        #expect(result.outcome == .pass)
        #expect(shop.asked.count == 4)
        let took = try #require(result.step("search")?.took)
        #expect(took >= .milliseconds(150) && took < result.took)
    }

    @Test func ofRepeatsTheFirstFailureCounts() async throws {
        let shop = try Shop { request, connection in
            connection.answer(request.before == 2 ? 503 : 200)
        }
        var step = try JourneyCheck.Step.step("search", shop.url("/"))
        step.repeats = 5
        #expect(
            await run([step]).outcome
                == .fail("step 1 (search): time 3 of 5: status 503, expected 2xx"))
        #expect(shop.asked.count == 3)
    }

    @Test func aStepIsAskedAgainUntilItPasses() async throws {
        let shop = try Shop { request, connection in
            connection.answer(
                200, [], #"{"state": "\#(request.before < 3 ? "queued" : "shipped")"}"#)
        }
        var step = try JourneyCheck.Step.step("order", shop.url("/order"))
        step.expectation.json = [
            .init(path: try JSONPath("$.state"), comparison: .equals(.string("shipped")))
        ]
        step.retry = JourneyCheck.Retry(times: 5, every: .milliseconds(20))
        let result = await run([step])
        #expect(result.outcome == .pass)
        #expect(shop.asked.count == 4)
        #expect((result.step("order")?.took ?? .zero) >= .milliseconds(60))
        step.retry = JourneyCheck.Retry(times: 1, every: .milliseconds(1))
        step.expectation.json[0].comparison = .equals(.string("returned"))
        let reason = try #require(await run([step]).outcome.failure)
        #expect(reason.hasPrefix("step 1 (order): 2 times in "), "\(reason)")
        #expect(reason.contains("$.state"))
    }

    @Test func askingAgainEndsWithTheTime() async throws {
        let shop = try Shop { _, connection in connection.answer(503) }
        var step = try JourneyCheck.Step.step("order", shop.url("/order"))
        step.retry = JourneyCheck.Retry(times: 100, every: .minutes(20))
        #expect(
            await run([step]).outcome
                == .fail("step 1 (order): status 503, expected 2xx"))
    }
}
