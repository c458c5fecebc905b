// Asks until the work that a request began is done, has failed, or took too long. Nothing that goes
// wrong with one question ends it: the next is asked.

import WatchCore
import WatchHTTP
import WatchProbes

struct HTTPPoll: Sendable {
    private static let patience = Duration.seconds(30)
    /// The last question is asked when the time is up, and takes at most so long.
    private static let lastPatience = Duration.seconds(5)

    let poll: HTTPCall.Poll
    let step: HTTPStep
    let variables: [String: String]
    let deadline: Instant
    private(set) var saved: [String: String] = [:]
    private var asked = 0
    private var last = ""

    init(
        poll: HTTPCall.Poll, step: HTTPStep, variables: [String: String], deadline: Instant
    ) {
        var poll = poll
        poll.until = poll.until.filled(variables)
        poll.failed = poll.failed?.filled(variables)
        self.poll = poll
        self.step = step
        self.variables = variables
        self.deadline = deadline
    }

    var notes: [String] {
        guard asked > 0 else { return [] }
        let often = asked == 1 ? "once" : "\(asked) times, every \(poll.every.text)"
        return ["asked \(often): \(last)"]
    }

    private enum Answer {
        case done
        case ended(TaskResult.Ending)
        /// Not before so much time.
        case notYet(Duration?)
    }

    mutating func run() async -> TaskResult.Ending {
        while true {
            if step.cancellation.isRequested { return .cancelled }
            let isLast = step.time.now().boot >= deadline
            asked += 1
            switch await ask(isLast) {
            case .done: return .exited(0)
            case .ended(let ending): return ending
            case .notYet(let wait):
                let next = step.time.now().boot + max(poll.every, wait ?? .zero)
                if isLast || (wait != nil && next > deadline) { return .timedOut }
                await step.sleeper.sleep(for: min(next, deadline) - step.time.now().boot)
            }
        }
    }

    private mutating func ask(_ isLast: Bool) async -> Answer {
        let left = isLast ? Self.lastPatience : deadline - step.time.now().boot
        switch await step.requests.build(
            poll.request, timeout: max(min(left, Self.patience), .seconds(1)), saved: variables)
        {
        case .failure(let failure):
            last = failure.message
            return .notYet(nil)
        case .success(let built):
            return judge(await step.client.send(poll.request.asStep(built.request)), built)
        }
    }

    private mutating func judge(_ answer: HTTPResult, _ built: RequestBuilder.Built) -> Answer {
        let report = RequestReport(built)
        switch answer {
        case .failure(let failure):
            last = report.line(failure)
            guard case .cancelled = failure.kind else { return .notYet(nil) }
            // Not cancelled by somebody: the program is being stopped, the next one goes on.
            return .ended(
                step.cancellation.isRequested
                    ? .cancelled : .unknown("watchd was stopped while it asked"))
        case .success(let response):
            last = report.line(response)
            if let failed = poll.failed, report.complaint(response, failed) == nil {
                return .ended(.unexpected("it failed: \(report.said(response))"))
            }
            if report.complaint(response, poll.until) != nil {
                return .notYet(response.later(step.time.now().wall)?.pause)
            }
            let judged = report.judged(response, poll.until, poll.saves, poll.request)
            saved = judged.saved
            return judged.complaint.map { .ended(.unexpected($0)) } ?? .done
        }
    }
}
