// The probe kind `journey`: step after step, until one fails; then only what cleans up. Each step
// is an http probe, with what the steps before it saved (`Visit`).

import WatchCore

struct JourneyProbe: Sendable {
    let http: HTTPProbe
    let time: any Sleeper
    /// Gets to know what must not be seen anywhere, while it is of use.
    let carried: @Sendable (JourneyCheck, [String]) -> Void

    func run(_ journey: JourneyCheck, _ run: ProbeRun) async -> ProbeReport {
        let started = time.now().boot
        var walk = JourneyWalk(journey, run, started: started)
        for (index, step) in journey.steps.enumerated() {
            // The schedule stopped it; nobody waits for a result.
            if Task.isCancelled { break }
            let now = time.now().boot
            guard let deadline = walk.deadline(of: step, number: index + 1, now: now) else {
                continue
            }
            let turn = Turn(step: step, run: run, deadline: deadline)
            var report = StepReport(step, number: index + 1)
            await ask(turn, &report, &walk.visit)
            carried(journey, walk.visit.carried)
            walk.add(report, isCleanUp: step.isAlways)
        }
        return walk.report(took: time.now().boot - started)
    }

    private struct Turn {
        var step: JourneyCheck.Step
        var run: ProbeRun
        var deadline: Instant

        var question: HTTPProbe.Question {
            HTTPProbe.Question(
                request: step.request, expectation: step.expectation,
                degradedUnless: step.degradedUnless, saves: step.saves)
        }
    }

    private func ask(_ turn: Turn, _ report: inout StepReport, _ visit: inout Visit) async {
        if let retry = turn.step.retry {
            await askUntilGood(turn, retry, &report, &visit)
        } else {
            await askRepeatedly(turn, &report, &visit)
        }
    }

    private func askOnce(_ turn: Turn, _ visit: inout Visit) async -> ProbeReport {
        var run = turn.run
        run.timeout = max(.milliseconds(1), turn.deadline - time.now().boot)
        return await http.ask(turn.question, run, &visit)
    }

    /// All of `repeat:`: the first that is no pass counts, else the slowest.
    private func askRepeatedly(
        _ turn: Turn, _ report: inout StepReport, _ visit: inout Visit
    ) async {
        let times = turn.step.repeats
        var degraded: String?
        for number in 1...times {
            if number > 1, Task.isCancelled { return }
            guard number == 1 || time.now().boot < turn.deadline else {
                report.report?.result.outcome = .fail(
                    "its time was used up after \(number - 1) of \(times) times")
                report.report?.result.timedOut = true
                return
            }
            var one = await askOnce(turn, &visit)
            report.times = number
            guard one.result.outcome == .pass else {
                if times > 1 { one.result.outcome.prefix("time \(number) of \(times): ") }
                report.report = one
                return
            }
            degraded = degraded ?? one.result.degraded
            if one.result.took >= report.report?.result.took ?? .zero { report.report = one }
        }
        report.report?.result.degraded = degraded
    }

    /// All of `retry:`: its time is that until it passes.
    private func askUntilGood(
        _ turn: Turn, _ retry: JourneyCheck.Retry, _ report: inout StepReport,
        _ visit: inout Visit
    ) async {
        let began = time.now().boot
        for number in 1...(retry.times + 1) {
            var one = await askOnce(turn, &visit)
            let now = time.now().boot
            one.result.started = began
            one.result.took = now - began
            report.times = number
            let next = now + retry.every
            let isLast = number > retry.times || next >= turn.deadline || Task.isCancelled
            if one.result.outcome == .pass || isLast {
                if number > 1 {
                    one.result.outcome.prefix("\(number) times in \((now - began).text): ")
                }
                report.report = one
                return
            }
            await time.sleep(until: next)
        }
    }
}

extension ProbeResult.Outcome {
    /// Says of a reason how it came about.
    fileprivate mutating func prefix(_ text: String) {
        switch self {
        case .pass: break
        case .fail(let reason): self = .fail(text + reason)
        case .error(let reason): self = .error(text + reason)
        }
    }
}
