// Requests to real servers: what is sent, how each answer is told, and what is tried again.

import TestServers
import Testing
import WatchCore
import WatchHTTP

@testable import WatchActions

struct HTTPStepTests {
    private let bench: Bench
    private let time = SteppingTime()

    init() throws { bench = try Bench(secrets: ["token": "s3cr3t-value"]) }

    private func result(_ task: StepTask) async -> TaskResult {
        let (runner, answers) = bench.runner(time: time, sleeper: time)
        runner.run(task)
        return await answers.next(task.id)
    }

    @Test func aRequestIsSentAndItsAnswerGivesValues() async throws {
        let api = try #require(
            FakeAPI {
                let token = $0.headers["authorization"] ?? ""
                return .answer(201, [], #"{"id":"dep-1","echo":"\#(token)"}"#)
            })
        var call = HTTPCall(
            request: .post(
                api.url + "/v1/${from.version}/deploys", body: #"{"to":"${to.version}"}"#,
                headers: ["Authorization": "Bearer ${credential:token}"]),
            expectation: HTTPExpectation(status: [.exactly(201)]))
        call.saves = [.json("deploy", "$.id")]
        let result = await result(
            bench.http(call, variables: ["to.version": "1.9.0", "from.version": "2.0.0"]))
        #expect(result.ending == .exited(0))
        #expect(result.saved == ["deploy": "dep-1"])
        let asked = try #require(api.requests.first)
        #expect(asked.line == "POST /v1/2.0.0/deploys")
        #expect(asked.text == #"{"to":"1.9.0"}"#)
        #expect(asked.headers["authorization"] == "Bearer s3cr3t-value")
        #expect(result.output.contains("POST \(api.url)/v1/2.0.0/deploys: status 201 after"))
        #expect(result.output.contains(#""echo":"Bearer ***""#))
        #expect(!result.output.contains("s3cr3t"))
        #expect(!bench.text("steps/t1/http.json").contains("s3cr3t"))
        #expect(api.requests.count == 1)
    }

    @Test func whatMayNotBeKeptIsTakenOutOfItsRecord() async throws {
        let bench = try Bench(clean: { text, _ in
            text.split(separator: "4711").joined(separator: "[redacted]")
        })
        let api = try #require(FakeAPI { _ in .answer(200, [], #"{"patient":"4711"}"#) })
        let idle = HTTPExpectation(
            json: [.init(path: try JSONPath("$.patient"), comparison: .equals(.string("4712")))])
        for (id, expectation) in [("t1", HTTPExpectation()), ("t2", idle)] {
            var task = bench.http(HTTPCall(request: .get(api.url), expectation: expectation))
            task.id = id
            let (runner, answers) = bench.runner(time: time, sleeper: time)
            runner.run(task)
            _ = await answers.next(id)
            let record = bench.text("steps/\(id)/http.json")
            #expect(record.contains("[redacted]"))
            #expect(!record.contains("4711"))
        }
    }

    @Test func anAnswerThatIsNotTheExpectedOneSaysWhy() async throws {
        let api = try #require(FakeAPI { _ in .answer(409, [], #"{"message":"not ready"}"#) })
        let result = await result(bench.http(HTTPCall(request: .post(api.url + "/x"))))
        #expect(result.ending == .unexpected("status 409, expected 2xx"))
        #expect(result.output.contains(#"{"message":"not ready"}"#))
        #expect(result.saved == nil)
    }

    @Test func aGateWhoseExpectationDoesNotHoldIsBlocked() async throws {
        let api = try #require(FakeAPI { _ in .answer(200, [], #"{"state":"busy"}"#) })
        let idle = HTTPExpectation(
            json: [.init(path: try JSONPath("$.state"), comparison: .equals(.string("idle")))])
        let result = await result(
            bench.http(HTTPCall(request: .get(api.url + "/"), expectation: idle)))
        #expect(result.ending == .unexpected("$.state is 'busy', expected 'idle'"))
        #expect(result.isNo ?? false)
    }

    /// A check that gets such an answer knows whether its step is done, or does not.
    @Test(arguments: [(404, true), (200, true), (500, false), (401, false), (302, false)])
    func onlyAnAnswerToWhatWasAskedIsANo(_ status: Int, _ isNo: Bool) async throws {
        let api = try #require(FakeAPI { _ in .answer(status, [], #"{"state":"busy"}"#) })
        let idle = HTTPExpectation(
            json: [.init(path: try JSONPath("$.state"), comparison: .equals(.string("idle")))])
        let result = await result(
            bench.http(HTTPCall(request: .get(api.url + "/"), expectation: idle)))
        #expect(!result.succeeded)
        #expect((result.isNo ?? false) == isNo)
    }

    @Test(arguments: ["429", "423"])
    func whatSurelyWasNotDoneIsAskedAgainWhenTheServerSays(_ status: String) async throws {
        let code = try #require(Int(status))
        let count = Counter()
        let api = try #require(
            FakeAPI { _ in
                count.next() < 2 ? .answer(code, ["Retry-After: 7"], "slowly") : .answer(201)
            })
        let result = await result(bench.http(HTTPCall(request: .post(api.url + "/x"))))
        #expect(result.ending == .exited(0))
        #expect(time.pauses == [.seconds(7), .seconds(7)])
        #expect(api.requests.count == 3)
        #expect(result.output.contains("status \(code) after"))
    }

    @Test func tooManyRequestsWithoutATimeAreAskedAgainSlowerAndSlower() async throws {
        let count = Counter()
        let api = try #require(FakeAPI { _ in count.next() < 3 ? .answer(429) : .answer(200) })
        let result = await result(bench.http(HTTPCall(request: .post(api.url + "/x"))))
        #expect(result.ending == .exited(0))
        let pauses = time.pauses
        #expect(pauses.count == 3)
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func aPauseLongerThanTheStepMayTakeIsNotWaitedFor() async throws {
        let api = try #require(FakeAPI { _ in .answer(503, ["Retry-After: 3600"]) })
        let result = await result(bench.http(HTTPCall(request: .post(api.url + "/x"))))
        #expect(
            result.ending
                == .unexpected(
                    "status 503, expected 2xx, and no time is left to ask again in 1h"))
        #expect(api.requests.count == 1)
    }

    @Test(arguments: [500, 502, 503, 504])
    func aServerErrorMayHaveDoneItSoItIsNotAskedAgain(_ status: Int) async throws {
        let api = try #require(FakeAPI { _ in .answer(status) })
        let result = await result(bench.http(HTTPCall(request: .post(api.url + "/x"))))
        #expect(result.ending == .unexpected("status \(status), expected 2xx"))
        #expect(api.requests.count == 1)
    }

    @Test func aRefusedConnectionSentNothingAndIsTriedAgain() async throws {
        let port = try #require(RefusingPort())
        let result = await result(
            bench.http(HTTPCall(request: .post(port.url)), timeout: .seconds(20)))
        #expect(result.ending.reason.hasPrefix("could not start: "))
        #expect(result.ending.reason.contains("refused"))
        #expect(time.pauses.count >= 3)
        #expect(time.pauses.reduce(.zero, +) < .seconds(20))
    }

    @Test func aHangingServerLeavesTheOutcomeUnknown() async throws {
        let api = try #require(FakeAPI { _ in .hang })
        let task = bench.http(
            HTTPCall(request: .post(api.url + "/x")), timeout: .milliseconds(300))
        let result = await result(task)
        #expect(result.ending.reason.contains("whether it was carried out is not known"))
        // Whoever asks again learns the same, and nothing is sent.
        let again = await self.result(task)
        #expect(again.ending.reason.contains("watchd ended before an answer came"))
        #expect(api.requests.count == 1)
    }

    @Test func aConnectionThatEndsInPlaceOfAnAnswerLeavesTheOutcomeUnknown() async throws {
        let api = try #require(FakeAPI { _ in .reset })
        let result = await result(bench.http(HTTPCall(request: .post(api.url + "/x"))))
        #expect(result.ending.reason.contains("whether it was carried out is not known"))
        #expect(api.requests.count == 1)
    }

    @Test func aQuestionWithoutAnAnswerIsAskedAgain() async throws {
        let count = Counter()
        let api = try #require(FakeAPI { _ in count.next() < 2 ? .reset : .answer(200) })
        let result = await result(bench.http(HTTPCall(request: .get(api.url + "/x"))))
        #expect(result.ending == .exited(0))
        #expect(api.requests.count == 3)
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func whatDoesSomethingIsNotRepeatedElsewhere(_ status: Int) async throws {
        let other = try #require(FakeAPI { _ in .answer(200) })
        let place = other.url + "/new"
        let api = try #require(FakeAPI { _ in .answer(status, ["Location: \(place)"]) })
        let result = await result(bench.http(HTTPCall(request: .post(api.url + "/x"))))
        #expect(
            result.ending.reason.contains("status \(status), expected 2xx; it points to \(place)"))
        #expect(other.requests.isEmpty)
    }

    @Test func aValueThatMayBeNoArgumentIsNamed() async throws {
        let api = try #require(FakeAPI { _ in .answer(200, [], #"{"id":"a b; rm -rf /"}"#) })
        var call = HTTPCall(request: .post(api.url + "/x"))
        call.saves = [.json("deploy", "$.id")]
        let result = await result(bench.http(call))
        #expect(
            result.ending.reason.contains("'deploy' could not be saved: 'a b; rm -rf /' is not"))
        #expect(result.saved == nil)
    }

    @Test func aValueThatIsMissingIsNamed() async throws {
        let api = try #require(FakeAPI { _ in .answer(200, [], "<html>") })
        var call = HTTPCall(request: .post(api.url + "/x"))
        call.saves = [.json("deploy", "$.id")]
        #expect(
            await result(bench.http(call)).ending
                == .unexpected(
                    "'deploy' could not be saved: the body is not JSON, so has no $.id"))
    }

    @Test func aHostileBodyIsBoundedAndHarmless() async throws {
        let api = try #require(
            FakeAPI {
                $0.path == "/long"
                    ? .answer(200, [], String(repeating: "x", count: 2 << 20))
                    : .answer(200, [], "\u{1B}[2J\u{202E}" + String(repeating: "y ", count: 9000))
            })
        let odd = await result(bench.http(HTTPCall(request: .post(api.url + "/odd"))))
        #expect(odd.ending == .exited(0))
        #expect(odd.output.contains("?[2J?y y"))
        #expect(odd.output.utf8.count < 1000)
        let long = await result(bench.http(HTTPCall(request: .post(api.url + "/long")), id: "t2"))
        #expect(long.ending.reason.contains("whether it was carried out is not known"))
    }

    @Test func aVariableWithoutValueFailsBeforeAnythingIsSent() async throws {
        let api = try #require(FakeAPI { _ in .answer(200) })
        let own = HTTPCall(request: .post(api.url + "/${to.commit}"))
        #expect(await result(bench.http(own)).ending.reason.contains("${to.commit} has no value"))
        let later = HTTPCall(
            request: .post(api.url + "/x"),
            poll: .init(
                request: .get(api.url + "/${to.commit}"), every: .seconds(1),
                until: HTTPExpectation()))
        let result = await result(bench.http(later, id: "t2"))
        #expect(result.ending.reason.contains("${to.commit} has no value"))
        #expect(api.requests.isEmpty)
    }

    @Test func aSecretThatCannotBeReadFailsBeforeAnythingIsSent() async throws {
        let api = try #require(FakeAPI { _ in .answer(200) })
        let call = HTTPCall(
            request: .post(api.url + "/x", headers: ["Authorization": "${credential:other}"]))
        let result = await result(bench.http(call))
        #expect(result.ending == .couldNotStart("${credential:other} is not there"))
        #expect(api.requests.isEmpty)
    }
}
