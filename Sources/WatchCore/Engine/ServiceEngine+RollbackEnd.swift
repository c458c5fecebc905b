// The ends of a rollback. There are three: recovered, handed over to people, or withdrawn before
// anything was touched. Each says so, and each leaves the service in a defined state.

extension ServiceEngine {
    mutating func recovered(unconfirmed: [String], _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        let doubt =
            unconfirmed.isEmpty ? "" : " (unconfirmed: \(unconfirmed.joined(separator: ", ")))"
        state.book.mark(
            rollback.from, .bad, reason: "rolled back from by \(rollback.id), which helped")
        context.events.append(
            event(
                "release.bad", context, release: rollback.from, reason: rollback.id,
                text: "\(rollback.from.text) is bad: rolling back from it helped"))
        end(.recovered, note: doubt.isEmpty ? nil : "recovered\(doubt)", &context)
        state.incident?.record.state = .recovered
        state.incident?.record.cured = context.now.wall
        state.incident?.record.unconfirmed = unconfirmed
        let probation = rollback.plan.probation
        state.incident?.closesAt = Moment(
            boot: context.now.boot + probation, wall: context.now.wall + probation)
        context.events.append(
            event(
                "incident.recovered", context, reason: rollback.id,
                text: "recovered\(doubt): \(rollback.to.text) runs and all is clear"))
        send(
            .update,
            title: "\(name): rollback complete, \(rollback.to.text) runs\(doubt)",
            text: "\(rollback.from.text) was rolled back and that helped. "
                + "\(rollback.from.text) is marked bad.",
            reason: rollback.id, fields: timings(), &context)
    }

    /// How long it took, for messages.
    private func timings() -> [Message.Field] {
        guard let record = state.incident?.record else { return [] }
        return [
            ("detection", record.detectionTime), ("execution", record.executionTime),
            ("downtime", record.downtime),
        ].compactMap { name, duration in
            duration.map { Message.Field(name, $0.text) }
        }
    }

    mutating func handOver(reason: String, _ why: String, _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        end(rollback.stop?.isAbort ?? false ? .aborted : .failed, note: why, &context)
        state.incident?.record.state = .handedOver
        state.incident?.record.reason = reason
        // Somebody must answer this, whoever acknowledged the beginning.
        state.incident?.record.acknowledgedBy = nil
        context.events.append(
            event("incident.handed-over", context, reason: reason, text: why))
        let running = state.book.running?.release.text ?? "unknown"
        send(
            .page, title: "\(name): rollback handed over to people, \(reason)",
            text: "Rollback \(rollback.id) (\(rollback.from.text) → \(rollback.to.text)) did not "
                + "end well: \(why). \(running) runs. watchd does nothing more by itself.",
            reason: reason, fields: [Message.Field("rollback", rollback.id)], &context)
    }

    /// Before the first step: the reason is gone, or something forbids it. nil: all has cleared.
    mutating func withdraw(_ refusal: Refusal?, _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        let why = refusal?.text ?? "all breaches have cleared before the first step"
        end(.aborted, note: why, counts: false, &context)
        state.incident?.record.state = .open
        let code = refusal?.reason.code ?? "cleared"
        state.incident?.record.reason = code
        state.incident?.waitsForBrake = refusal?.reason == .busy
        context.events.append(
            event(
                "rollback.withdrawn", context, decision: refusal == nil ? "record" : "page",
                reason: code, text: "nothing was changed: \(why)"))
        guard let refusal else {
            settleIncident(.cleared, why, &context)
            return
        }
        state.incident?.record.decision = "page"
        if case .releaseChanged = refusal.reason {
            settleIncident(.superseded, why, &context)
        }
        let subject = state.incident.map { self.subject(of: $0, context) } ?? .outcome
        send(
            .page, about: subject, title: "\(name): rollback withdrawn, \(code)",
            text: "\(rollback.from.text) was not rolled back, because \(why). "
                + "Nothing was changed. To do it all the same: "
                + "`watchctl rollback \(name) --force`.",
            reason: code, fields: [Message.Field("rollback", rollback.id)], &context)
    }

    private mutating func end(
        _ ending: RollbackRecord.State, note: String?, counts: Bool = true,
        _ context: inout Context
    ) {
        guard let rollback = state.rollback else { return }
        state.rollback?.record.state = ending
        state.rollback?.record.ended = context.now.wall
        state.rollback?.record.note = note
        syncRollbackRecord()
        if counts, !rollback.asker.isPerson {
            state.automaticEnds.append(context.now)
            state.automaticEnds = state.automaticEnds.suffix(ServiceState.endsKept)
        }
        if let pending = rollback.pending { context.actions.append(.cancel(id: pending.id)) }
        tracker.expect(nil)
        state.rollback = nil
        context.isDirty = true
        context.events.append(
            event(
                "rollback.ended", context, reason: ending.rawValue,
                text: "rollback \(rollback.id) \(ending.rawValue)\(note.map { ": \($0)" } ?? "")"))
    }

    /// The store takes nothing. What was asked for and not done is not done now.
    mutating func storeFailed(
        _ problem: String, skipped: [String], _ context: inout Context
    ) {
        guard let rollback = state.rollback else { return }
        if !rollback.hasRunStep(besides: skipped) {
            withdraw(
                Refusal(.storeUnavailable, "what is done cannot be recorded: \(problem)"),
                &context)
        } else {
            send(
                .page, title: "\(name): rollback waits, store-unavailable",
                text: "Rollback \(rollback.id) cannot go on, because what it does cannot be "
                    + "recorded: \(problem). It goes on when there is room again.",
                reason: Reason.storeUnavailable.code, &context)
        }
    }

    /// The store takes transactions again: what was held back is asked for again; a task that ran
    /// all the same is not run twice.
    mutating func storeRecovered(_ context: inout Context) {
        guard let pending = state.rollback?.pending else { return }
        context.isDirty = true
        context.actions.append(.resume(pending))
    }
}

extension Rollback {
    /// Whether some step (not a gate) was really asked for.
    func hasRunStep(besides skipped: [String]) -> Bool {
        record.steps.contains { step in
            !step.title.hasPrefix("gate ") && !skipped.contains(step.task)
        }
    }
}
