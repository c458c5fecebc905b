// `rollback SERVICE --at TIME`.

extension ServiceEngine {
    mutating func schedule(
        _ request: RollbackRequest, at time: WallTime, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        func refuse(_ code: String, _ text: String) -> CommandReply {
            CommandReply(status: .refused, reason: code, message: text)
        }
        if let known = state.scheduled {
            return refuse(
                Reason.busy.code,
                "\(known.by.name) has scheduled \(known.id) for \(known.at.wall.text) already; "
                    + "`watchctl abort \(known.id)` takes it back")
        }
        let ahead = time - context.now.wall
        guard ahead > .zero, ahead <= ScheduledRollback.furthest else {
            return refuse(
                "bad-time",
                "\(time.text) is not within the next \(ScheduledRollback.furthest.text)")
        }
        let plan: Plan
        let target: Release
        switch personalRollback(request, ownPlan(context), context) {
        case .failure(let refusal): return refuse(refusal.reason.code, refusal.text)
        case .success(let found): (plan, target) = found
        }
        guard let running = state.book.running?.release else {
            return refuse(Reason.releaseUnknown.code, "nothing is known to run")
        }
        let what =
            "roll \(name) back from \(running.text) to \(target.identity.text) with plan "
            + "\(plan.name) at \(time.text)"
        // Whoever sleeps until then must know that somebody has to be awake.
        let isOffer = !plan.methods.contains(where: \.isUnattended)
        if request.isDryRun {
            return dryRun(
                DryRun(
                    plan: plan, target: target, what: isOffer ? "only offer to \(what)" : what,
                    isForced: request.isForced), &context)
        }
        let id = "\(name)-s\(context.nextNumber())"
        state.scheduled = ScheduledRollback(
            id: id, at: Moment(boot: context.now.boot + ahead, wall: time), to: request.to,
            reason: request.reason, isForced: request.isForced, by: peer, from: running,
            asked: context.now.wall)
        context.isDirty = true
        context.events.append(
            event(
                "rollback.scheduled", context, reason: peer.name,
                text: Self.said("\(id): \(peer.onRecord) wants to \(what)", request.reason)))
        let promise =
            isOffer
            ? "\(id) will not \(what) by itself: it offers that then, and each method waits for an "
                + "approval (\(approvers(of: plan, context)))"
            : "\(id) will \(what), if nothing forbids it then"
        return CommandReply(
            status: .done, message: "\(promise); `watchctl abort \(id)` takes it back", rollback: id
        )
    }

    /// Which method waits for whom, as it would be asked now.
    func approvers(of plan: Plan, _ context: Context) -> String {
        let severity = Swift.max(state.incident?.record.severity ?? .high, .high)
        return plan.methods.map { method in
            let roles = roles(of: method, severity, context)
                .map { $0.name.map { "role \($0)" } ?? "whoever may operate" }
            return "\(method.name): \(roles.joined(separator: " and "))"
        }.joined(separator: "; ")
    }

    mutating func abortScheduled(
        _ reason: String, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        let id = state.scheduled?.id ?? ""
        state.scheduled = nil
        context.isDirty = true
        context.events.append(
            event(
                "rollback.unscheduled", context, reason: peer.name,
                text: Self.said("\(id): taken back by \(peer.onRecord)", reason)))
        return CommandReply(status: .done, message: "\(id) will not happen", rollback: id)
    }

    /// What somebody wanted to be rolled back later was, by now.
    mutating func takeBackScheduled(away rollback: Rollback, _ context: inout Context) {
        // A method that turned a flag off left the release where it is.
        guard let scheduled = state.scheduled, scheduled.from.matches(rollback.from),
            !state.book.isRunning(scheduled.from)
        else { return }
        takeBack(
            scheduled, "\(rollback.id) has rolled back from \(rollback.from.text) already", &context
        )
    }

    private mutating func takeBack(
        _ scheduled: ScheduledRollback, _ why: String, _ context: inout Context
    ) {
        state.scheduled = nil
        context.isDirty = true
        context.events.append(
            event(
                "rollback.unscheduled", context, reason: Reason.releaseChanged.code,
                text: "\(scheduled.id): \(why)"))
    }

    /// Asked once a second.
    mutating func advanceScheduled(_ context: inout Context) {
        // By pattern: asked all the time, and mostly there is none.
        guard case .some = state.scheduled else { return }
        beginScheduledWhenDue(&context)
    }

    @inline(never)
    private mutating func beginScheduledWhenDue(_ context: inout Context) {
        guard let scheduled = state.scheduled, scheduled.at.boot <= context.now.boot,
            !context.isRetired(name)
        else { return }
        state.scheduled = nil
        context.isDirty = true
        if scheduled.isUntimed ?? false {
            giveUp(
                scheduled, "schedule-missed",
                "the clock was set back over a reboot, so when its time is cannot be told",
                &context)
            return
        }
        let late = context.now.wall - scheduled.at.wall
        if late > ScheduledRollback.lateness {
            giveUp(
                scheduled, "schedule-missed", "watchd was not there at that time", &context)
            return
        }
        guard let running = state.book.running?.release, running.matches(scheduled.from) else {
            let runs = state.book.running?.release.text ?? "an unknown release"
            if state.book.rolledBackTo != nil {
                takeBack(scheduled, "\(runs) runs, put there by a rollback", &context)
                return
            }
            giveUp(
                scheduled, Reason.releaseChanged.code,
                "\(runs) runs now, not \(scheduled.from.text) any more", &context)
            return
        }
        context.events.append(
            event(
                "rollback.due", context, reason: scheduled.by.name, text: "\(scheduled.id) is due"))
        let request = RollbackRequest(
            to: scheduled.to,
            reason: scheduled.reason.isEmpty
                ? "scheduled as \(scheduled.id)"
                : "\(scheduled.reason) (scheduled as \(scheduled.id))",
            isDryRun: false, isForced: scheduled.isForced)
        let reply = rollback(request, by: scheduled.by, &context)
        if reply.status == .done {
            // Nobody looks on: should a gate forbid it, somebody must see that it was not done.
            leaveEndToPeople()
            return
        }
        // One that needs an approval has told people already.
        guard reply.reason != Reason.awaitingApproval.code else { return }
        giveUp(scheduled, reply.reason ?? "refused", reply.message, &context)
    }

    /// Somebody relies on it.
    private mutating func giveUp(
        _ scheduled: ScheduledRollback, _ code: String, _ why: String, _ context: inout Context
    ) {
        openIncident(severity: .high, cause: "scheduled:\(scheduled.id)", &context)
        leaveEndToPeople()
        context.events.append(
            event(
                "rollback.not-done", context, reason: code, text: "\(scheduled.id): \(why)"))
        // What runs now is not what somebody wanted to leave.
        let byHand =
            code == Reason.releaseChanged.code
            ? "Look whether it still has to be left."
            : "To roll back by hand: `watchctl rollback \(name)`."
        send(
            .page, about: .person, title: "\(name): the scheduled rollback was not done, \(code)",
            text: "\(scheduled.by.name) had scheduled a rollback from \(scheduled.from.text) for "
                + "\(scheduled.at.wall.text) (\(scheduled.id)). It was not done: \(why). "
                + byHand,
            reason: code, &context)
    }
}
