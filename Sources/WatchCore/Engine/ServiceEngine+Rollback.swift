// How a rollback goes from step to step. Every transition is stored together with the task it
// asks for, before the task is run: see `Effect`.

extension ServiceEngine {
    /// With what a rollback begins.
    struct RollbackStart {
        var plan: Plan
        var target: Release
        /// nil: what runs.
        var from: ReleaseIdentity?
        var asker: Rollback.Asker
        var isForced = false
        var approvedMethod: String?
        var firstMethod = 0
        var wasHandedOver = false
        var walkedBack = 0
        var isDrill = false
    }

    mutating func beginRollback(_ start: RollbackStart, _ context: inout Context) {
        guard !state.hasRollback, let incident = state.incident,
            let running = state.book.running?.release
        else { return }
        let id = "\(incident.record.id)-r\(incident.record.rollbacks.count + 1)"
        let from = start.from ?? running
        let target = start.target
        var record = RollbackRecord(
            id: id, plan: start.plan.name, from: from, to: target.identity, state: .gates,
            askedBy: start.asker.name, began: context.now.wall)
        record.verifyTarget = start.plan.verify.target?.seconds
        var rollback = Rollback(
            id: id, plan: start.plan, from: from, to: target.identity,
            variables: variables(from: from, to: target, id: id, incident: incident.record.id),
            asker: start.asker, isForced: start.isForced, began: context.now, stage: .gate(0),
            method: start.firstMethod, record: record)
        rollback.sources = configuration.version.map(\.label)
        rollback.leftOut = tracker.disagreeing
        rollback.approvedMethod = start.approvedMethod
        rollback.ranAtBegin = running
        rollback.knownVetoes = start.asker.isAutomatic ? [] : vetoes.map(\.name)
        rollback.wasHandedOver = start.wasHandedOver || incident.record.state == .handedOver
        rollback.walkedBack = start.walkedBack
        if start.isDrill { rollback.isDrill = true }
        state.rollback = rollback
        state.incident?.record.state = .rollingBack
        state.incident?.record.heldUntil = nil
        state.incident?.record.rollbacks.append(record)
        state.incident?.waitsForBrake = false
        state.incident?.waitsForVersion = false
        context.isDirty = true
        context.events.append(
            transition(
                "rollback.began", context, reason: start.asker.name,
                text: "rollback \(id) with plan \(start.plan.name): \(from.text) → "
                    + target.identity.text))
        guard !context.mode.assumesRollbacks else { return }
        takeBackDryGate(&context)
        runGate(0, &context)
    }

    func variables(
        from: ReleaseIdentity, to target: Release, id: String, incident: String
    ) -> [String: String] {
        var variables = ["service": name, "rollback": id, "incident": incident]
        for (field, value) in configuration.vars ?? [:] { variables["vars.\(field)"] = value }
        for (prefix, identity, fields) in [
            ("from", from, state.book.release(from)?.fields ?? [:]),
            ("to", target.identity, target.fields),
        ] {
            for (field, value) in fields { variables["\(prefix).\(field)"] = value }
            variables["\(prefix).version"] = identity.version
            if let commit = identity.commit { variables["\(prefix).commit"] = commit }
        }
        variables["from.began"] = String(beganToRun(from).nanoseconds / 1_000_000_000)
        return variables
    }

    /// When a release began to run: without a break, however often it was deployed again. What was
    /// written since may be its work. The start of time for one that was never seen.
    private func beganToRun(_ release: ReleaseIdentity) -> WallTime {
        let deployments = state.book.deployments
        guard let last = deployments.lastIndex(where: { $0.release.matches(release) }) else {
            return .seconds(0)
        }
        let first = deployments[...last].lastIndex { !$0.release.matches(release) }
        return deployments[first.map { $0 + 1 } ?? 0].began.wall
    }

    mutating func runGate(_ index: Int, _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        guard rollback.plan.gates.indices.contains(index) else {
            reread(&context)
            return
        }
        let gate = rollback.plan.gates[index]
        state.rollback?.stage = .gate(index)
        state.rollback?.record.state = .gates
        launch(
            id: "g\(index)", title: "gate \(gate.name)", action: gate.action,
            timeout: gate.timeout, &context)
    }

    /// Before the first step the world is looked at once more.
    mutating func reread(_ context: inout Context) {
        state.rollback?.stage = .rereading(since: context.now)
        beginAssess(.beforeRollback, &context)
        context.isDirty = true
        askVersions(&context)
        if configuration.version.isEmpty { advanceRollback(&context) }
    }

    /// All is as it was when it was decided: the first step.
    mutating func startActing(_ context: inout Context) {
        tellBeginning(&context)
        runBefore(0, &context)
    }

    mutating func runBefore(_ index: Int, _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        guard mayGoOn(&context) else { return }
        guard rollback.plan.stepsBefore.indices.contains(index) else {
            guard let first = rollback.nextMethod(from: rollback.method) else {
                endWithAfter("plan \(rollback.plan.name) has no method that may run", &context)
                return
            }
            runMethod(first, &context)
            return
        }
        state.rollback?.stage = .before(index)
        state.rollback?.record.state = .before
        var part = "before"
        if let service = rollback.plan.stopped(at: index) {
            part = "stop \(service)"
            let down = rollback.down ?? []
            if !down.contains(service) { state.rollback?.down = down + [service] }
            state.rollback?.hasStopped = true
        }
        let round = rollback.stopRound.map { "r\($0)" } ?? ""
        launch(
            step: rollback.plan.stepsBefore[index], id: "b\(index)\(round)", part, &context)
    }

    /// No method is left; what was done before must be undone.
    private mutating func endWithAfter(_ why: String, _ context: inout Context) {
        state.rollback?.stop = Rollback.Stop(reason: "not-landed", text: why, offersMore: true)
        goToAfter(&context)
    }

    mutating func runMethod(_ first: Int, _ context: inout Context) {
        var index = first
        while let useless = resolvePhases(of: index, &context) {
            guard let next = state.rollback?.nextMethod(from: index + 1) else {
                endWithAfter("\(useless), and no other may run unattended", &context)
                return
            }
            index = next
        }
        state.rollback?.method = index
        state.rollback?.methodFailed = false
        state.rollback?.targetReads = [:]
        state.rollback?.contraryReads = [:]
        state.rollback?.landings = nil
        state.rollback?.checkPassed = nil
        state.rollback?.product = nil
        state.rollback?.wrongAnswer = nil
        let method = state.rollback?.currentMethod?.name
        state.rollback?.record.method = method
        if let loses = state.rollback?.currentMethod?.loses {
            let before = state.rollback?.record.losses ?? []
            state.rollback?.record.losses = before + [loses]
        }
        runStep(0, &context)
    }

    mutating func runStep(_ index: Int, _ context: inout Context) {
        guard let rollback = state.rollback, let method = rollback.currentMethod else { return }
        guard mayGoOn(&context) else { return }
        guard method.steps.indices.contains(index) else {
            methodEnded(&context)
            return
        }
        state.rollback?.stage = .step(index)
        state.rollback?.record.state = .methods
        state.rollback?.hasActed = true
        if !method.changesFlag { tracker.expect(rollback.to) }
        launch(
            step: method.steps[index], id: "m\(rollback.method)s\(index)",
            "method \(method.name)", &context)
    }

    mutating func methodEnded(_ context: inout Context) {
        state.rollback?.methodEnded = context.now
        state.rollback?.targetReads = [:]
        state.rollback?.contraryReads = [:]
        state.rollback?.afterRound += 1
        state.rollback?.failedAfter = nil
        runAfter(0, &context)
    }

    /// `after` runs always, stop or no stop.
    mutating func runAfter(_ first: Int, _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        var index = first
        // What was never stopped is not started.
        while let service = rollback.plan.started(at: index),
            !(rollback.down ?? []).contains(service)
        {
            index += 1
        }
        guard rollback.plan.stepsAfter.indices.contains(index) else {
            state.rollback?.isAfterDone = true
            if let stop = rollback.stop {
                handOver(
                    reason: stop.reason, stop.text, offersMore: stop.offersMore ?? false, &context)
            } else {
                beginLanding(&context)
            }
            return
        }
        state.rollback?.stage = .after(index)
        state.rollback?.record.state = .after
        let part = rollback.plan.started(at: index).map { "start \($0)" } ?? "after"
        launch(
            step: rollback.plan.stepsAfter[index], id: "a\(rollback.afterRound)s\(index)", part,
            &context)
    }

    /// Nothing but `after` and the hand-over from here.
    mutating func stopRollback(
        _ stop: Rollback.Stop, _ context: inout Context
    ) {
        guard let rollback = state.rollback else { return }
        state.rollback?.stop = rollback.stop ?? stop
        context.isDirty = true
        context.events.append(
            event("rollback.stopping", context, reason: stop.reason, text: stop.text))
        switch rollback.stage {
        case .check where rollback.isInAfter: break
        case .gate, .rereading, .before, .step, .check:
            if let pending = rollback.pending {
                cancel(pending, &context)
            } else {
                goToAfter(&context)
            }
        case .after: break
        case .landing, .curing: handOver(reason: stop.reason, stop.text, &context)
        }
    }

    mutating func goToAfter(_ context: inout Context) {
        state.rollback?.afterRound += 1
        state.rollback?.tries = 1
        state.rollback?.retryAt = nil
        // Nothing was run since it was: what it did is done.
        let isDone = state.rollback?.isAfterDone ?? false
        if !isDone { state.rollback?.failedAfter = nil }
        runAfter(isDone ? state.rollback?.plan.stepsAfter.count ?? 0 : 0, &context)
    }

    /// Asked before every step of `before` and of a method.
    private mutating func mayGoOn(_ context: inout Context) -> Bool {
        guard let rollback = state.rollback else { return false }
        if rollback.stop != nil {
            goToAfter(&context)
            return false
        }
        let reason: (String, String)?
        let known = rollback.knownVetoes ?? []
        if !rollback.isForced, let veto = vetoRefusal(besides: known) {
            reason = (veto.reason.code, veto.text)
        } else if rollback.isBoundByBudget, context.now.boot >= rollback.deadline {
            reason = ("budget", "the plan's budget of \(rollback.plan.budget.text) is spent")
        } else {
            reason = nil
        }
        guard let reason else { return true }
        state.rollback?.stop = Rollback.Stop(reason: reason.0, text: reason.1)
        context.events.append(
            event("rollback.stopping", context, reason: reason.0, text: reason.1))
        goToAfter(&context)
        return false
    }

    mutating func launch(
        step: Step, id: String, _ part: String, _ context: inout Context
    ) {
        if !(state.rollback?.isInAfter ?? true) { state.rollback?.isAfterDone = nil }
        let tries = state.rollback?.tries ?? 1
        let again = tries > 1 ? ", try \(tries)" : ""
        launch(
            id: "\(id)t\(tries)", title: "\(part): \(step.name)\(again)", action: step.action,
            timeout: step.timeout, target: step.target, &context)
    }

    mutating func launch(
        id: String, title: String, action: Action, timeout: Duration, target: Duration? = nil,
        _ context: inout Context
    ) {
        guard let rollback = state.rollback else { return }
        var variables = rollback.variables
        variables[EngineMode.evidenceVariable] = context.mode.evidence(of: variables["incident"])
        var task = StepTask(
            id: "\(rollback.id).\(id)", service: name, rollback: rollback.id, title: title,
            action: action, variables: variables, timeout: timeout)
        if case .sql = action { task.captures = rollback.captures }
        state.rollback?.pending = task
        state.rollback?.pendingSince = context.now
        var record = RollbackRecord.StepRecord(
            task: task.id, title: title, command: action.summary(variables),
            began: context.now.wall)
        record.target = target
        state.rollback?.record.steps.append(record)
        context.isDirty = true
        context.events.append(event("step.started", context, text: title))
        if task.action.isOurs {
            beginOwn(task, &context)
        } else {
            context.actions.append(.run(task))
        }
    }
}
