// Asking until the work is done: what counts as done, as failed, and as an answer like any other.

import TestServers
import Testing
import WatchCore

@testable import WatchActions

struct HTTPPollTests {
    private let bench: Bench
    private let time = SteppingTime()

    init() throws { bench = try Bench(secrets: ["token": "s3cr3t-value"]) }

    private func result(
        _ replies: [APIReply], then last: APIReply, timeout: Duration = .minutes(5)
    ) async throws -> (TaskResult, FakeAPI) {
        let count = Counter()
        let api = try #require(
            FakeAPI { request in
                if request.method == "POST" { return .answer(202, [], #"{"id":"dep-1"}"#) }
                let at = count.next()
                return at < replies.count ? replies[at] : last
            })
        var poll = HTTPCall.Poll(
            request: .get(
                api.url + "/d/${deploy}", headers: ["Authorization": "Bearer ${credential:token}"]),
            every: .seconds(5), until: .state("live"), failed: .state("broken"))
        poll.saves = [.json("host", "$.host")]
        var call = HTTPCall(request: .post(api.url + "/d"), poll: poll)
        call.saves = [.json("deploy", "$.id")]
        let (runner, answers) = bench.runner(time: time, sleeper: time)
        runner.run(bench.http(call, timeout: timeout))
        return (await answers.next("t1"), api)
    }

    @Test func whatGoesWrongWithOneQuestionIsNoEnd() async throws {
        let (result, api) = try await result(
            [
                .answer(200, [], #"{"s":"building"}"#), .reset, .answer(500), .answer(404),
                .answer(200, [], "not JSON"), .answer(429, ["Retry-After: 30"]),
            ], then: .answer(200, [], #"{"s":"live","host":"db-2.example.com"}"#))
        #expect(result.ending == .exited(0))
        #expect(result.saved == ["deploy": "dep-1", "host": "db-2.example.com"])
        #expect(api.lines.filter { $0 == "GET /d/dep-1" }.count == 7)
        #expect(time.pauses == Array(repeating: .seconds(5), count: 6) + [.seconds(30)])
        let said = "asked 7 times, every 5s: GET \(api.url)/d/dep-1: status 200"
        #expect(result.output.contains(said))
    }

    @Test func anAnswerThatSaysThatItFailedEndsIt() async throws {
        let (result, api) = try await result(
            [.answer(200, [], #"{"s":"building"}"#)],
            then: .answer(200, [], #"{"s":"broken","why":"Bearer s3cr3t-value"}"#))
        #expect(result.ending.reason.contains("it failed: status 200 after"))
        #expect(result.ending.reason.hasSuffix(#"{"s":"broken","why":"Bearer ***"}"#))
        #expect(api.requests.count == 3)
        #expect(result.saved == nil)
    }

    @Test func withoutAnEndTheTimeEndsIt() async throws {
        let (result, api) = try await result(
            [], then: .answer(200, [], #"{"s":"building"}"#), timeout: .seconds(22))
        #expect(result.ending == .timedOut)
        #expect(result.output.contains(#"{"s":"building"}"#))
        // After 5, 10, 15, 20 seconds, and when the time is up.
        #expect(api.requests.count == 6)
    }

    @Test func whatIsMissingInTheLastAnswerIsNamed() async throws {
        let (result, _) = try await result([], then: .answer(200, [], #"{"s":"live"}"#))
        #expect(
            result.ending
                == .unexpected("'host' could not be saved: $.host is missing in the answer"))
    }
}
