// approve, deny and hold: what people answer to an offer. Who may is decided here, by the roles the
// peer came with, so that a refusal is recorded like everything else.

/// Why a command is not carried out.
struct CommandRefusal: Error, Hashable {
    /// A stable code.
    var code: String
    var text: String

    init(_ code: String, _ text: String) {
        self.code = code
        self.text = text
    }
}

extension ServiceEngine {
    /// The longest delay; a fix that takes longer is no hotfix.
    static let longestHold = Duration.hours(24)

    // MARK: - Approve

    mutating func approve(
        _ method: String?, _ comment: String, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        do throws(CommandRefusal) {
            let approval = try pendingApproval(context)
            let methods = try approvedMethods(approval, named: method)
            try checkRole(peer, methods, "approve", context)
            try checkComment(comment, methods, context)
            try checkWorld(approval, context)
            let named = approval.isPerMethod ? method : nil
            if let waits = try give(methods, named: named, comment, by: peer, &context) {
                return waits
            }
            let who = onRecord(peer, methods, named: named, context)
            return carryOut(
                approval, methods[0], comment, by: approvers(peer, named: named), who, &context)
        } catch {
            return refuse(error, "approve", by: peer, &context)
        }
    }

    private func pendingApproval(_ context: Context) throws(CommandRefusal) -> PendingApproval {
        if let approval = state.incident?.approval { return approval }
        let answer = state.incident?.record.answer
        if let rollback = state.rollback {
            throw CommandRefusal(
                "busy",
                answer?.kind == .approved
                    ? "\(answer?.by ?? "somebody") approved it at \(answer?.at.text ?? ""); "
                        + "rollback \(rollback.id) runs"
                    : "rollback \(rollback.id) runs already, asked by \(rollback.asker.name); "
                        + "`watchctl abort \(rollback.id)` stops it")
        }
        let byHand = "to roll back by hand: `watchctl rollback \(name)`"
        if let answer {
            throw CommandRefusal(
                "no-offer",
                "nothing waits for an approval: it was \(answer.kind.rawValue)"
                    + (answer.by.map { " by \($0)" } ?? "")
                    + " at \(answer.at.text) (\(answer.text)); \(byHand)")
        }
        if state.book.lastKnownGood == nil {
            throw CommandRefusal(noKnownGood.reason.code, noKnownGood.text)
        }
        throw CommandRefusal("no-offer", "nothing waits for an approval; \(byHand)")
    }

    /// The methods that the approval is for; never none.
    private func approvedMethods(
        _ approval: PendingApproval, named name: String?
    ) throws(CommandRefusal) -> [Method] {
        let offered = approval.methods
        guard let name else {
            guard approval.isPerMethod else { return offered }
            let ways = state.incident?.record.offer?.ways ?? []
            throw CommandRefusal(
                "method-needed",
                "each of these needs an approval by its name: "
                    + ways.map { way in
                        "`\(way.command)`" + (way.loses.map { ", loses: \($0)" } ?? "")
                    }.joined(separator: "; "))
        }
        if let method = offered.first(where: { $0.name == name }) { return [method] }
        let names = offered.map(\.name).joined(separator: ", ")
        if approval.plan.methods.contains(where: { $0.name == name }) {
            throw CommandRefusal(
                "method-not-offered",
                approval.isPerMethod
                    ? "'\(printable(name))' runs unattended and has had its turn; offered: \(names)"
                    : "'\(printable(name))' is offered when what runs unattended has been tried; "
                        + "offered now: \(names)")
        }
        throw CommandRefusal(
            "method-not-offered",
            "plan \(approval.plan.name) has no method '\(printable(name))'; offered: \(names)")
    }

    /// Everything an approval needs of the world: the release that was blamed still runs, there is
    /// something to go back to, and what is done can be recorded.
    private mutating func checkWorld(
        _ approval: PendingApproval, _ context: Context
    ) throws(CommandRefusal) {
        guard let running = state.book.running?.release, running.matches(approval.running) else {
            throw CommandRefusal(
                Reason.releaseChanged.code,
                "\(state.book.running?.release.text ?? "another release") runs now, not "
                    + "\(approval.running.text) any more, so the offer is void")
        }
        let target = state.book.release(approval.to)
        guard approval.mayGo(to: target?.standing) else {
            throw CommandRefusal(
                Reason.noKnownGood.code,
                "\(approval.to.text) is not known to be good any more"
                    + (target.map { " (\($0.standingReason))" } ?? ""))
        }
        if let refusal = spanRefusal(approval.plan, context) {
            throw CommandRefusal(refusal.reason.code, refusal.text)
        }
        if let problem = context.storeProblem {
            throw CommandRefusal(
                Reason.storeUnavailable.code, "what is done cannot be recorded: \(problem)")
        }
    }

    private mutating func carryOut(
        _ approval: PendingApproval, _ method: Method, _ comment: String, by peer: Peer,
        _ onRecord: String, _ context: inout Context
    ) -> CommandReply {
        let reason = "approval:\(peer.name)"
        let loses = method.loses.map { ", which loses: \($0)" } ?? ""
        let only = approval.isPerMethod ? " by method \(method.name)\(loses)" : ""
        let what = "rollback \(approval.blamed.text) → \(approval.to.text)\(only)"
        let wasHandedOver = state.incident?.record.state == .handedOver
        let said = Self.said("\(what) approved by \(onRecord)", comment)
        endOffer(.approved, by: peer.name, said, &context)
        answered(by: peer, &context)
        state.incident?.record.decided = context.now.wall
        state.incident?.record.decision = "rollback"
        state.incident?.record.reason = reason
        if approval.isPerMethod {
            let tried = state.incident?.triedMethods ?? []
            state.incident?.triedMethods = tried + [method.name]
        }
        takeEvidence(&context)
        context.events.append(
            event(
                "decision", context, trigger: approval.trigger.flatMap { trigger($0) },
                decision: "rollback", reason: reason,
                text: Self.said("\(onRecord) approved \(what)", comment),
                readings: incidentReadings))
        beginRollback(
            RollbackStart(
                plan: approval.plan, target: known(approval.to, context), from: approval.blamed,
                asker: .approval(by: peer.name, trigger: approval.trigger),
                isForced: approval.forcedBy != nil,
                approvedMethod: approval.isPerMethod ? method.name : nil,
                firstMethod: approval.plan.methods.firstIndex(of: method) ?? 0,
                wasHandedOver: wasHandedOver), &context)
        return CommandReply(
            status: .done, message: "\(what); \(begun(approval.plan))",
            incident: state.incident?.record.id, rollback: state.rollback?.id)
    }

    // MARK: - Deny

    mutating func deny(
        _ comment: String, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        do throws(CommandRefusal) {
            let approval = try pendingApproval(context)
            try checkSay(peer, approval.methods, "deny", context)
            let id = state.incident?.record.id ?? ""
            let said = Self.said("denied by \(peer.onRecord)", comment)
            endOffer(.denied, by: peer.name, said, &context)
            // What would have been decided anew by itself was denied with it.
            state.incident?.waitsForBrake = false
            state.incident?.hold?.isOver = true
            state.incident?.record.heldUntil = nil
            tellAnew()
            answered(by: peer, &context)
            send(
                .update, title: "\(name): rollback denied by \(peer.name)",
                text: "\(said). A further breach is decided anew; "
                    + "`watchctl disarm \(name)` keeps watchd from acting.",
                reason: "denied", &context)
            return CommandReply(
                status: .done,
                message: "\(id): rollback denied; a further breach is decided anew, "
                    + "`watchctl disarm \(name)` forbids automatic action", incident: id)
        } catch {
            return refuse(error, "deny", by: peer, &context)
        }
    }

    // MARK: - Hold

    mutating func hold(
        _ duration: Duration, _ comment: String, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        do throws(CommandRefusal) {
            try checkHold(duration, by: peer, context)
            let id = state.incident?.record.id ?? ""
            let until = Moment(
                boot: context.now.boot + duration, wall: context.now.wall + duration)
            let said = Self.said("held for \(duration.text) by \(peer.onRecord)", comment)
            state.incident?.hold = Hold(until: until, by: peer.name, text: said)
            state.incident?.record.heldUntil = until.wall
            // The deadline begins anew when it is decided anew.
            state.incident?.approval?.deadline = nil
            state.incident?.record.offer?.until = nil
            state.incident?.record.offer?.onTimeout = nil
            answered(by: peer, &context)
            context.isDirty = true
            context.events.append(
                transition("incident.held", context, reason: Reason.held.code, text: said))
            if state.hasRollback {
                withdraw(Refusal(.held, "it is \(said), until \(until.wall.text)"), &context)
            } else {
                send(
                    .update, title: "\(name): held for \(duration.text) by \(peer.name)",
                    text: "\(said). It is decided anew at \(until.wall.text), if a breach is left.",
                    reason: Reason.held.code, &context)
            }
            return CommandReply(
                status: .done,
                message: "\(id) is held until \(until.wall.text); then it is decided anew",
                incident: id)
        } catch {
            return refuse(error, "hold", by: peer, &context)
        }
    }

    private func checkHold(
        _ duration: Duration, by peer: Peer, _ context: Context
    ) throws(CommandRefusal) {
        guard let incident = state.incident else {
            throw CommandRefusal("nothing-to-hold", "no incident is open")
        }
        try checkSay(peer, incident.approval?.methods ?? [], "hold", context)
        guard duration > .zero, duration <= Self.longestHold else {
            throw CommandRefusal(
                "bad-duration", "a hold lasts up to \(Self.longestHold.text), not \(duration.text)")
        }
        if let hold = incident.hold {
            throw CommandRefusal(
                Reason.held.code,
                "\(incident.record.id) was \(hold.text), until \(hold.until.wall.text); an action "
                    + "is delayed once only. To keep watchd from acting: `watchctl disarm \(name)`")
        }
        switch incident.record.state {
        case .open, .awaitingApproval:
            // It would be decided anew when the time is over, against what somebody has said.
            guard incident.approval == nil else { return }
            if !incident.waitsForBrake, !incident.waitsForVersion, let why = nothingToDo(context) {
                throw CommandRefusal(
                    "nothing-to-hold", "nothing is about to be done, because \(why.text)")
            }
            guard let answer = incident.record.answer, answer.kind == .denied else { return }
            throw CommandRefusal(
                "nothing-to-hold",
                "\(answer.by ?? "somebody") denied the rollback at \(answer.at.text), so nothing "
                    + "is about to be done. A further breach is decided anew; `watchctl disarm "
                    + "\(name)` keeps watchd from acting on one")
        case .rollingBack, .verifying:
            guard let rollback = state.rollback, rollback.asker.isAutomatic else {
                throw CommandRefusal(
                    "busy", "people asked for this rollback; `watchctl abort` stops it")
            }
            guard !rollback.hasRunStep(besides: []) else {
                throw CommandRefusal(
                    "busy",
                    "rollback \(rollback.id) has begun its steps; "
                        + "`watchctl abort \(rollback.id)` stops it")
            }
        case .recovered, .handedOver, .cleared, .superseded, .closed:
            throw CommandRefusal(
                "nothing-to-hold",
                "\(incident.record.id) is \(incident.record.state.rawValue): nothing is about to "
                    + "be done")
        }
    }

    /// Whatever is decided next, there is nothing to go back to, or no way.
    private func nothingToDo(_ context: Context) -> Refusal? {
        if plans(context).isEmpty {
            return Refusal(.noPlan, "no plan is configured for \(name)")
        }
        return state.book.lastKnownGood == nil ? noKnownGood : nil
    }

    func holdRefusal(_ context: Context) -> Refusal? {
        guard let hold = state.incident?.hold, !hold.isOver, hold.until.boot > context.now.boot
        else { return nil }
        return Refusal(.held, "it is \(hold.text), until \(hold.until.wall.text)")
    }

    /// The delay is over: what is left is decided anew.
    mutating func endHoldWhenDue(_ context: inout Context) -> Bool {
        guard let hold = state.peek(.breaches, { $0.hold }), !hold.isOver,
            hold.until.boot <= context.now.boot
        else { return false }
        state.incident?.hold?.isOver = true
        state.incident?.record.heldUntil = nil
        tellAnew()
        context.isDirty = true
        context.events.append(
            transition(
                "hold.ended", context, reason: Reason.held.code, text: "\(hold.text): it is over"))
        return true
    }

    private mutating func refuse(
        _ refusal: CommandRefusal, _ verb: String, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        context.events.append(
            event(
                "\(verb).refused", context, reason: refusal.code,
                text: "\(peer.onRecord): \(refusal.text)"))
        return CommandReply(
            status: .refused, reason: refusal.code, message: refusal.text,
            incident: state.incident?.record.id)
    }

    /// Whoever says what is to be done has answered the page.
    private mutating func answered(by peer: Peer, _ context: inout Context) {
        state.incident?.record.acknowledgedBy = peer.name
        state.incident?.escalateAt = nil
        context.isDirty = true
    }
}
