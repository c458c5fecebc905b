// The account of one run of a journey: which steps may still be asked, until when, and what comes
// of the whole.

import WatchCore
import WatchHTTP

struct JourneyWalk {
    var visit = Visit.begun()
    private let run: ProbeRun
    private let started: Instant
    /// What clean-ups keep back is not for the others.
    private let kept: Duration
    private var steps: [StepReport] = []
    /// Places of the first step that did not pass, and of the first such clean-up.
    private var problem: Int?
    private var cleanUpProblem: Int?

    init(_ journey: JourneyCheck, _ run: ProbeRun, started: Instant) {
        self.run = run
        self.started = started
        kept = journey.kept(of: run.timeout)
    }

    /// Until when a step may be asked; nil, and a note why, when it is not its turn.
    mutating func deadline(
        of step: JourneyCheck.Step, number: Int, now: Instant
    ) -> Instant? {
        var end = started + run.timeout
        if !step.isAlways {
            end = end - kept
            if let problem {
                skip(step, number, "\(steps[problem].title) did not pass")
                return nil
            }
            if now >= end {
                let time = (run.timeout - kept).text
                skip(step, number, "the steps before it used up the journey's \(time)")
                problem = steps.count - 1
                return nil
            }
        } else if let name = step.needs.sorted().first(where: { visit.values[$0] == nil }) {
            skip(step, number, "'\(name)' was not saved, so there is nothing to clean up")
            return nil
        }
        return step.timeout.map { min(end, now + $0) } ?? end
    }

    private mutating func skip(_ step: JourneyCheck.Step, _ number: Int, _ why: String) {
        var report = StepReport(step, number: number)
        report.note = why
        steps.append(report)
    }

    mutating func add(_ report: StepReport, isCleanUp: Bool) {
        steps.append(report)
        guard let outcome = report.report?.result.outcome, outcome != .pass else { return }
        if !isCleanUp {
            problem = problem ?? steps.count - 1
        } else {
            cleanUpProblem = cleanUpProblem ?? steps.count - 1
        }
    }

    // MARK: - The whole

    func report(took: Duration) -> ProbeReport {
        // What was learnt at the end must not stand in what was said at the beginning.
        let redactor = visit.redactor
        var whole = ProbeReport(started: started, run)
        whole.steps = steps.map { $0.redacted(redactor) }
        let asked = whole.steps.compactMap(\.report)
        let decisive =
            (problem ?? cleanUpProblem).map { whole.steps[$0].report } ?? asked.last
        whole.result.took = took
        whole.result.outcome = outcome(whole.steps)
        whole.result.degraded = degraded(whole)
        whole.result.timings = PhaseTimings(sumOf: asked.compactMap(\.result.timings), took)
        whole.result.status = decisive?.result.status
        whole.result.host = decisive?.result.host ?? asked.compactMap(\.result.host).last
        // A step for which no time was left was kept waiting by those before it.
        whole.result.timedOut = decisive?.result.timedOut ?? (problem != nil ? true : nil)
        whole.result.body = decisive?.result.body
        whole.result.steps = whole.steps.compactMap { step in
            // The whole has the body; it is not kept twice.
            guard var result = step.report?.result else { return nil }
            result.body = nil
            return ProbeResult.Step(name: step.name, result: result)
        }
        return whole
    }

    private func outcome(_ steps: [StepReport]) -> ProbeResult.Outcome {
        let cleanUp = cleanUpProblem.flatMap { steps[$0].complaint }
        guard let problem else {
            guard let cleanUpProblem, let cleanUp else { return .pass }
            return steps[cleanUpProblem].report?.result.outcome.saying(cleanUp) ?? .pass
        }
        let text =
            (steps[problem].complaint ?? "")
            + (cleanUp.map { "; the clean-up did not pass either, \($0)" } ?? "")
        return steps[problem].report?.result.outcome.saying(text) ?? .fail(text)
    }

    private func degraded(_ whole: ProbeReport) -> String? {
        guard whole.result.outcome == .pass else { return nil }
        return whole.steps.lazy.compactMap { step in
            step.report?.result.degraded.map { "\(step.title): \($0)" }
        }.first
    }
}

extension ProbeResult.Outcome {
    fileprivate var reason: String? {
        switch self {
        case .pass: nil
        case .fail(let reason), .error(let reason): reason
        }
    }

    fileprivate func saying(_ text: String) -> ProbeResult.Outcome {
        switch self {
        case .pass: .pass
        case .fail: .fail(text)
        case .error: .error(text)
        }
    }
}

extension StepReport {
    /// What is wrong, and where.
    fileprivate var complaint: String? {
        if let report { return report.result.outcome.reason.map { "\(title): \($0)" } }
        return note.map { "\(title) was not asked: \($0)" }
    }

    fileprivate func redacted(_ redactor: Redactor) -> StepReport {
        var step = self
        guard var report = step.report else { return step }
        if let reason = report.result.outcome.reason {
            report.result.outcome = report.result.outcome.saying(redactor.redact(reason))
        }
        report.result.degraded = report.result.degraded.map(redactor.redact)
        report.result.body = report.result.body.map(redactor.redact)
        report.trace.asked = report.trace.asked.map(redactor.redact)
        report.trace.answered = report.trace.answered.map(redactor.redact)
        step.report = report
        return step
    }
}

extension PhaseTimings {
    /// Phase by phase; a phase that no step had is not there.
    fileprivate init(sumOf all: [PhaseTimings], _ took: Duration) {
        func sum(_ phase: KeyPath<PhaseTimings, Double?>) -> Double? {
            let times = all.compactMap { $0[keyPath: phase] }
            return times.isEmpty ? nil : times.reduce(0, +)
        }
        self.init(
            name: sum(\.name), connect: sum(\.connect), tls: sum(\.tls),
            firstByte: sum(\.firstByte), body: sum(\.body), total: took.seconds)
    }
}
