// Breaches open, join and end the one incident of a service.

extension ServiceEngine {
    /// So long at most a decision waits for the version to be clear.
    static let versionSettles = Duration.seconds(30)

    var triggerOrder: [String] { configuration.triggers.map(\.name) }

    mutating func breachBegan(
        _ trigger: TriggerConfiguration, _ breach: TriggerState, _ context: inout Context
    ) {
        if trigger.mode == .shadow {
            recordShadow(trigger, readings: breach.readings, &context)
            return
        }
        forgetOngoing(trigger.name, &context)
        // However short it is, and whatever crashes before the next second.
        if spanningRollback(context) == nil {
            if trigger.severity >= .high { state.book.beginBakeAgain() }
            rememberGraveBreach(trigger, at: context.now)
        }
        let isNew = !state.hasIncident
        openIncident(
            severity: trigger.severity, cause: Reason.trigger(trigger.name).code, by: trigger,
            &context)
        var record = IncidentRecord.Breach(
            trigger: trigger.name, severity: trigger.severity, began: context.now.wall,
            readings: breach.readings)
        record.when = trigger.when.source
        record.why = breach.reasons.map {
            Array($0.prefix(IncidentRecord.Breach.whyLimit))
        }
        state.incident?.record.append(record)
        state.incident?.allClearSince = nil
        if !isNew {
            context.events.append(
                event(
                    "incident.joined", context, trigger: trigger,
                    text: "'\(trigger.name)' joined the incident"))
        }
        decideAnew(joining: trigger, &context)
    }

    private func shadowDecision(_ trigger: TriggerConfiguration, _ context: Context) -> String {
        var live = trigger
        live.mode = .auto
        return decide(live, context).name
    }

    func recordShadow(
        _ trigger: TriggerConfiguration, readings: [String: Reading], _ context: inout Context
    ) {
        let would = shadowDecision(trigger, context)
        context.events.append(
            event(
                "would-have-acted", context, trigger: trigger, decision: "record",
                reason: "shadow:\(would)",
                text: "'\(trigger.name)' is in shadow mode; as auto it would decide: \(would)",
                readings: readings))
    }

    /// Opens the incident, or makes the open one at least so severe; a cleared or superseded one
    /// opens again.
    mutating func openIncident(
        severity: Severity, cause: String, by trigger: TriggerConfiguration? = nil,
        _ context: inout Context
    ) {
        context.isDirty = true
        if var incident = state.incident {
            incident.record.severity = Swift.max(incident.record.severity, severity)
            state.incident = incident
            let isReopened = reopenIncident(cause, by: trigger, &context)
            let isAsked = incident.record.assessments != nil
            if severity >= .high, isReopened || !isAsked { beginAssess(.opened, &context) }
            return
        }
        let id = "\(name)-\(context.nextNumber())"
        var record = IncidentRecord(
            id: id, service: name, state: .open, severity: severity, opened: context.now.wall,
            release: state.book.running?.release)
        record.firstBad = firstBad.map { context.now.wall(at: $0) } ?? context.now.wall
        state.incident = Incident(record: record, opened: context.now)
        context.events.append(
            event(
                "incident.opened", context, reason: cause, text: "incident \(id) opened",
                readings: breachedReadings))
        if severity >= .high { beginAssess(.opened, &context) }
    }

    /// A new breach in a cleared or superseded incident: somebody must answer it anew, unless it
    /// is the one that was answered.
    /// - Returns: whether it was closed so far that it opened again.
    private mutating func reopenIncident(
        _ cause: String, by trigger: TriggerConfiguration?, _ context: inout Context
    ) -> Bool {
        guard
            state.incident?.record.state == .cleared || state.incident?.record.state == .superseded
        else { return false }
        let isAnswered = trigger.map { keepAnswer($0, context) } ?? false
        guard var incident = state.incident else { return false }
        let ending = incident.record.state.rawValue
        incident.record.state = .open
        incident.closesAt = nil
        incident.record.release = state.book.running?.release
        incident.record.decided = nil
        incident.record.firstDecided = nil
        if !isAnswered { incident.record.acknowledgedBy = nil }
        incident.record.firstBad = firstBad.map { context.now.wall(at: $0) } ?? context.now.wall
        state.incident = incident
        context.events.append(
            event(
                "incident.reopened", context, reason: cause,
                text: "incident \(incident.record.id) was \(ending) and opens again",
                readings: breachedReadings))
        return true
    }

    /// Decides about the most severe breach that stands. Nothing is decided while a rollback runs.
    /// - Parameter isLookingAgain: a replay has seen all of this second.
    mutating func decideAnew(
        joining trigger: TriggerConfiguration?, isLookingAgain: Bool = false,
        _ context: inout Context
    ) {
        guard let incident = state.incident, !state.hasRollback else { return }
        let joining = trigger
        switch incident.record.state {
        case .recovered:
            guard isAfterRecovery(incident) else {
                pageInProbation(trigger, incident, &context)
                return
            }
            reopenAfterRecovery(&context)
        case .handedOver:
            guard isOfLaterRelease(incident) else {
                pageAgain(
                    trigger, reason: incident.record.reason ?? Reason.notTheRelease.code,
                    "the incident was handed over to people", &context)
                return
            }
            takeUpLaterRelease(&context)
        case .rollingBack, .verifying, .closed: return
        case .open, .awaitingApproval, .cleared, .superseded: break
        }
        guard incident.hasOpenBreach else { return }
        // A release that is just being deployed is judged as itself, not as its predecessor.
        let isChanging =
            tracker.changeBegan.map {
                context.now.boot - Swift.max($0, incident.opened.boot) < Self.versionSettles
            } ?? false
        state.incident?.waitsForVersion = isChanging
        guard !isChanging, let (trigger, decision) = decideWorst(incident, context) else { return }
        if case .rollback = decision, context.mode.assumesRollbacks, !isLookingAgain,
            context.neighbours.count > 1
        {
            looksAgain = true
            return
        }
        carryOut(decision, for: trigger, joining: joining, &context)
    }

    /// The most severe breach that stands, and what it asks for. A rule that only pages stands in
    /// the way of none that acts: where one of those acts, or would with somebody's word, or is as
    /// severe, it is decided about.
    private func decideWorst(
        _ incident: Incident, _ context: Context
    ) -> (TriggerConfiguration, Decision)? {
        func worst(besides names: [TriggerConfiguration]) -> TriggerConfiguration? {
            incident.worstOpenBreach(order: triggerOrder, besides: Set(names.map(\.name)))
                .flatMap { trigger($0.trigger) }
        }
        // A veto only forbids; what it forbids is the question.
        guard
            let trigger = worst(besides: configuration.triggers.filter { $0.mode == .veto })
                ?? worst(besides: [])
        else { return nil }
        let decision = decide(trigger, context)
        guard !mayAct(trigger, context),
            let other = worst(besides: configuration.triggers.filter { !mayAct($0, context) })
        else { return (trigger, decision) }
        let answer = decide(other, context)
        switch answer {
        case .rollback, .hold: return (other, answer)
        case .page, .record:
            return other.severity == trigger.severity ? (other, answer) : (trigger, decision)
        }
    }

    private func mayAct(_ trigger: TriggerConfiguration, _ context: Context) -> Bool {
        trigger.mode == .auto && context.configuration.policy(trigger.severity).action == .rollback
    }

    mutating func carryOut(
        _ decision: Decision, for trigger: TriggerConfiguration,
        joining: TriggerConfiguration? = nil, _ context: inout Context
    ) {
        let refusal = decision.refusal
        let reason = refusal?.reason ?? .trigger(trigger.name)
        if state.incident?.record.decided == nil || decision.name == "rollback" {
            state.incident?.record.decided = context.now.wall
        }
        if state.incident?.record.firstDecided == nil {
            state.incident?.record.firstDecided = context.now.wall
        }
        state.incident?.record.decision = decision.name
        state.incident?.record.reason = reason.code
        state.incident?.waitsForBrake = reason == .busy
        takeEvidence(&context)
        context.isDirty = true
        context.events.append(
            event(
                "decision", context, trigger: trigger, decision: decision.name,
                reason: reason.code,
                text: (refusal?.text ?? "\(decision.name) because '\(trigger.name)' is breached")
                    + " (\(row(of: trigger, context)))",
                readings: triggers[trigger.name]?.readings ?? [:]))
        switch decision {
        case .rollback(let plan, let target):
            endOffer(.void, by: nil, "watchd acts by itself", &context)
            beginRollback(
                RollbackStart(plan: plan, target: target, asker: .watchd(trigger: trigger.name)),
                &context)
        case .page, .hold:
            offerRollback(for: trigger, &context)
            page(for: trigger, joining: joining, refusal, &context)
        case .record:
            endOffer(.void, by: nil, "it is only recorded now", &context)
            holdBackRecord(refusal, for: trigger, &context)
        }
    }

    mutating func breachCleared(_ trigger: TriggerConfiguration, _ context: inout Context) {
        forgetOngoing(trigger.name, &context)
        guard trigger.mode != .shadow, state.hasIncident else { return }
        state.incident?.markCleared(trigger.name, at: context.now.wall)
        context.isDirty = true
    }

    /// What time brings: clearing, closing, the next step of a route, the end of `busy`.
    mutating func advanceIncident(_ context: inout Context) {
        guard let current = state.peek(.breaches, { $0.record.state }), !state.hasRollback else {
            return
        }
        switch current {
        case .open, .awaitingApproval:
            if isEveryBreachCleared() {
                let why = "all breaches have cleared"
                guard isForPeople else {
                    settleIncident(.cleared, why, &context)
                    return
                }
                // Whoever asked for it has seen more than triggers do.
                if state.incident?.approval?.trigger != nil {
                    endOffer(.void, by: nil, why, &context)
                }
            }
            if state.peek(.breaches, { $0.waitsForVersion }) ?? false {
                decideAnew(joining: nil, &context)
                return
            }
            if endHoldWhenDue(&context)
                || (state.peek(.breaches, { $0.waitsForBrake }) ?? false && isBrakeOff(context))
            {
                decideAnew(joining: nil, &context)
                return
            }
            advanceApproval(&context)
            escalateWhenDue(&context)
        case .handedOver:
            advanceLaterRelease(&context)
            advanceApproval(&context)
            escalateWhenDue(&context)
            watchHandedOver(&context)
        case .recovered, .cleared, .superseded:
            // A breach in probation was paged; somebody must answer it, too. What has cleared needs
            // no answer, but its deadline stands should it break again.
            if current == .recovered { escalateWhenDue(&context) }
            if let closes = state.peek(.breaches, { $0.closesAt }), closes.boot <= context.now.boot,
                !(state.incident?.hasOpenBreach ?? false), !isForPeople
            {
                closeIncident("the time of probation is over", &context)
            }
        case .rollingBack, .verifying, .closed: break
        }
    }

    /// Rare, and apart from the rest, for which the compiler makes a copy of the service.
    @inline(never)
    private mutating func isBrakeOff(_ context: Context) -> Bool {
        neighbourRefusal(context)?.reason != .busy
    }

    private var isForPeople: Bool { state.peek(.breaches, { $0.isForPeople }) ?? false }

    /// Whatever is said now is not about a breach, and does not end with one.
    mutating func leaveEndToPeople() {
        if !(state.incident?.hasOpenBreach ?? true) { state.incident?.isForPeople = true }
    }

    /// There were some, and none stands.
    /// Mutating, though nothing changes: asked at every second, and looked at in place.
    private mutating func isEveryBreachCleared() -> Bool {
        guard let breaches = state.peek(.breaches, { $0.record.breaches }) else { return false }
        return !breaches.isEmpty && breaches.allSatisfy { $0.cleared != nil }
    }

    private mutating func watchHandedOver(_ context: inout Context) {
        guard let incident = state.incident else { return }
        let isClear = !incident.hasOpenBreach && isAllSeenClear(incident)
        let since = isClear ? incident.allClearSince ?? context.now : nil
        if since != incident.allClearSince {
            state.incident?.allClearSince = since
            context.isDirty = true
        }
        guard let since, incident.record.acknowledgedBy != nil,
            context.now.boot - since.boot >= Incident.handedOverClears
        else { return }
        closeIncident("acknowledged, and all clear for \(Incident.handedOverClears.text)", &context)
    }

    /// Every trigger of the incident was seen false: unknown is not clear.
    func isAllSeenClear(_ incident: Incident) -> Bool {
        configuration.triggers.indices.allSatisfy { place in
            triggers.values[place].isHealthy && !(triggers.values[place].isHeldBack ?? false)
                || !incident.record.breaches.contains {
                    $0.trigger == configuration.triggers[place].name
                }
        }
    }

    /// `cleared` and `superseded`: it closes by itself after the probation.
    mutating func settleIncident(
        _ ending: IncidentState, _ why: String, _ context: inout Context
    ) {
        let probation =
            configuration.plan.flatMap { context.configuration.plan($0)?.probation } ?? .minutes(15)
        endOffer(.void, by: nil, why, &context)
        state.incident?.record.state = ending
        if ending != .cleared { state.incident?.escalateAt = nil }
        state.incident?.brokeAgainUntil = nil
        state.incident?.waitsForBrake = false
        state.incident?.waitsForVersion = false
        state.incident?.isForPeople = nil
        state.incident?.closesAt = Moment(
            boot: context.now.boot + probation, wall: context.now.wall + probation)
        context.isDirty = true
        context.events.append(
            transition(
                "incident.\(ending.rawValue)", context, reason: ending.rawValue, text: why))
    }

    mutating func closeIncident(_ why: String, _ context: inout Context) {
        guard state.hasIncident else { return }
        context.isDirty = true
        endOffer(.void, by: nil, why, &context)
        context.events.append(
            transition(
                "incident.closed", context,
                reason: state.incident?.record.state.rawValue ?? "closed", text: why))
        sendResolve(why, &context)
        state.incident?.record.state = .closed
        state.incident?.record.closed = context.now.wall
        if let record = state.incident?.record { context.incidents.append(record) }
        state.incident = nil
        firstBad = nil
    }

    /// Another release runs: an incident that waits is about a release that is gone.
    mutating func releaseChanged(
        to release: ReleaseIdentity, isOurs: Bool, _ context: inout Context
    ) {
        guard let incident = state.incident, state.rollback == nil, !isOurs else { return }
        endOffer(.void, by: nil, "\(release.text) was deployed", &context)
        clearEndedOperationBreaches("\(release.text) was deployed", &context)
        switch incident.record.state {
        // A person said that something is wrong, and says when it is not.
        case .open where incident.isDeclaredAlone: break
        case .open, .awaitingApproval:
            settleIncident(.superseded, "\(release.text) was deployed", &context)
        case .rollingBack, .verifying, .recovered, .handedOver, .cleared, .superseded, .closed:
            break
        }
    }

    mutating func badReleaseRedeployed(_ release: ReleaseIdentity, _ context: inout Context) {
        context.events.append(
            event(
                "release.bad-redeployed", context, release: release,
                reason: "bad-release-redeployed",
                text: "\(release.text) is known to be bad and was deployed again"))
        openIncident(severity: .high, cause: "bad-release-redeployed", &context)
        if state.incident?.record.state == .open { leaveEndToPeople() }
        send(
            .page, title: "\(name): bad release \(release.text) was deployed again",
            text: state.book.release(release)?.standingReason
                ?? "It was found to be bad before.",
            reason: "bad-release-redeployed", &context)
    }
}
