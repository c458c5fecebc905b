// What a gate, a step or a check answered, and what follows from it.

extension ServiceEngine {
    mutating func taskFinished(_ id: String, _ result: TaskResult, _ context: inout Context) {
        guard let rollback = state.rollback, let task = rollback.pending, task.id == id else {
            return
        }
        keepValues(of: task, result)
        state.rollback?.pending = nil
        state.rollback?.pendingSince = nil
        note(result, of: id, &context)
        switch rollback.stage {
        case .gate(let index): gateAnswered(index, result, &context)
        case .before, .step, .after:
            guard let step = rollback.step(at: rollback.stage) else { return }
            stepFinished(step, result, &context)
        case .check: checkAnswered(result, &context)
        case .landing: methodCheckAnswered(result, &context)
        case .rereading, .curing: break
        }
    }

    /// What a step took out of its answer belongs to the steps after it.
    private mutating func keepValues(of task: StepTask, _ result: TaskResult) {
        for (name, value) in task.action.kept(of: result) {
            state.rollback?.variables[name] = value
        }
        for (name, value) in result.captured ?? [:] where task.action.captures.contains(name) {
            let bounded = String(value.prefix(TaskResult.captureLimit))
            let kept = state.rollback?.captures ?? [:]
            state.rollback?.captures = kept.merging([name: bounded]) { $1 }
        }
    }

    private mutating func note(
        _ result: TaskResult, of id: String, _ context: inout Context
    ) {
        context.isDirty = true
        guard let index = state.rollback?.record.steps.lastIndex(where: { $0.task == id }) else {
            return
        }
        state.rollback?.record.steps[index].result = result
        state.rollback?.record.steps[index].took = result.took
        let title = state.rollback?.record.steps[index].title ?? id
        context.events.append(
            event(
                "step.finished", context, reason: result.ending.code,
                text: "\(title): \(result.ending.text)"))
    }

    private mutating func gateAnswered(
        _ index: Int, _ result: TaskResult, _ context: inout Context
    ) {
        guard let rollback = state.rollback else { return }
        if let stop = rollback.stop {
            let why = "\(stop.text); nothing was changed"
            end(stop.isAbort ? .aborted : .failed, note: why, counts: false, &context)
            leaveToPeople(
                rollback, reason: stop.reason, why, offersMore: stop.offersMore ?? false, &context)
            return
        }
        let gate = rollback.plan.gates[index]
        guard let refusal = Self.refusal(of: gate, result) else {
            runGate(index + 1, &context)
            return
        }
        if rollback.isForced {
            context.events.append(
                event(
                    "gate.forced", context, reason: refusal.reason.code,
                    text: "\(rollback.asker.name) goes on in spite of it: \(refusal.text)"))
            runGate(index + 1, &context)
        } else {
            withdraw(refusal, &context)
        }
    }

    private mutating func stepFinished(
        _ step: Step, _ result: TaskResult, _ context: inout Context
    ) {
        guard let rollback = state.rollback else { return }
        if result.succeeded { noteUndone(rollback.stage) }
        if case .after = rollback.stage {
        } else if rollback.stop != nil {
            goToAfter(&context)
            return
        }
        if result.succeeded {
            noteStarted(rollback)
            nextStep(&context)
            return
        }
        if case .unknown = result.ending {
            outcomeUnknown(step, &context)
            return
        }
        // What could not be started has done nothing, and often can a moment later.
        let mayRetry =
            if case .couldNotStart = result.ending { true } else { step.idempotent }
        if mayRetry, rollback.tries <= step.retries {
            retry(step, &context)
            return
        }
        if case .step = rollback.stage, step.onFailure == .stop, step.action.isQuestion,
            case .unexpected(let why) = result.ending
        {
            state.rollback?.wrongAnswer = "'\(step.name)' says otherwise: \(why)"
        }
        stepFailed(step, result.ending, &context)
    }

    /// Outcome unknown after a crash: the check decides; an idempotent step is repeated; else only
    /// verification, which reads, may tell.
    private mutating func outcomeUnknown(_ step: Step, _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        if let check = step.check, let last = rollback.record.steps.last {
            let suffix = last.task.dropFirst(rollback.id.count + 1)
            state.rollback?.checked = Rollback.CheckedStage(rollback.stage)
            state.rollback?.stage = .check
            launch(
                id: "\(suffix).check", title: "check of \(step.name)", action: check,
                timeout: step.timeout, &context)
        } else if step.idempotent, rollback.tries <= step.retries + Rollback.repeatsAfterCrash {
            state.rollback?.tries += 1
            repeatStep(&context)
        } else {
            lostTrack(step, &context)
        }
    }

    private mutating func lostTrack(_ step: Step, _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        switch rollback.stage {
        case .step, .check:
            state.rollback?.isUnsure = true
            methodEnded(&context)
        case .before, .after, .gate, .rereading, .landing, .curing:
            stepFailed(step, .unknown("ended nobody knows how"), &context)
        }
    }

    private mutating func checkAnswered(_ result: TaskResult, _ context: inout Context) {
        guard let rollback = state.rollback, let checked = rollback.checked else { return }
        state.rollback?.stage = checked.stage
        state.rollback?.checked = nil
        guard let step = rollback.step(at: checked.stage) else { return }
        if result.succeeded { noteUndone(checked.stage) }
        // Of `after` the rest runs, stop or no stop.
        if rollback.stop != nil, !rollback.isInAfter {
            goToAfter(&context)
            return
        }
        if result.succeeded {
            noteStarted(rollback, at: checked.stage)
            nextStep(&context)
        } else if isNo(result, to: step.check),
            rollback.tries <= step.retries + Rollback.repeatsAfterCrash
        {
            state.rollback?.tries += 1
            repeatStep(&context)
        } else {
            lostTrack(step, &context)
        }
    }

    /// Whether a check denies that its step is done. One that could not be asked denies nothing:
    /// of a query any exit status of psql but 0 means that.
    private func isNo(_ result: TaskResult, to check: Action?) -> Bool {
        switch result.ending {
        case .exited: if case .sql = check { false } else { true }
        case .unexpected: result.isNo ?? false
        case .signalled, .timedOut, .cancelled, .couldNotStart, .unknown: false
        }
    }

    private mutating func nextStep(_ context: inout Context) {
        guard let rollback = state.rollback else { return }
        state.rollback?.tries = 1
        switch rollback.stage {
        case .before(let index): runBefore(index + 1, &context)
        case .step(let index): runStep(index + 1, &context)
        case .after(let index): runAfter(index + 1, &context)
        case .gate, .rereading, .check, .landing, .curing: break
        }
    }

    mutating func repeatStep(_ context: inout Context) {
        guard let rollback = state.rollback else { return }
        switch rollback.stage {
        case .before(let index): runBefore(index, &context)
        case .step(let index): runStep(index, &context)
        case .after(let index): runAfter(index, &context)
        case .gate, .rereading, .check, .landing, .curing: break
        }
    }

    private mutating func stepFailed(
        _ step: Step, _ ending: TaskResult.Ending, _ context: inout Context
    ) {
        guard let rollback = state.rollback else { return }
        if step.onFailure == .continue {
            nextStep(&context)
            return
        }
        state.rollback?.tries = 1
        switch rollback.stage {
        case .before(let index):
            let service = rollback.plan.stopped(at: index)
            state.rollback?.stop = Rollback.Stop(
                reason: "before-failed",
                text: service.map { "\($0) could not be stopped, and nothing is done under it" }
                    ?? "'\(step.name)', which must succeed before the rollback, failed")
            goToAfter(&context)
        case .step:
            state.rollback?.methodFailed = true
            methodEnded(&context)
        case .after(let index):
            // A failed `after` step does not keep the others from running. It is told when the
            // rollback ends.
            let part = rollback.plan.started(at: index).map { "start \($0)" } ?? step.name
            state.rollback?.failedAfter =
                (rollback.failedAfter ?? []) + ["'\(part)' \(ending.text)"]
            context.events.append(
                event(
                    "after.failed", context, reason: "after-failed",
                    text: "'\(step.name)' failed; a person must see to it"))
            runAfter(index + 1, &context)
        case .gate, .rereading, .check, .landing, .curing: break
        }
    }

    /// The method did not bring the target back: the next one that may run.
    mutating func nextMethod(_ why: String, _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        if let third = unexpectedRelease(rollback) {
            handOver(reason: Reason.releaseChanged.code, third, &context)
            return
        }
        guard rollback.hasActed else {
            // The target was seen before the first step: nothing was asked again since.
            let text = "\(rollback.to.text) was read before the first step, and no more since"
            withdraw(Refusal(.releaseChanged, text), &context)
            return
        }
        let next = rollback.nextMethod(from: rollback.method + 1)
        guard !rollback.isUnsure, let next else {
            handOver(
                reason: "not-landed",
                rollback.isUnsure
                    ? "\(why); what a step did before a crash is not known, so nothing more is run"
                    : "\(why); \(rollback.nothingFurther)",
                offersMore: !rollback.isUnsure, &context)
            return
        }
        context.events.append(
            event(
                "method.next", context, reason: "not-landed",
                text: "\(why); next method: \(rollback.plan.methods[next].name)"))
        if rollback.plan.spans != nil {
            stopAgain(before: next, &context)
        } else {
            runMethod(next, &context)
        }
    }

    /// `after` has started them.
    private mutating func stopAgain(before next: Int, _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        state.rollback?.method = next
        state.rollback?.tries = 1
        state.rollback?.stopRound = (rollback.stopRound ?? 1) + 1
        runBefore(rollback.plan.before.count, &context)
    }

    /// A service whose start ended well is not down any more.
    private mutating func noteStarted(_ rollback: Rollback, at stage: Rollback.Stage? = nil) {
        guard case .after(let index) = stage ?? rollback.stage,
            let service = rollback.plan.started(at: index)
        else { return }
        state.rollback?.down?.removeAll { $0 == service }
    }
}

extension TaskResult.Ending {
    /// A stable code.
    var code: String {
        switch self {
        case .exited(let status): "exited-\(status)"
        case .signalled(let signal): "signal-\(signal)"
        case .timedOut: "timed-out"
        case .cancelled: "cancelled"
        case .unexpected: "unexpected"
        case .couldNotStart: "could-not-start"
        case .unknown: "unknown"
        }
    }

    var text: String {
        switch self {
        case .exited(0): "done"
        case .exited(let status): "failed with exit status \(status)"
        case .signalled(let signal): "was killed by signal \(signal)"
        case .timedOut: "did not end in time and was killed"
        case .cancelled: "was cancelled"
        case .unexpected(let why): why
        case .couldNotStart(let why): "could not start: \(why)"
        case .unknown(let why): "ended unknown: \(why)"
        }
    }
}

extension Action {
    /// What it took out of its answer, for those after it.
    func kept(of result: TaskResult) -> [String: String] {
        (result.saved ?? [:]).filter { saves.contains($0.key) && Identifier.isValid($0.value) }
    }
}

extension Rollback {
    /// Why no further method is run.
    fileprivate var nothingFurther: String {
        plan.methods.count == 1
            ? "the plan has no other method" : "no further method may run unattended"
    }
}
