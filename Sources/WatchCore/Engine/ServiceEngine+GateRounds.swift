// Every ten minutes the gates of each plan are asked dry, with the releases that a rollback would
// be about now: what would forbid it tonight is known today. Gates only look (DESIGN §4), so a
// lost answer is no harm; they are never asked while anything on the host is being rolled back.

extension ServiceEngine {
    static let ready = "ready"

    /// Plans that some rule, a person or an operation may run.
    func plans(_ context: Context) -> [Plan] {
        let names =
            [configuration.plan] + configuration.triggers.map(\.plan)
            + [configuration.operations.plan]
        var seen: Set<String> = []
        return names.compactMap { $0 }.filter { seen.insert($0).inserted }
            .compactMap { context.configuration.plan($0) }
    }

    /// Asked once a second.
    mutating func advanceGateRounds(_ context: inout Context) {
        guard !context.mode.assumesRollbacks, !context.isRetired(name) else { return }
        // By pattern: what is asked is long to copy.
        if case .some = gateRound.pending { return advancePendingGate(&context) }
        guard let due = gateRound.due else {
            gateRound.due = context.now.boot + GateRound.settles
            return
        }
        // Another release has news for tonight; a moment later, so that it settles.
        let soon = context.now.boot + GateRound.settles
        guard due <= soon else {
            if !state.book.isAbout(gateRound.askedAbout) { gateRound.due = soon }
            return
        }
        // Gates that ask over a dead network would only say that it is dead.
        guard due <= context.now.boot else { return }
        beginGateRoundWhenDue(&context)
    }

    @inline(never)
    private mutating func advancePendingGate(_ context: inout Context) {
        guard let pending = gateRound.pending else { return }
        let limit = pending.plan.gates[pending.gate].timeout + GateRound.grace
        if isActing(context) {
            takeBackDryGate(&context)
        } else if context.now.boot - pending.since.boot > limit {
            dryGateAnswered(
                pending.task, TaskResult(ending: .unknown("no answer came in time")), &context)
        }
    }

    /// Something is being rolled back. A gate that somebody had asked at this very instant is not
    /// asked at all.
    mutating func takeBackDryGate(_ context: inout Context) {
        guard isActing(context), let pending = gateRound.pending else { return }
        let asked = context.actions.firstIndex { action in
            if case .runDry(let task) = action { task.id == pending.task } else { false }
        }
        if let asked {
            context.actions.remove(at: asked)
        } else {
            context.actions.append(.cancel(id: pending.task))
        }
        gateRound.pending = nil
        gateRound.due = context.now.boot + GateRound.settles
    }

    @inline(never)
    private mutating func beginGateRoundWhenDue(_ context: inout Context) {
        guard ownFault == nil, !isActing(context) else { return }
        let about = [state.book.running?.release, state.book.lastKnownGood?.identity]
            .compactMap { $0 }
        gateRound.due = context.now.boot + GateRound.every
        gateRound.askedAbout = about
        beginGateRound(&context)
    }

    private func isActing(_ context: Context) -> Bool {
        (state.hasRollback && !isDrilling)
            || context.neighbours.contains { $0.isRollingBack && $0.name != name }
    }

    private mutating func beginGateRound(_ context: inout Context) {
        let plans = plans(context)
        guard !plans.isEmpty else { return forgetReadiness(besides: [], &context) }
        gateRound.answers.removeAll { answer in !plans.contains { $0.name == answer.plan } }
        guard let from = state.book.running?.release, let to = state.book.lastKnownGood?.identity
        else {
            endGateRound(&context)
            return
        }
        askPlans(plans, from, to, &context)
    }

    /// The next plan that has gates; those without are ready as they are.
    private mutating func askPlans(
        _ plans: [Plan], _ from: ReleaseIdentity, _ to: ReleaseIdentity,
        _ context: inout Context
    ) {
        var left = plans[...]
        while let plan = left.popFirst() {
            guard plan.gates.isEmpty else {
                askDry(
                    GateRound.Pending(
                        task: "", plan: plan, gate: 0, since: context.now, from: from, to: to,
                        left: Array(left)), &context)
                return
            }
            note(
                GateRound.Answer(
                    plan: plan.name, reason: nil, text: "the plan has no gates",
                    asked: context.now, from: from, to: to))
        }
        endGateRound(&context)
    }

    /// Asks the gate that `round` has come to.
    mutating func askDry(_ round: GateRound.Pending, _ context: inout Context) {
        // Whoever asks what would be done may name a release that was never seen.
        guard round.look != nil || state.book.release(round.to) != nil else {
            endGateRound(&context)
            return
        }
        let target = known(round.to, context)
        let asked = round.plan.gates[round.gate]
        var pending = round
        pending.since = context.now
        pending.task =
            "\(StepTask.dryPrefix)\(name)=\(context.now.wall.nanoseconds)=\(round.plan.name)"
            + "=g\(round.gate)"
        gateRound.pending = pending
        context.actions.append(
            .runDry(
                StepTask(
                    id: pending.task, service: name, rollback: "\(name)-dry",
                    title: "gate \(asked.name)", action: asked.action,
                    variables: variables(
                        from: round.from, to: target, id: "\(name)-dry", incident: "\(name)-dry"
                    ).merging(round.saved) { $1 },
                    timeout: asked.timeout)))
    }

    func isDryGate(_ task: String) -> Bool { gateRound.pending?.task == task }

    mutating func dryGateAnswered(
        _ task: String, _ result: TaskResult, _ context: inout Context
    ) {
        guard let pending = gateRound.pending, pending.task == task else { return }
        gateRound.pending = nil
        // Between two gates something began to be rolled back: the round comes again.
        guard !isActing(context) else {
            gateRound.due = context.now.boot + GateRound.settles
            return
        }
        let gate = pending.plan.gates[pending.gate]
        let refusal = Self.refusal(of: gate, result)
        var next = pending
        next.gate += 1
        if refusal == nil { next.saved.merge(gate.action.kept(of: result)) { $1 } }
        if pending.look != nil { return lookedAt(gate, refusal, result, next, &context) }
        let said = pending.said + [Self.words(of: gate.name, result)].compactMap { $0 }
        next.said = said
        if refusal == nil, pending.plan.gates.indices.contains(next.gate) {
            return askDry(next, &context)
        }
        let count = pending.plan.gates.count
        note(
            GateRound.Answer(
                plan: pending.plan.name, reason: refusal?.reason.code,
                text: refusal?.text ?? (count == 1 ? "its gate says go" : "its gates say go"),
                asked: context.now, from: pending.from, to: pending.to,
                said: refusal == nil ? said : []))
        askPlans(pending.left, pending.from, pending.to, &context)
    }

    /// What it printed, in one line after its name; nil: nothing.
    static func words(of gate: String, _ result: TaskResult) -> String? {
        let lines = result.output.split(whereSeparator: \.isNewline).joined(separator: "; ")
        return lines.isEmpty ? nil : "\(gate): \(printable(lines, limit: 300))"
    }

    /// What gates printed that matters to whoever decides about `offer`: those of its incident's
    /// last rollback, else what they said when they were asked dry.
    func gatesSaid(_ offer: ApprovalOffer) -> [String] {
        let steps = state.incident?.record.rollbacks.last { $0.plan == offer.plan }?.steps ?? []
        let asked = steps.compactMap { step -> String? in
            guard step.title.hasPrefix("gate "), let result = step.result, result.succeeded else {
                return nil
            }
            return Self.words(of: String(step.title.dropFirst(5)), result)
        }
        guard asked.isEmpty else { return asked }
        return gateRound.answer(offer.plan, from: offer.from, to: offer.to)?.said ?? []
    }

    /// The four answers of a gate (DESIGN §4); nil: go.
    static func refusal(of gate: Gate, _ result: TaskResult) -> Refusal? {
        let said = words(of: "", result) ?? ""
        switch result.ending {
        case .exited(0): return nil
        case .exited(11):
            return Refusal(
                .gateBlocked(gate.name), "gate \(gate.name) asks for a forward fix\(said)")
        case .exited(12):
            return Refusal(
                .gateConsult(gate.name), "gate \(gate.name) asks for somebody's word\(said)")
        case .exited, .signalled, .timedOut, .cancelled, .unexpected, .couldNotStart, .unknown:
            return Refusal(
                .gateBlocked(gate.name), "gate \(gate.name) \(result.ending.text)\(said)")
        }
    }

    private mutating func note(_ answer: GateRound.Answer) {
        gateRound.answers.removeAll { $0.plan == answer.plan }
        gateRound.answers.append(answer)
    }

    // MARK: - What changed

    private mutating func endGateRound(_ context: inout Context) {
        let plans = plans(context)
        for plan in plans { judgeReadiness(of: plan, &context) }
        forgetReadiness(besides: Set(plans.map(\.name)), &context)
    }

    /// What was told of plans that are no more is taken back where it was told.
    mutating func forgetReadiness(besides names: Set<String>, _ context: inout Context) {
        gateRound.codes = gateRound.codes.filter { names.contains($0.key) }
        let gone = (state.readinessTold ?? []).filter { !names.contains($0.plan) }
        guard !gone.isEmpty else { return }
        state.readinessTold?.removeAll { !names.contains($0.plan) }
        context.isDirty = true
        for told in gone where told.code != Self.ready {
            let text = "plan \(told.plan) is not used any more"
            context.events.append(event("readiness.told", context, reason: "removed", text: text))
            send(
                .resolve, of: told.plan, code: "removed", number: context.nextNumber(),
                title: "\(name): \(text)", text: "Plan \(told.plan) is gone. Nothing to do.",
                to: told.channels, &context)
        }
    }

    private mutating func judgeReadiness(of plan: Plan, _ context: inout Context) {
        let now = readiness(of: plan, context)
        let code = now.works ? Self.ready : now.reason ?? "unknown"
        let before = gateRound.codes.updateValue(code, forKey: plan.name)
        if let before, before != code {
            context.events.append(
                event(
                    "readiness.changed", context, reason: code,
                    text: "plan \(plan.name): "
                        + now.text))
        }
        let told = state.readinessTold?.first { $0.plan == plan.name }
        // One round may be an accident; two are news.
        guard before == code, code != told?.code ?? Self.ready, !isOrdinary(code, context),
            context.maintenance(of: name) == nil,
            context.silence(service: name, trigger: nil, severity: .low) == nil
        else { return }
        tellReadiness(plan, now, code, told, &context)
    }

    /// The first release of a service bakes like any other: until then nobody expects one.
    private func isOrdinary(_ code: String, _ context: Context) -> Bool {
        guard code == Reason.noKnownGood.code, state.book.deployments.count <= 1 else {
            return false
        }
        guard let running = state.book.running else { return true }
        return context.now.boot - running.began.boot < configuration.bake + .hours(1)
    }

    private mutating func tellReadiness(
        _ plan: Plan, _ now: ServiceStatus.PlanReadiness, _ code: String,
        _ told: ReadinessTold?, _ context: inout Context
    ) {
        var next = told ?? ReadinessTold(plan: plan.name, code: code)
        next.code = code
        next.number = context.nextNumber()
        let works = code == Self.ready
        let fresh = Self.lowRoute(context)?.steps.first ?? []
        // What is well again goes where it was told that it was not.
        let channels = works ? next.channels : Array(Set(next.channels).union(fresh)).sorted()
        next.channels = works ? [] : channels
        state.readinessTold =
            (state.readinessTold ?? []).filter { $0.plan != plan.name } + [next]
        context.isDirty = true
        context.events.append(
            event("readiness.told", context, reason: code, text: "plan \(plan.name): \(now.text)"))
        let title =
            works
            ? "\(name): a rollback would work again (plan \(plan.name))"
            : "\(name): a rollback would not work now, \(code)"
        send(
            works ? .resolve : .page, of: plan.name, code: code, number: next.number, title: title,
            text: "Plan \(plan.name): \(now.text). "
                + (works ? "Nothing to do." : "Nothing is wrong with the service itself."),
            to: channels, &context)
    }

    private func send(
        _ kind: Message.Kind, of plan: String, code: String, number: Int, title: String,
        text: String, to channels: [String], _ context: inout Context
    ) {
        let message = Message(
            kind: kind, time: context.now.wall, service: name, severity: .low, title: title,
            text: text,
            fields: [
                Message.Field("severity", Severity.low.rawValue), Message.Field("reason", code),
                Message.Field("look", "watchctl doctor, watchctl status \(name)"),
            ], dedupKey: "watchd/\(name)/readiness/\(plan)")
        for channel in channels {
            context.messages.append(
                OutboxMessage(
                    id: "\(name)/readiness/\(number)/\(channel)", channel: channel,
                    message: message))
        }
    }
}
