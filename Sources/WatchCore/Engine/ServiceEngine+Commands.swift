// A service's part of what people ask for.

extension ServiceEngine {
    mutating func declare(
        _ severity: Severity, _ reason: String, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        if isDrilling, let drill = state.rollback {
            return CommandReply(
                status: .refused, reason: Reason.busy.code,
                message: "\(name) is being drilled, which nobody is paged for; `watchctl abort "
                    + "\(drill.id)` ends that")
        }
        openIncident(severity: severity, cause: "declared:\(peer.name)", &context)
        leaveEndToPeople()
        guard let id = state.incident?.record.id else {
            return CommandReply(status: .refused, reason: "busy", message: "no incident opened")
        }
        if state.incident?.record.reason == nil {
            state.incident?.record.reason = "declared:\(peer.name)"
        }
        context.events.append(
            event(
                "incident.declared", context, reason: peer.name,
                text: "\(peer.onRecord) declared it: \(printable(reason))"))
        // No rule offers anything here: whoever looks after it learns what can be done.
        let advice = rollbackAdvice(context)
        send(
            .page, about: .person,
            title: "\(name): declared by \(peer.name), \(printable(reason, limit: 80))",
            text: "\(peer.name) declared an incident: \(printable(reason))."
                + (advice.map { " To roll back: \($0)." } ?? ""),
            reason: "declared:\(peer.name)", &context)
        return CommandReply(
            status: .done,
            message: "incident \(id) is open" + (advice.map { "; to roll back: \($0)" } ?? ""),
            incident: id)
    }

    /// How a grave incident of which nothing is offered can be rolled back by hand, and whether
    /// that would work now; nil: nobody wants to know.
    func rollbackAdvice(_ context: Context) -> String? {
        guard let incident = state.incident?.record, incident.state == .open,
            incident.offer == nil, incident.severity >= .high, !context.isRetired(name)
        else { return nil }
        guard let plan = ownPlan(context) else {
            return "watchd cannot, because \(name) has no rollback plan (`rollback: { plan: … }`)"
        }
        let readiness = readiness(of: plan, context)
        guard readiness.works else {
            let code = readiness.reason.map { " (\($0))" } ?? ""
            return "`watchctl rollback \(name)`, which would not work now\(code): "
                + readiness.text
        }
        let waits =
            plan.methods.contains(where: \.isUnattended)
            ? "" : "; each method waits for an approval (\(approvers(of: plan, context)))"
        return "`watchctl rollback \(name)`, which \(readiness.text)\(waits)"
    }

    mutating func acknowledge(
        _ comment: String, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        let id = state.incident?.record.id
        state.incident?.record.acknowledgedBy = peer.name
        state.incident?.acknowledgedUntil = nil
        state.incident?.brokeAgainUntil = nil
        state.incident?.escalateAt = nil
        context.isDirty = true
        context.events.append(
            event(
                "incident.acknowledged", context, reason: peer.name,
                text: Self.said("\(peer.onRecord) answered", comment)))
        return CommandReply(
            status: .done, message: "\(id ?? "") acknowledged by \(peer.name)", incident: id)
    }

    mutating func resolve(
        _ comment: String, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        let id = state.incident?.record.id
        if let rollback = state.rollback {
            return CommandReply(
                status: .refused, reason: "busy",
                message: "rollback \(rollback.id) runs; wait for it, or `watchctl abort "
                    + "\(rollback.id)` first", incident: id)
        }
        keepOngoing()
        closeIncident(Self.said("\(Self.resolvedBy) \(peer.onRecord)", comment), &context)
        let warning = ongoingText.map { "; \($0)" } ?? ""
        return CommandReply(
            status: .done, message: "\(id ?? "") resolved\(warning)", incident: id)
    }

    /// A mark, not a state: it lifts the verdict on the release, too.
    mutating func falseAlarm(
        _ comment: String, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        let id = state.incident?.record.id
        state.incident?.record.isFalseAlarm = true
        context.isDirty = true
        if let record = state.incident?.record { liftVerdict(of: record, by: peer, &context) }
        context.events.append(
            event(
                "incident.false-alarm", context, reason: peer.name,
                text: Self.said("marked as a false alarm by \(peer.onRecord)", comment)))
        return CommandReply(
            status: .done, message: "\(id ?? "") is marked as a false alarm", incident: id)
    }

    mutating func mark(
        _ version: String, _ standing: Standing, _ reason: String, by peer: Peer,
        _ context: inout Context
    ) -> CommandReply {
        guard let release = state.book.release(version: version) else {
            let known = state.book.releases.map(\.identity.text).joined(separator: ", ")
            return CommandReply(
                status: .notFound,
                message: "no release '\(printable(version))' of \(name) was ever seen; "
                    + "known: \(known.isEmpty ? "none" : known)")
        }
        let why = Self.said("marked by \(peer.onRecord)", reason)
        state.book.mark(release.identity, standing, reason: why)
        context.isDirty = true
        context.events.append(
            event(
                "release.\(standing.rawValue)", context, release: release.identity,
                reason: peer.name, text: "\(release.identity.text): \(why)"))
        return CommandReply(
            status: .done, message: "\(release.identity.text) is \(standing.rawValue)")
    }

    mutating func abort(
        _ reason: String, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        let id = state.rollback?.id
        let stop = Rollback.Stop(
            reason: "aborted", text: Self.said("aborted by \(peer.onRecord)", reason),
            isAbort: true)
        stopRollback(stop, &context)
        return CommandReply(
            status: .done, message: "\(id ?? "") is being stopped; 'after' steps still run",
            incident: state.incident?.record.id, rollback: id)
    }

    // MARK: - Rollback by a person

    mutating func rollback(
        _ request: RollbackRequest, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        let plan: Plan
        let target: Release
        switch personalRollback(request, ownPlan(context), context) {
        case .failure(let refusal):
            return CommandReply(
                status: .refused, reason: refusal.reason.code, message: refusal.text)
        case .success(let found): (plan, target) = found
        }
        if request.isDryRun {
            let what =
                "roll \(name) back to \(target.identity.text) with plan \(plan.name)"
                + strangeness(of: target)
            var dry = DryRun(plan: plan, target: target, what: what, isForced: request.isForced)
            if !plan.methods.contains(where: \.isUnattended) {
                dry.approvers = approvers(of: plan, context)
            }
            return dryRun(dry, &context)
        }
        openIncident(severity: .high, cause: "person:\(peer.name)", &context)
        guard plan.methods.contains(where: \.isUnattended) else {
            // It is void when somebody says so, not because no breach stands.
            leaveEndToPeople()
            return offerToPerson(plan, target, request, by: peer, &context)
        }
        endOffer(.void, by: peer.name, "\(peer.name) rolls back by hand", &context)
        takeEvidence(&context)
        state.incident?.record.decided = context.now.wall
        state.incident?.record.decision = "rollback"
        state.incident?.record.reason = "person:\(peer.name)"
        // Whoever rolls back has answered.
        state.incident?.record.acknowledgedBy = peer.name
        state.incident?.escalateAt = nil
        context.events.append(
            event(
                "decision", context, decision: "rollback", reason: "person:\(peer.name)",
                text: Self.said("\(peer.onRecord) asked for it", request.reason),
                readings: incidentReadings))
        beginRollback(
            RollbackStart(
                plan: plan, target: target, asker: .person(peer.name),
                isForced: request.isForced), &context)
        return CommandReply(
            status: .done, message: begun(plan) + strangeness(of: target),
            incident: state.incident?.record.id, rollback: state.rollback?.id)
    }

    /// Of the rollback that was just asked for.
    func begun(_ plan: Plan) -> String {
        let id = state.rollback?.id ?? ""
        return plan.gates.isEmpty
            ? "rollback \(id) has begun" : "rollback \(id) is accepted; its gates are asked first"
    }

    /// Each method needs somebody's word, by its name: asking for the rollback is not saying it.
    private mutating func offerToPerson(
        _ plan: Plan, _ target: Release, _ request: RollbackRequest, by peer: Peer,
        _ context: inout Context
    ) -> CommandReply {
        guard let running = state.book.running?.release else {
            return CommandReply(status: .refused, reason: "busy", message: "nothing runs")
        }
        offer(
            Proposal(
                plan: plan, to: target.identity, blamed: running, trigger: nil, isPerMethod: true,
                forcedBy: request.isForced ? peer.name : nil), &context)
        let text = offerText(context)
        send(
            .page, title: "\(name): \(peer.name) asks for a rollback that needs an approval",
            text: Self.said("\(peer.name) asked for it", request.reason) + ". \(text)",
            reason: Reason.awaitingApproval.code, &context)
        return CommandReply(
            status: .refused, reason: Reason.awaitingApproval.code, message: text,
            incident: state.incident?.record.id)
    }

    /// The plan for a person who asks for a rollback.
    func ownPlan(_ context: Context) -> Plan? {
        configuration.plan.flatMap { context.configuration.plan($0) }
    }

    func personalRollback(
        _ request: RollbackRequest, _ plan: Plan?, _ context: Context
    ) -> Permission {
        if let rollback = state.rollback {
            return .failure(
                Refusal(
                    .busy,
                    "rollback \(rollback.id) of \(name) runs already; "
                        + "`watchctl abort \(rollback.id)` stops it"))
        }
        guard let plan else {
            return .failure(Refusal(.noPlan, "\(name) has no rollback plan in the configuration"))
        }
        if let refusal = spanRefusal(plan, context) { return .failure(refusal) }
        guard let running = state.book.running else {
            return .failure(
                Refusal(
                    .releaseUnknown,
                    "which release of \(name) runs is not known, so nothing can "
                        + "be rolled back from it; announce it with `watchctl deploy`"))
        }
        if let problem = context.storeProblem {
            return .failure(
                Refusal(.storeUnavailable, "what is done cannot be recorded: \(problem)"))
        }
        switch target(request, context) {
        case .failure(let refusal): return .failure(refusal)
        case .success(let target):
            if target.identity.matches(running.release) {
                return .failure(
                    Refusal(.sameRelease, "\(target.identity.text) runs already"))
            }
            if target.standing == .bad, !request.isForced {
                return .failure(
                    Refusal(
                        .targetQuarantined,
                        "\(target.identity.text) is bad "
                            + "(\(target.standingReason)); --force goes there all the same"))
            }
            return .success((plan, target))
        }
    }

    /// A name that is mistyped looks like this.
    private func strangeness(of target: Release) -> String {
        state.book.release(target.identity) == nil
            ? " (as far as is known here, \(target.identity.text) never ran)" : ""
    }

    private enum Target {
        case success(Release)
        case failure(Refusal)
    }

    private func target(_ request: RollbackRequest, _ context: Context) -> Target {
        guard let version = request.to else {
            guard let known = state.book.lastKnownGood else {
                return .failure(
                    Refusal(
                        .noKnownGood,
                        "no earlier release of \(name) is known to be good; "
                            + "name one with --to VERSION"))
            }
            return .success(known)
        }
        guard Identifier.isValid(version) else {
            return .failure(
                Refusal(.noKnownGood, "that is no version: \(Identifier.refusal(version))"))
        }
        return .success(
            state.book.release(version: version)
                ?? known(ReleaseIdentity(version: version), context))
    }

    /// What is known of a release. A person may have named one that was never seen: of that one it
    /// is the name alone.
    func known(_ identity: ReleaseIdentity, _ context: Context) -> Release {
        state.book.release(identity) ?? Release(identity: identity, lastRan: context.now)
    }

    /// How the reason begins for which a person closed an incident.
    static var resolvedBy: String { "resolved by" }

    static func said(_ what: String, _ comment: String) -> String {
        comment.isEmpty ? what : "\(what): \(printable(comment))"
    }
}
