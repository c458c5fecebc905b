// No sequence of crashes, stops and repeated questions sends a request twice that does something.

import Glibc
import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchSystem

@testable import WatchActions

struct HTTPCrashTests {
    private let bench: Bench
    private let time = SteppingTime()
    private let api: FakeAPI
    private let state = Counter()

    init() throws {
        bench = try Bench()
        let state = state
        api = try #require(
            FakeAPI { request in
                if request.method == "POST" { return .answer(202, [], #"{"id":"dep-1"}"#) }
                return .answer(200, [], state.next() < 3 ? #"{"s":"building"}"# : #"{"s":"live"}"#)
            })
    }

    private func call(until: String = "live") throws -> HTTPCall {
        var call = HTTPCall(
            request: .post(api.url + "/deploys"),
            poll: .init(
                request: .get(api.url + "/deploys/${deploy}"), every: .seconds(5),
                until: .state(until)))
        call.saves = [.json("deploy", "$.id")]
        return call
    }

    private func directory() throws -> TaskDirectory {
        let directory = try TaskDirectory("t1", in: bench.settings.directory)
        try directory.create()
        return directory
    }

    private func resumed(_ task: StepTask, bootID: String? = nil) async -> TaskResult {
        let (runner, answers) = bench.runner(bootID: bootID, time: time, sleeper: time)
        runner.resume(task)
        return await answers.next(task.id)
    }

    private func record(_ change: (inout RequestRecord) -> Void) throws {
        var record = RequestRecord(bootID: Bench.boot, began: time.now())
        change(&record)
        try directory().write(record, RequestRecord.fileName)
    }

    @Test func thatItIsSentIsOnDiskBeforeItIs() async throws {
        let path = bench.root + "/steps/t1/http.json"
        let seen = Counter()
        let api = try #require(
            FakeAPI { _ in
                let text = try? File.read(path, limit: 4096)
                let isOut = text.map { String(decoding: $0, as: UTF8.self) }?
                    .contains(#""isOut":true"#)
                if isOut == true { _ = seen.next() }
                return .answer(200)
            })
        let result = await resumed(bench.http(HTTPCall(request: .post(api.url + "/x"))))
        #expect(result.ending == .exited(0))
        #expect(seen.value == 1)
    }

    /// watchd was killed between the writing of a record and its renaming.
    @Test(arguments: [false, true]) func aRecordThatWasNotFinishedIsNotLeftBehind(isGivenUp: Bool)
        async throws
    {
        try record { $0.isOut = true }
        try bench.write("steps/t1/\(RequestRecord.fileName).new", "{\"format\":1,")
        if isGivenUp {
            let (runner, answers) = bench.runner(time: time, sleeper: time)
            runner.cancel(id: "t1")
            #expect(await answers.next("t1").ending == .unknown(HTTPRun.lost))
        } else {
            let result = await resumed(bench.http(try call()))
            #expect(result.ending == .unknown(HTTPRun.lost))
        }
        #expect(!bench.exists("steps/t1/\(RequestRecord.fileName).new"))
        #expect(api.lines.isEmpty)
    }

    @Test func whatWasNeverSentIsSent() async throws {
        let result = await resumed(bench.http(try call()))
        #expect(result.ending == .exited(0))
        #expect(api.lines == ["POST /deploys"] + Array(repeating: "GET /deploys/dep-1", count: 4))
        // Asked again, it tells the same and sends nothing.
        #expect(await resumed(bench.http(try call())) == result)
        #expect(api.requests.count == 5)
    }

    @Test(arguments: [nil, "another boot"])
    func whatWasSentAndNotAnsweredIsUnknown(_ bootID: String?) async throws {
        try record { $0.isOut = true }
        let result = await resumed(bench.http(try call()), bootID: bootID)
        #expect(result.ending == .unknown(HTTPRun.lost))
        #expect(api.requests.isEmpty)
    }

    @Test func aQuestionThatWasSentIsAskedAgain() async throws {
        try record { $0.isOut = true }
        let result = await resumed(bench.http(HTTPCall(request: .get(api.url + "/"))))
        #expect(result.ending == .exited(0))
    }

    @Test func whatWasToBeSentAgainLaterIsSent() async throws {
        try record { $0.tries = 1 }
        #expect(await resumed(bench.http(try call())).ending == .exited(0))
        #expect(api.lines.first == "POST /deploys")
    }

    @Test(arguments: [nil, "another boot"])
    func anAnsweredRequestGoesOnWithItsPoll(_ bootID: String?) async throws {
        try record {
            $0.answer = RequestRecord.Answer(saved: ["deploy": "dep-7"], line: "POST: status 202")
        }
        let result = await resumed(bench.http(try call()), bootID: bootID)
        #expect(result.ending == .exited(0))
        #expect(result.saved == ["deploy": "dep-7"])
        #expect(Set(api.lines) == ["GET /deploys/dep-7"])
        #expect(result.output.hasPrefix("POST: status 202\n"))
    }

    @Test func aPollWhoseTimeIsUpIsAskedOnceMoreAfterARestart() async throws {
        try record {
            $0.began = Moment(boot: .seconds(0), wall: .seconds(0))
            $0.answer = RequestRecord.Answer(saved: ["deploy": "dep-7"], line: "POST: status 202")
        }
        let result = await resumed(bench.http(try call(until: "building")))
        #expect(result.ending == .exited(0))
        #expect(api.requests.count == 1)
    }

    @Test func anAnswerThatWasNotGoodIsNotAskedForAgain() async throws {
        try record { $0.answer = RequestRecord.Answer(complaint: "status 500", line: "POST") }
        #expect(await resumed(bench.http(try call())).ending == .unexpected("status 500"))
        #expect(api.requests.isEmpty)
    }

    @Test func aRecordOfANewerWatchdIsNotGuessedAt() async throws {
        try directory().write(Future(), RequestRecord.fileName)
        let result = await resumed(bench.http(try call()))
        #expect(result.ending.reason.contains("newer watchd (format 2)"))
        #expect(api.requests.isEmpty)
    }

    private struct Future: Codable { var format = 2 }

    @Test(.enabled(if: geteuid() != 0)) func whatCannotBeRecordedIsNotSent() async throws {
        chmod(bench.settings.directory, 0o500)
        defer { chmod(bench.settings.directory, 0o700) }
        let result = await resumed(bench.http(try call()))
        #expect(result.ending.reason.contains("could not be recorded, so it was not sent"))
        #expect(api.requests.isEmpty)
    }

    @Test func aPlaceForRecordsThatIsNoneSendsNothing() async throws {
        try bench.write("steps/t1", "a file where the directory should be")
        let result = await resumed(bench.http(try call()))
        #expect(result.ending != .exited(0))
        #expect(api.requests.isEmpty)
    }

    // MARK: - Stopping and cancelling

    @Test func aDaemonThatStopsDuringAPollLeavesItToTheNext() async throws {
        let client = HTTPClient()
        let isSlow = Counter()
        let api = try #require(
            FakeAPI { request in
                if request.method == "POST" { return .answer(202, [], #"{"id":"dep-1"}"#) }
                return isSlow.next() == 0 ? .hang : .answer(200, [], #"{"s":"live"}"#)
            })
        var call = HTTPCall(
            request: .post(api.url + "/deploys"),
            poll: .init(
                request: .get(api.url + "/d"), every: .seconds(5), until: .state("live")))
        call.saves = [.json("deploy", "$.id")]
        let (runner, answers) = bench.runner(client: client, time: time, sleeper: time)
        runner.run(bench.http(call))
        await api.untilAsked(2)
        await client.shutdownAndWait()
        let stopped = await answers.next("t1")
        #expect(stopped.ending != .cancelled)
        #expect(!stopped.succeeded)
        let result = await resumed(bench.http(call))
        #expect(result.ending == .exited(0))
        #expect(api.lines.filter { $0.hasPrefix("POST") }.count == 1)
    }

    @Test func cancellingEndsARequestThatHangs() async throws {
        let api = try #require(FakeAPI { _ in .hang })
        let (runner, answers) = bench.runner()
        runner.run(bench.http(HTTPCall(request: .post(api.url + "/x"))))
        await api.untilAsked()
        runner.cancel(id: "t1")
        let result = await answers.next("t1")
        #expect(result.ending == .cancelled)
        #expect(result.output.contains("whether it was carried out is not known"))
    }

    @Test func cancellingEndsAPoll() async throws {
        let (runner, answers) = bench.runner()
        var call = try call(until: "never")
        call.poll?.every = .hours(1)
        runner.run(bench.http(call))
        await api.untilAsked()
        runner.cancel(id: "t1")
        #expect(await answers.next("t1").ending == .cancelled)
        #expect(await resumed(bench.http(call)).ending == .cancelled)
    }

    @Test func aRunnerCancelsWhatAnEarlierOneBegan() async throws {
        try record { $0.answer = RequestRecord.Answer(line: "POST: status 202") }
        let (runner, answers) = bench.runner()
        runner.cancel(id: "t1")
        #expect(await answers.next("t1").ending == .cancelled)
        #expect(await resumed(bench.http(try call())).ending == .cancelled)
        #expect(api.requests.isEmpty)
    }

    @Test func whatWasCancelledBeforeItBeganIsNeverSent() async throws {
        let (runner, answers) = bench.runner()
        runner.cancel(id: "t1")
        #expect(await answers.next("t1").ending == .cancelled)
        #expect(await resumed(bench.http(try call())).ending == .cancelled)
        #expect(api.requests.isEmpty)
    }
}
