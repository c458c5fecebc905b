// A drill is the rollback of a service that is there to be rolled back: the same states, the same
// steps, the same crash safety. What differs is who hears of it (nobody is paged), what it counts
// for (no limit, no cooldown, no verdict on a release, no common cause), and that it never stands
// in the way of a real rollback: see docs/decisions/0039.

extension ServiceEngine {
    var isDrilling: Bool { state.$rollback.peek { $0.drills } ?? false }

    func isOfDrill(_ moment: Moment) -> Bool { state.drilled?.contains(moment) ?? false }

    mutating func drill(
        _ request: DrillRequest, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        let plan: Plan
        let target: Release
        switch permission(for: request, context) {
        case .failure(let refusal):
            return CommandReply(
                status: .refused, reason: refusal.reason.code, message: refusal.text)
        case .success(let found): (plan, target) = found
        }
        let running = state.book.running?.release
        let what =
            "drill plan \(plan.name) on \(name), \(running?.text ?? "") → \(target.identity.text)"
        if request.isDryRun {
            return dryRun(
                DryRun(
                    plan: plan, target: target, what: what, isDrill: true, method: request.method),
                &context)
        }
        openIncident(severity: .low, cause: "drill:\(peer.name)", &context)
        takeEvidence(&context)
        state.incident?.record.decided = context.now.wall
        state.incident?.record.decision = "drill"
        state.incident?.record.reason = "drill:\(peer.name)"
        state.drilled = DrillSpan(began: context.now)
        var start = RollbackStart(plan: plan, target: target, asker: .person(peer.name))
        start.approvedMethod = request.method
        start.isDrill = true
        markAsDrill(plan, target)
        context.events.append(
            event(
                "drill.began", context, reason: peer.name,
                text: Self.said("\(peer.onRecord) wants to \(what)", request.reason)))
        beginRollback(start, &context)
        let id = state.incident?.record.id
        return CommandReply(
            status: .done, message: "drill \(state.rollback?.id ?? id ?? "") has begun",
            incident: id, rollback: state.rollback?.id, plan: losses(plan, request.method))
    }

    /// Before the first message that the rollback would send.
    private mutating func markAsDrill(_ plan: Plan, _ target: Release) {
        guard let incident = state.incident?.record, let running = state.book.running?.release
        else { return }
        let rollback = RollbackRecord(
            id: "\(incident.id)-r1", plan: plan.name, from: running, to: target.identity,
            state: .gates, askedBy: incident.reason ?? "", began: incident.opened)
        let drill = DrillRecord(rollback, of: name, incident: incident.id)
        state.incident?.record.drill = drill
    }

    /// What a drill may lose is told before it does; nil: nothing.
    private func losses(_ plan: Plan, _ method: String?) -> [String]? {
        let losses = plan.methods.filter { method == nil || $0.name == method }
            .compactMap { method in
                method.loses.map { "method \(method.name) loses, of \(name): \($0)" }
            }
        return losses.isEmpty ? nil : losses
    }

    // MARK: - Whether it may begin

    private func permission(for request: DrillRequest, _ context: Context) -> Permission {
        guard let plan = context.configuration.plan(request.plan), let drill = plan.drill else {
            return .failure(Refusal(.noPlan, "plan \(request.plan) has no drill"))
        }
        // The configuration refuses it; a reload while a drill is asked for cannot get past here.
        guard configuration.plan == nil, drill.service == name else {
            return .failure(
                Refusal(.noPlan, "\(name) is rolled back for real, so nothing is drilled on it"))
        }
        if let real = context.neighbours.first(where: { $0.isRollingBack && $0.name != name }) {
            return .failure(
                Refusal(
                    .busy, "\(real.name) is being rolled back for real; drill when that has ended")
            )
        }
        if let incident = state.incident?.record, state.rollback == nil {
            return .failure(
                Refusal(
                    .busy,
                    "incident \(incident.id) of \(name) is open; what is drilled must be well: "
                        + "`watchctl resolve \(incident.id)`"))
        }
        if let method = request.method, !plan.methods.contains(where: { $0.name == method }) {
            let known = plan.methods.map(\.name).joined(separator: ", ")
            return .failure(
                Refusal(
                    .noPlan,
                    "plan \(plan.name) has no method '\(printable(method))'; it has \(known)"))
        }
        let wanted = RollbackRequest(
            to: request.to ?? drill.to ?? versionToGoBackTo, reason: request.reason,
            isDryRun: request.isDryRun, isForced: false)
        switch personalRollback(wanted, plan.rehearsed(with: drill), context) {
        case .success(let found): return .success(found)
        case .failure(let refusal) where refusal.reason == .sameRelease:
            return .failure(
                Refusal(
                    .sameRelease,
                    "\(refusal.text) on \(name): deploy there what is to be rolled back, or name "
                        + "another release with --to VERSION"))
        case .failure(let refusal): return .failure(refusal)
        }
    }

    /// The last known good one, else the one that ran before: what only drills run on seldom gets
    /// the evidence that makes a release good. What a drill has put there is gone back from
    /// nowhere: the next one would roll forward.
    private var versionToGoBackTo: String? {
        guard let running = state.book.running else { return nil }
        if case .rollback = running.origin { return running.release.version }
        if let known = state.book.lastKnownGood { return known.identity.version }
        return state.book.deployments.last { !$0.release.matches(running.release) }
            .map(\.release.version)
    }

    // MARK: - How it ends

    /// The target runs and all is clear: passed, unless something of `after` failed, which at night
    /// would have been left to whoever sleeps.
    mutating func endDrill(
        _ rollback: Rollback, _ text: String, _ context: inout Context
    ) {
        let text = text + (rollback.undoneInWords.map { "; \($0)" } ?? "")
        let isWhole = rollback.failedAfter == nil
        end(isWhole ? .recovered : .failed, note: text, counts: false, &context)
        state.incident?.record.cured = context.now.wall
        drillEnded(
            rollback, isWhole ? .passed : .failed, isWhole ? nil : "after-failed", text, &context)
    }

    /// After its rollback has ended, however that was.
    mutating func drillEnded(
        _ rollback: Rollback, _ outcome: DrillRecord.Outcome, _ reason: String?, _ text: String,
        _ context: inout Context
    ) {
        guard let incident = state.incident?.record, var record = incident.drill,
            let ended = incident.rollbacks.last
        else { return }
        record.id = ended.id
        record.askedBy = rollback.asker.name
        record.end(ended, outcome, reason: reason, text: text)
        state.incident?.record.drill = record
        state.incident?.record.reason = reason ?? outcome.rawValue
        state.drilled?.ended = context.now
        context.host.updateDrills(of: record.plan) { $0.note(record) }
        context.events.append(
            event(
                "drill.\(outcome.rawValue)", context, reason: reason ?? outcome.rawValue,
                text: "drill of plan \(record.plan) on \(name): \(record.summary)"))
        let open = incident.breaches.filter { $0.cleared == nil }
        closeIncident("the drill has ended: \(outcome.rawValue)", &context)
        judgeAfterDrill(open, &context)
    }

    /// What broke in the drill and still is broken is an incident like any other.
    private mutating func judgeAfterDrill(
        _ open: [IncidentRecord.Breach], _ context: inout Context
    ) {
        for breach in open {
            if let operation = OperationBreach(name: breach.trigger) {
                operationBreached(operation, breach.why?.first ?? breach.trigger, &context)
            } else if let trigger = trigger(breach.trigger), let state = triggers[breach.trigger],
                state.isBreached
            {
                breachBegan(trigger, state, &context)
            }
        }
    }

    /// What people would have been told.
    mutating func noteUntold(
        _ title: String, _ text: String, _ reason: String, slot: IncidentSlot,
        _ context: inout Context
    ) {
        context.isDirty = true
        context.events.append(
            event(
                "drill.told-nobody", context, reason: reason, slot: slot,
                text: "\(title). \(text)"))
    }
}

/// What a person wants rehearsed.
public struct DrillRequest: Hashable, Sendable {
    public var plan: String
    /// nil: as the plan says, else the last known good release of the drill's service.
    public var to: String?
    /// nil: all methods, in order.
    public var method: String?
    public var reason: String
    public var isDryRun: Bool

    public init(
        plan: String, to: String? = nil, method: String? = nil, reason: String = "",
        isDryRun: Bool = false
    ) {
        self.plan = plan
        self.to = to
        self.method = method
        self.reason = reason
        self.isDryRun = isDryRun
    }
}
