// The course of one `http` task in this process: the request until it is answered, then the poll.

import WatchCore
import WatchHTTP
import WatchProbes
import WatchSystem

struct HTTPRun: Sendable {
    static let lost =
        "the request was sent, and watchd ended before an answer came; whether it was carried out "
        + "is not recorded"

    /// One question of a poll, or of a gate, that hangs must not be the only one.
    private static let patience = Duration.seconds(30)
    /// A request that is followed by a poll only begins the work.
    private static let patienceBeforePoll = Duration.minutes(1)
    /// Between two tries, where nobody says how long to wait.
    private static let longestPause = Duration.seconds(15)

    let step: HTTPStep
    let task: StepTask
    let call: HTTPCall
    var record: RequestRecord
    let deadline: Instant
    private let began: Instant
    private var isAnsweredNow = false
    /// For people: the last tries that came to nothing, and what is said besides the answer.
    private var earlier: [String] = []
    private var notes: [String] = []

    init(
        step: HTTPStep, task: StepTask, call: HTTPCall, record: RequestRecord, deadline: Instant
    ) {
        self.step = step
        self.task = task
        self.call = call
        self.record = record
        self.deadline = deadline
        began = step.time.now().boot
    }

    mutating func go() async throws(NoRoom) -> TaskResult {
        if record.answer == nil, let ending = try await ask() { return await end(ending) }
        guard let answer = record.answer else { return await end(.unknown(Self.lost)) }
        if let complaint = answer.complaint {
            var result = await end(.unexpected(complaint))
            result.isNo = answer.isNo
            return result
        }
        guard let poll = call.poll else { return await end(.exited(0), saved: answer.saved) }
        return await follow(poll, answer)
    }

    // MARK: - The request

    /// - Returns: nil when there is an answer, in the record.
    private mutating func ask() async throws(NoRoom) -> TaskResult.Ending? {
        if record.isOut, !call.request.isReading { return .unknown(Self.lost) }
        if let name = missing {
            return .couldNotStart(
                "${\(name)} has no value for this release; capture it with a version source or "
                    + "announce it")
        }
        while true {
            if step.cancellation.isRequested { return .cancelled }
            let left = deadline - step.time.now().boot
            guard left > .zero else { return .timedOut }
            let built: RequestBuilder.Built
            switch await step.requests.build(
                call.request, timeout: min(left, limit), saved: task.variables)
            {
            case .failure(let failure):
                return step.cancellation.isRequested ? .cancelled : .couldNotStart(failure.message)
            case .success(let good): built = good
            }
            record.isOut = true
            record.tries += 1
            if let error = await note() {
                // What was sent before may have told something; of the first nothing is known.
                if error.isNoRoom, record.tries == 1, !step.cancellation.isRequested {
                    throw NoRoom(in: step.settings)
                }
                return .couldNotStart(
                    "that the request is sent could not be recorded, so it was not sent: \(error)")
            }
            let answer = await step.client.send(call.request.asStep(built.request))
            if let ending = await settle(answer, built) { return ending.value }
        }
    }

    private struct Settled {
        /// nil: it is answered.
        var value: TaskResult.Ending?
    }

    /// - Returns: nil when it is to be sent once more.
    private mutating func settle(
        _ answer: HTTPResult, _ built: RequestBuilder.Built
    ) async -> Settled? {
        let report = RequestReport(built)
        switch answer {
        case .success(let response):
            record.isOut = false
            var judged = report.judged(
                response, call.expectation.filled(task.variables), call.saves, call.request)
            if judged.complaint != nil, let later = response.later(step.time.now().wall) {
                await note()
                let pause = later.pause ?? pauseLength
                if await pauseFits(pause) {
                    keep(judged.line)
                    return nil
                }
                judged.complaint? += ", and no time is left to ask again in \(pause.text)"
            }
            record.answer = judged
            isAnsweredNow = true
            await note()
            return Settled(value: step.cancellation.isRequested ? .cancelled : nil)
        case .failure(let failure):
            return await settle(failure, report)
        }
    }

    private mutating func settle(
        _ failure: HTTPFailure, _ report: RequestReport
    ) async -> Settled? {
        let wasSent = failure.wasSent
        keep(report.line(failure))
        if case .cancelled = failure.kind {
            // The program is being stopped: what is recorded stays true for the next one.
            guard step.cancellation.isRequested else { return Settled(value: .unknown(Self.lost)) }
            if wasSent { notes.append("whether it was carried out is not known") }
            return Settled(value: .cancelled)
        }
        if wasSent, !call.request.isReading {
            return Settled(
                value: .unknown(
                    "\(report.text(failure)); the request was sent, and whether it was carried "
                        + "out is not known"))
        }
        record.isOut = false
        await note()
        let mayPass = wasSent || failure.mayPass
        if mayPass, await pauseFits(pauseLength) { return nil }
        let isLate = step.time.now().boot >= deadline
        if wasSent, isLate { return Settled(value: .timedOut) }
        return Settled(
            value: wasSent
                ? .unexpected(report.text(failure)) : .couldNotStart(report.text(failure)))
    }

    /// Also the poll's: better before the request than after it.
    private var missing: String? {
        let asked = call.request.templates + call.expectation.expectedTemplates
        let own = asked.flatMap(\.variables)
        let saved = Set(call.saves.map(\.name))
        let polled = (call.poll?.request.templates ?? []) + (call.poll?.expectedTemplates ?? [])
        let later = polled.flatMap(\.variables)
        return (own + later.filter { !saved.contains($0) }).first { task.variables[$0] == nil }
    }

    private var limit: Duration {
        if call.request.isReading { return Self.patience }
        return call.poll == nil ? task.timeout : Self.patienceBeforePoll
    }

    private var pauseLength: Duration {
        min(Backoff.delay(afterAttempt: record.tries, of: task.id), Self.longestPause)
    }

    private mutating func keep(_ line: String) { earlier = earlier.suffix(2) + [line] }

    /// Waits; false at once when that would take too long, or when it is cancelled.
    private func pauseFits(_ pause: Duration) async -> Bool {
        let next = step.time.now().boot + pause
        guard next < deadline, !step.cancellation.isRequested else { return false }
        await step.sleeper.sleep(for: pause)
        return true
    }

    // MARK: - The poll

    private mutating func follow(
        _ poll: HTTPCall.Poll, _ answer: RequestRecord.Answer
    ) async -> TaskResult {
        var polling = HTTPPoll(
            poll: poll, step: step, variables: task.variables.merging(answer.saved) { $1 },
            deadline: deadline)
        // At once after a restart; else the target needs a moment to know what was asked of it.
        if isAnsweredNow {
            await step.sleeper.sleep(for: min(poll.every, deadline - step.time.now().boot))
        }
        let ending = await polling.run()
        notes = polling.notes
        return await end(ending, saved: answer.saved.merging(polling.saved) { $1 })
    }

    // MARK: - Records and the end

    /// - Returns: why it could not be recorded.
    @discardableResult
    private mutating func note() async -> SystemError? {
        let (record, directory, service) = (record, step.directory, task.service)
        let settings = step.settings
        return await OwnThread.run {
            do throws(SystemError) {
                try settings.withReserve { () throws(SystemError) in
                    try directory.create()
                    try directory.write(
                        record.cleaned { settings.clean($0, service) }, RequestRecord.fileName)
                }
                return nil
            } catch {
                return error
            }
        }
    }

    private mutating func end(
        _ ending: TaskResult.Ending, saved: [String: String] = [:]
    ) async -> TaskResult {
        let lines = earlier + [record.answer?.line].compactMap { $0 } + notes
        var result = TaskResult(
            ending: ending, output: String(lines.joined(separator: "\n").prefix(4000)),
            took: step.time.now().boot - began)
        if ending == .exited(0), !saved.isEmpty { result.saved = saved }
        // What is not certain is found out anew by whoever asks again.
        if case .unknown = ending { return result }
        record.result = result
        await note()
        return result
    }
}

extension HTTPRequestSpec {
    /// Over a connection of its own: one that was kept may end as the request is on its way, and
    /// nobody knows then whether it came. What does something is not done elsewhere because
    /// somebody says so: of other methods than GET a redirect is an answer, and no good one.
    func asStep(_ request: HTTPRequest) -> HTTPRequest {
        var request = request
        request.reuse = .nothing
        // A jar of its own, out of which a cookie can be saved.
        request.cookies = []
        if !isReading { request.redirects = 0 }
        return request
    }
}
