// Before the first step the world is looked at once more: what was decided a moment ago may be
// over, or about another release.

extension ServiceEngine {
    mutating func advanceRereading(_ since: Moment, _ context: inout Context) {
        let now = context.now.boot
        let answered = tracker.sources.allSatisfy { source in
            source.lastAsked.map { $0 >= since.boot } ?? false
        }
        let waited = now - since.boot
        guard !isAssessing, waited >= Self.rereadAtLeast,
            answered || waited >= Self.rereadWithin
        else {
            askAgainWhenDue(&context)
            return
        }
        guard let rollback = state.rollback else { return }
        switch rereadVersion(rollback) {
        case .target:
            context.events.append(
                event(
                    "verify.early", context, reason: "target-runs", text: "the target runs already")
            )
            state.rollback?.methodEnded = since
            beginLanding(&context)
        case .unknown where rollback.asker.isAutomatic:
            withdraw(
                Refusal(.releaseUnknown, "no version source answers any more"), &context)
        case .other(let release): otherReleaseRead(release, rollback, &context)
        case .expected, .unknown: rereadVerdicts(rollback, &context)
        }
    }

    private enum Reread {
        case expected, target, unknown
        case other(ReleaseIdentity)
    }

    private func rereadVersion(_ rollback: Rollback) -> Reread {
        let expected = rollback.ranAtBegin ?? rollback.from
        if tracker.mixed != nil {
            // A release that was not in the mix when it was decided is another one.
            guard let running = state.book.running?.release, !running.matches(expected),
                !running.matches(rollback.from), !running.matches(rollback.to)
            else { return .expected }
            return .other(running)
        }
        let leader = tracker.leader.flatMap { tracker.sources[$0].identity }
        // An announcement counts until a source reads a change, also while it is rolled back.
        guard let read = tracker.announced?.identity ?? leader else {
            return configuration.version.isEmpty ? .expected : .unknown
        }
        if read.matches(expected) { return .expected }
        if read.matches(rollback.to) { return .target }
        return .other(read)
    }

    /// What was decided or approved is void. A person who asked is shown it, and what runs now is
    /// what is rolled back from, if the gates let it.
    private mutating func otherReleaseRead(
        _ release: ReleaseIdentity, _ rollback: Rollback, _ context: inout Context
    ) {
        let restarts = rollback.restarts ?? 0
        guard case .person(let name) = rollback.asker, restarts < Rollback.restartLimit else {
            withdraw(
                Refusal(
                    .releaseChanged,
                    "\(release.text) runs now, not "
                        + "\((rollback.ranAtBegin ?? rollback.from).text) any more"), &context)
            return
        }
        state.rollback?.from = release
        state.rollback?.ranAtBegin = release
        state.rollback?.record.from = release
        state.rollback?.restarts = restarts + 1
        let incident = state.incident?.record.id ?? ""
        let values = variables(
            from: release, to: known(rollback.to, context), id: rollback.id, incident: incident)
        state.rollback?.variables = values
        context.isDirty = true
        context.events.append(
            transition(
                "rollback.from-changed", context, reason: Reason.releaseChanged.code,
                text: "\(release.text) runs now, not \(rollback.from.text); \(name) asked for the "
                    + "rollback all the same, so the gates are asked again"))
        runGate(0, &context)
    }

    private mutating func rereadVerdicts(_ rollback: Rollback, _ context: inout Context) {
        switch rollback.asker {
        case .person: startActing(&context)
        case .approval: rereadForApproval(rollback, &context)
        case .watchd(let name):
            guard !isOver(rollback, context) else {
                withdraw(nil, &context)
                return
            }
            guard let trigger = triggerToAct(name, rollback, context) else {
                withdraw(
                    Refusal(.trigger(name), "'\(name)' has cleared; what remains only pages"),
                    &context)
                return
            }
            if let refusal = refusalNow(trigger, rollback, context) {
                withdraw(refusal, &context)
            } else {
                startActing(&context)
            }
        }
    }

    /// Nothing is left to cure. After a first rollback of the incident its breaches ended with the
    /// release they were of, so there the triggers themselves must have been seen false.
    private mutating func isOver(_ rollback: Rollback, _ context: Context) -> Bool {
        guard let incident = state.incident, !incident.record.breaches.isEmpty else {
            return rollback.asker.isAutomatic
        }
        if incident.hasOpenBreach { return false }
        // On what nobody can measure nothing older is tried.
        if rollback.walkedBack ?? 0 > 0 { return !isSeenBad(incident, rollback, context) }
        return rollback.wasHandedOver ?? false ? isAllSeenClear(incident) : true
    }

    /// Something is measurably bad still. The settling before stood for the warm-up.
    private mutating func isSeenBad(
        _ incident: Incident, _ rollback: Rollback, _ context: Context
    ) -> Bool {
        let names = Set(incident.record.breaches.map(\.trigger))
        for trigger in configuration.triggers where names.contains(trigger.name) {
            var judgement = trigger.judgement
            judgement.warmUp = .zero
            if find(trigger.when, judgement, now: context.now.boot).truth == .true { return true }
        }
        return rollback.plan.verify.probes.contains {
            health(ofProbe: $0, context)?.state == .failing
        }
    }

    /// The trigger that was decided for, else another that may act by itself.
    private func triggerToAct(
        _ name: String, _ rollback: Rollback, _ context: Context
    ) -> TriggerConfiguration? {
        let isWalking = rollback.walkedBack ?? 0 > 0
        if let operation = OperationBreach(name: name), isOpen(operation) { return trigger(name) }
        let candidates = configuration.triggers.filter { trigger in
            if trigger.name == name { return isWalking || triggers[name]?.isBreached ?? false }
            return trigger.mode == .auto && triggers[trigger.name]?.isBreached ?? false
                && context.configuration.policy(trigger.severity).action == .rollback
        }
        return candidates.first { $0.name == name } ?? candidates.first
    }

    private func refusalNow(
        _ trigger: TriggerConfiguration, _ rollback: Rollback, _ context: Context
    ) -> Refusal? {
        if rollback.walkedBack ?? 0 > 0 {
            guard let older = state.book.release(rollback.to), older.standing == .good else {
                return noKnownGood
            }
            return walkBackRefusal(trigger, to: older, context)
        }
        switch automaticAction(trigger, context) {
        case .failure(let refusal): return refusal
        case .success(let (_, target)):
            if target.identity.matches(rollback.to) { return nil }
            return Refusal(
                .noKnownGood, "\(rollback.to.text) is not the last known good release any more")
        }
    }

    /// An approval needs a target and no veto that the approver could not know of.
    private mutating func rereadForApproval(_ rollback: Rollback, _ context: inout Context) {
        // What a person asked for and another approved goes on though no breach is left.
        if isOver(rollback, context), rollback.asker.trigger != nil {
            withdraw(nil, &context)
        } else if let veto = vetoRefusal(besides: rollback.knownVetoes ?? []) {
            withdraw(veto, &context)
        } else if !rollback.isForced, state.book.standing(of: rollback.to) == .bad {
            withdraw(
                Refusal(.noKnownGood, "\(rollback.to.text) was marked bad meanwhile"), &context)
        } else {
            startActing(&context)
        }
    }
}
