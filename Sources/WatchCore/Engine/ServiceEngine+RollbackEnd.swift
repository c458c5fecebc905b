// The ends of a rollback. There are three: recovered, handed over to people, or withdrawn before
// anything was touched. Each says so, and each leaves the service in a defined state.

extension ServiceEngine {
    mutating func recovered(unconfirmed: [String], _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        let doubt =
            unconfirmed.isEmpty ? "" : " (unconfirmed: \(unconfirmed.joined(separator: ", ")))"
        if rollback.drills {
            let text = "\(rollback.to.text) runs and all is clear\(doubt)"
            endDrill(rollback, text, &context)
            return
        }
        // What did not turn the release back says nothing about the release.
        let isBad = !rollback.beganAtTarget && !(rollback.currentMethod?.changesFlag ?? false)
        if isBad {
            state.book.mark(
                rollback.from, .bad, reason: "\(Self.verdict(of: rollback.id)) which helped")
            context.events.append(
                event(
                    "release.bad", context, release: rollback.from, reason: rollback.id,
                    text: "\(rollback.from.text) is bad: rolling back from it helped"))
        }
        // All is well, and yet what was not done must be known to whoever relies on it.
        let undone = rollback.undoneInWords
        let note = [doubt.isEmpty ? nil : "recovered\(doubt)", undone].compactMap { $0 }
        end(.recovered, note: note.isEmpty ? nil : note.joined(separator: "; "), &context)
        clearEndedOperationBreaches("rollback \(rollback.id) helped", &context)
        state.incident?.record.state = .recovered
        // What was to be done afterwards and was not (the maintenance page still stands) is for
        // people, and they say when it is over.
        let isLeft = rollback.failedAfter != nil
        state.incident?.isForPeople = isLeft ? true : nil
        if isLeft { state.incident?.record.acknowledgedBy = nil }
        state.incident?.escalateAt = nil
        state.incident?.record.cured = context.now.wall
        state.incident?.record.unconfirmed = unconfirmed
        let probation = rollback.plan.probation
        let until = Moment(
            boot: context.now.boot + probation, wall: context.now.wall + probation)
        state.incident?.closesAt = until
        let deployment = state.book.running?.number
        state.incident?.probation = Probation(deployment: deployment, until: until)
        takeBackScheduled(away: rollback, &context)
        let running = state.book.running?.release.text ?? rollback.to.text
        context.events.append(
            transition(
                "incident.recovered", context, reason: rollback.id,
                text: "recovered\(doubt): \(running) runs and all is clear"
                    + (undone.map { "; \($0)" } ?? "")))
        tellRecovered(rollback, isBad: isBad, doubt: doubt, undone: undone, &context)
    }

    /// - Parameter offersMore: methods that need an approval are offered now.
    mutating func handOver(
        reason: String, _ why: String, offersMore: Bool = false, _ context: inout Context
    ) {
        guard let rollback = state.rollback else { return }
        let why = rollback.undoneInWords.map { "\(why); \($0)" } ?? why
        end(rollback.stop?.isAbort ?? false ? .aborted : .failed, note: why, &context)
        leaveToPeople(rollback, reason: reason, why, offersMore: offersMore, &context)
    }

    /// A rollback has ended and did not help: somebody must look.
    mutating func leaveToPeople(
        _ rollback: Rollback, reason: String, _ why: String, offersMore: Bool,
        _ context: inout Context
    ) {
        if rollback.drills {
            drillEnded(
                rollback, rollback.stop?.isAbort ?? false ? .aborted : .failed, reason, why,
                &context)
            return
        }
        state.incident?.record.state = .handedOver
        let handedOver = state.book.running.map { HandedOver(deployment: $0.number) }
        state.incident?.handedOver = handedOver
        state.incident?.record.reason = reason
        // Somebody must answer this, whoever acknowledged the beginning.
        state.incident?.record.acknowledgedBy = nil
        state.incident?.escalateAt = nil
        context.events.append(
            transition("incident.handed-over", context, reason: reason, text: why))
        if offersMore { offerRest(of: rollback, &context) }
        let running = state.book.running?.release.text ?? "unknown"
        let offer = offerText(context)
        send(
            .page, title: "\(name): rollback handed over to people, \(reason)",
            text: "Rollback \(rollback.id) (\(rollback.from.text) → \(rollback.to.text)) did not "
                + "end well: \(why). \(running) runs. watchd does nothing more by itself."
                + (offer.isEmpty ? "" : " \(offer)"),
            reason: reason,
            fields: [Message.Field("rollback", rollback.id)] + status(after: rollback), &context)
    }

    /// What is left of the plan when all that may run unattended has been tried.
    private mutating func offerRest(of rollback: Rollback, _ context: inout Context) {
        guard rollback.plan.methods.contains(where: { !$0.isUnattended }) else { return }
        offer(
            Proposal(
                plan: rollback.plan, to: rollback.to, blamed: rollback.from,
                trigger: rollback.asker.trigger.flatMap { trigger($0) }, isPerMethod: true,
                forcedBy: rollback.isForced ? rollback.asker.name : nil), &context)
    }

    /// The target runs and nothing is better: very likely the release was not the cause. Nothing
    /// more runs unattended, but for one older release where the plan says so.
    /// - Parameter isSeen: something is measurably bad now; on what nobody can measure nothing more
    ///   is tried.
    mutating func landedInVain(_ why: String, isSeen: Bool, _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        if isSeen, !rollback.drills, walkBack(from: rollback, why, &context) { return }
        handOver(reason: Reason.notTheRelease.code, why, offersMore: true, &context)
    }

    /// Before the first step: the reason is gone, or something forbids it. nil: all has cleared.
    mutating func withdraw(_ refusal: Refusal?, _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        let why = refusal?.text ?? "all breaches have cleared before the first step"
        end(.aborted, note: why, counts: false, &context)
        if rollback.drills {
            let isAbort = rollback.stop?.isAbort ?? false
            drillEnded(
                rollback, isAbort ? .aborted : .withdrawn, refusal?.reason.code ?? "cleared", why,
                &context)
            return
        }
        let isLeftToPeople = rollback.wasHandedOver ?? false
        state.incident?.record.state = isLeftToPeople ? .handedOver : .open
        let code = refusal?.reason.code ?? "cleared"
        state.incident?.record.reason = code
        state.incident?.waitsForBrake = refusal?.reason == .busy
        context.events.append(
            transition(
                "rollback.withdrawn", context, decision: refusal == nil ? "record" : "page",
                reason: code, text: "nothing was changed: \(why)"))
        guard let refusal else {
            if !isLeftToPeople { settleIncident(.cleared, why, &context) }
            return
        }
        state.incident?.record.decision = "page"
        if case .releaseChanged = refusal.reason {
            if !isLeftToPeople { settleIncident(.superseded, why, &context) }
        } else {
            offerAgain(rollback, &context)
        }
        sendWithdrawn(rollback, refusal, &context)
        settleRequest(of: rollback, &context)
    }

    /// Whoever asked has been answered. Where nothing is breached and nobody says that something is
    /// wrong, there is nothing left to look after.
    private mutating func settleRequest(of rollback: Rollback, _ context: inout Context) {
        guard case .person = rollback.asker, let incident = state.incident,
            incident.record.state == .open, incident.record.breaches.isEmpty,
            !(incident.isForPeople ?? false), !isBreached
        else { return }
        settleIncident(
            .cleared, "\(rollback.id) was withdrawn, and nothing of \(name) is breached", &context)
    }

    /// Whether some rule says that something is wrong now, also one about which it was decided
    /// before.
    private var isBreached: Bool {
        configuration.triggers.contains {
            $0.mode != .shadow && (triggers[$0.name]?.isBreached ?? false)
        }
    }

    private mutating func sendWithdrawn(
        _ rollback: Rollback, _ refusal: Refusal, _ context: inout Context
    ) {
        var text =
            "\(rollback.from.text) was not rolled back, because \(refusal.text). "
            + "Nothing was changed."
        let offer = offerText(context)
        if !offer.isEmpty { text += " \(offer)" }
        if case .gateBlocked = refusal.reason {
            text += " To go on in spite of the gate: `watchctl rollback \(name) --force`."
        }
        if case .gateConsult = refusal.reason {
            text += " To go on in spite of the gate: `watchctl rollback \(name) --force`."
        }
        let subject = state.incident.map { self.subject(of: $0, context) } ?? .outcome
        let title = "\(name): rollback withdrawn, \(refusal.reason.code)"
        let fields = [Message.Field("rollback", rollback.id)]
        guard case .watchd(let name) = rollback.asker, let trigger = trigger(name) else {
            // Whoever asked for it hears of it each time.
            send(
                .page, about: subject, title: title, text: text, reason: refusal.reason.code,
                fields: fields, &context)
            return
        }
        tell(
            told(.withdrawn, trigger, reason: refusal.reason.code), about: subject, title: title,
            text: text, reason: refusal.reason.code, fields: fields, &context)
    }

    /// What watchd may not do, or not yet, people may.
    private mutating func offerAgain(_ rollback: Rollback, _ context: inout Context) {
        guard let name = rollback.asker.trigger, let trigger = trigger(name) else { return }
        if let approved = rollback.approvedMethod {
            state.incident?.triedMethods?.removeAll { $0 == approved }
            offerRest(of: rollback, &context)
        } else if rollback.walkedBack ?? 0 == 0 {
            offerRollback(for: trigger, &context)
        }
    }

    mutating func end(
        _ ending: RollbackRecord.State, note: String?, counts: Bool = true,
        _ context: inout Context
    ) {
        guard let rollback = state.rollback else { return }
        state.rollback?.record.state = ending
        state.rollback?.record.ended = context.now.wall
        state.rollback?.record.note = note
        syncRollbackRecord()
        if counts, rollback.asker.isAutomatic {
            state.automaticEnds.append(context.now)
            state.automaticEnds = state.automaticEnds.suffix(ServiceState.endsKept)
        }
        if let pending = rollback.pending, !pending.action.isOurs {
            context.actions.append(.cancel(id: pending.id))
        }
        tracker.expect(nil)
        if rollback.hasLanded { tracker.forgetBefore(rollback.result) }
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
        guard let pending = state.rollback?.pending, !pending.action.isOurs else { return }
        // What was held back is begun only now.
        state.rollback?.pendingSince = context.now
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

    /// What was to be done and was not; nil: nothing.
    var undoneInWords: String? {
        let after = failedAfter.map {
            "afterwards \($0.joined(separator: ", and ")): a person must see to it"
        }
        let parts = [leftUndone, after].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    /// What of the method that was run last was not done, in words; nil: all of it was, or it never
    /// began.
    private var leftUndone: String? {
        let mark = "\(id).m\(method)s"
        guard let method = currentMethod,
            let last = record.steps.last(where: { $0.task.hasPrefix(mark) }),
            let index = Int(last.task.dropFirst(mark.count).prefix(while: \.isWholeNumber)),
            method.steps.indices.contains(index)
        else { return nil }
        var parts: [String] = []
        if let result = last.result, !result.succeeded {
            parts.append("'\(method.steps[index].name)' \(result.ending.text)")
        }
        let rest = method.steps[(index + 1)...].map { "'\($0.name)'" }
        if !rest.isEmpty {
            let verb = rest.count == 1 ? "was" : "were"
            parts.append("\(rest.joined(separator: ", ")) \(verb) not run")
        }
        guard !parts.isEmpty else { return nil }
        return "of method \(method.name) \(parts.joined(separator: ", and "))"
    }
}
