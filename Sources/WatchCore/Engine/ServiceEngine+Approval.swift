// A rollback that watchd may not do by itself is offered to people: what would run, what it loses,
// what speaks against it, who may say yes and until when. The offer is stored with its plan, so
// that what was shown is what runs.

extension ServiceEngine {
    /// What is to be offered.
    struct Proposal {
        var plan: Plan
        var to: ReleaseIdentity
        /// What it goes back from; after a rollback that landed in vain not what runs.
        var blamed: ReleaseIdentity
        var trigger: TriggerConfiguration?
        /// Methods that need an approval each, instead of those that run unattended.
        var isPerMethod: Bool
        /// Who asked for it in spite of gates.
        var forcedBy: String?
    }

    /// Offers the rollback that `trigger` asks for, or takes back what was offered before: there
    /// must be a last known good release to go back to.
    mutating func offerRollback(
        for trigger: TriggerConfiguration, _ context: inout Context
    ) {
        // What a person asked for stands until a person ends it: it may go where watchd would not.
        if let approval = state.incident?.approval, approval.trigger == nil { return }
        guard trigger.mode != .veto, !state.hasRollback,
            let plan = plan(of: trigger, context), let target = state.book.lastKnownGood,
            let running = state.book.running?.release
        else {
            endOffer(.void, by: nil, "it no longer is what is asked for", &context)
            return
        }
        offer(
            Proposal(
                plan: plan, to: target.identity, blamed: running, trigger: trigger,
                isPerMethod: !plan.methods.contains(where: \.isUnattended)), &context)
    }

    mutating func offer(_ proposal: Proposal, _ context: inout Context) {
        guard var incident = state.incident, let running = state.book.running?.release else {
            return
        }
        let policy = context.configuration.policy(incident.record.severity)
        let within = proposal.trigger?.approveWithin ?? policy.approveWithin
        var onTimeout = proposal.trigger?.onTimeout ?? policy.onTimeout
        // What needs somebody's word never runs without it, and nothing is tried twice.
        if onTimeout == .rollback, proposal.isPerMethod || incident.hasTimedOut ?? false {
            onTimeout = .escalate
        }
        var approval = PendingApproval(
            plan: proposal.plan, to: proposal.to, running: running, blamed: proposal.blamed,
            trigger: proposal.trigger?.name,
            deadline: within.map {
                Moment(boot: context.now.boot + $0, wall: context.now.wall + $0)
            },
            within: within, onTimeout: onTimeout, isPerMethod: proposal.isPerMethod,
            tried: proposal.isPerMethod ? incident.triedMethods ?? [] : [])
        approval.forcedBy = proposal.forcedBy
        if proposal.forcedBy != nil, state.book.standing(of: proposal.to) == .bad {
            approval.isTargetBad = true
        }
        let before = incident.approval
        let isNew = before.map { !$0.isSame(as: approval) } ?? true
        if !isNew { approval.given = before?.given }
        // A further breach does not put off what is due, and watchd acts for it at its own time.
        if !isNew, let before, let due = before.deadline,
            due.boot < (approval.deadline ?? due).boot,
            approval.onTimeout != .rollback || before.onTimeout == .rollback
        {
            approval.deadline = due
        }
        guard !approval.methods.isEmpty else {
            endOffer(.void, by: nil, "the plan has no method for it", &context)
            return
        }
        incident.approval = approval
        incident.record.offer = shown(approval, incident.record, proposal.trigger, context)
        if incident.record.state == .open { incident.record.state = .awaitingApproval }
        state.incident = incident
        context.isDirty = true
        guard isNew else { return }
        context.events.append(
            transition(
                "approval.offered", context, reason: Reason.awaitingApproval.code,
                text: "rollback \(approval.blamed.text) → \(approval.to.text) with plan "
                    + "\(approval.plan.name) is offered"))
    }

    private func shown(
        _ approval: PendingApproval, _ record: IncidentRecord, _ trigger: TriggerConfiguration?,
        _ context: Context
    ) -> ApprovalOffer {
        let general = "watchctl approve \(record.id)"
        let policy = context.configuration.policy(record.severity)
        let target = known(approval.to, context)
        let values = knownBefore(target, from: approval.blamed)
        let ways = approval.methods.map { method in
            let needed = roles(of: method, record.severity, context)
            var way = ApprovalOffer.Way(
                method: method.name, loses: method.loses, role: needed[0].name,
                groups: needed[0].groups,
                steps: steps(of: method).map {
                    "\($0.name): \($0.action.summary(values))"
                },
                command: approval.isPerMethod
                    ? "\(general) --method \(Self.argument(method.name))" : general)
            way.second = needed.dropFirst().first.map {
                ApprovalOffer.Approver(role: $0.name, groups: $0.groups)
            }
            way.needsComment =
                policy.needsComment || method.needsComment ?? false ? true : nil
            return way
        }
        var against = trigger.map { refusals($0, context) } ?? []
        if approval.isTargetBad ?? false {
            against.append(
                Refusal(
                    .targetQuarantined,
                    "\(target.identity.text) is bad (\(target.standingReason))"))
        }
        var offer = ApprovalOffer(
            plan: approval.plan.name, from: approval.blamed, to: approval.to, ways: ways,
            isPerMethod: approval.isPerMethod,
            conditions: against.filter { $0.reason != .awaitingApproval }.map {
                "\($0.reason.code): \($0.text)"
            },
            offered: context.now.wall, until: approval.deadline?.wall,
            onTimeout: approval.deadline == nil ? nil : approval.onTimeout)
        offer.forcedBy = approval.forcedBy
        offer.given = approval.given?.map(\.name)
        return offer
    }

    /// As a shell takes it for one word.
    static func argument(_ name: String) -> String {
        let plain = name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || [45, 46, 95].contains(byte)
        }
        if plain, !name.hasPrefix("-") { return name }
        return "'"
            + name.split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "'\\''") + "'"
    }

    /// The offer ends, in one of four ways; nothing when there is none.
    mutating func endOffer(
        _ kind: ApprovalAnswer.Kind, by: String?, _ text: String, _ context: inout Context
    ) {
        guard state.incident?.approval != nil else { return }
        state.incident?.approval = nil
        state.incident?.record.offer = nil
        state.incident?.record.answer = ApprovalAnswer(
            kind: kind, by: by, at: context.now.wall, text: text)
        if state.incident?.record.state == .awaitingApproval {
            state.incident?.record.state = .open
        }
        context.isDirty = true
        context.events.append(
            transition(
                "approval.\(kind.rawValue)", context, reason: by ?? kind.rawValue, text: text))
    }

    // MARK: - Nobody answers

    /// The deadline of the approval, which is not the one for an answer to the page.
    mutating func advanceApproval(_ context: inout Context) {
        // Its deadline alone, for an approval is long to copy.
        guard let due = state.peek(.breaches, { $0.approval?.deadline }),
            due.boot <= context.now.boot, let approval = state.peek(.breaches, { $0.approval })
        else { return }
        let waited = approval.within?.text ?? ""
        let why = "nobody approved or denied it within \(waited)"
        switch approval.onTimeout {
        case .escalate: escalateApproval(why, &context)
        case .hold:
            endOffer(.expired, by: nil, "\(why); the offer has ended", &context)
            send(
                .update, title: "\(name): the offer to roll back has ended",
                text:
                    "\(Self.capitalised(why)). To roll back by hand: `watchctl rollback \(name)`.",
                reason: "approval-timeout", &context)
        case .rollback: actInstead(approval, why, &context)
        }
    }

    private mutating func escalateApproval(_ why: String, _ context: inout Context) {
        let hasFurther = hasFurtherRouteStep(skipping: 1, context)
        if let within = state.incident?.approval?.within, hasFurther {
            let next = Moment(boot: context.now.boot + within, wall: context.now.wall + within)
            state.incident?.approval?.deadline = next
            state.incident?.record.offer?.until = next.wall
        } else {
            state.incident?.approval?.deadline = nil
            state.incident?.record.offer?.until = nil
            state.incident?.record.offer?.onTimeout = nil
        }
        context.isDirty = true
        context.events.append(
            transition("approval.timed-out", context, reason: "approval-timeout", text: why))
        escalate(reason: "approval-timeout", Self.capitalised(why) + ".", &context)
    }

    /// `on_timeout: rollback`: watchd acts, if all holds that it needs to act by itself.
    private mutating func actInstead(
        _ approval: PendingApproval, _ why: String, _ context: inout Context
    ) {
        state.incident?.hasTimedOut = true
        guard let trigger = approval.trigger.flatMap({ self.trigger($0) }) else {
            escalateApproval(why, &context)
            return
        }
        switch automaticAction(trigger, context) {
        case .success(let (plan, target)):
            endOffer(.expired, by: nil, "\(why), so watchd acts", &context)
            carryOut(.rollback(plan: plan, target: target), for: trigger, &context)
        case .failure(let refusal):
            context.events.append(
                transition("approval.timed-out", context, reason: refusal.reason.code, text: why))
            carryOut(.page(refusal), for: trigger, &context)
            escalate(
                reason: refusal.reason.code,
                "\(Self.capitalised(why)), and watchd may not act: \(refusal.text).", &context)
        }
    }

    // MARK: - Words

    /// For a page: what can be done, and how.
    func offerText(_ context: Context) -> String {
        guard let record = state.incident?.record, let offer = record.offer else { return "" }
        let what = "Rollback \(offer.from.text) → \(offer.to.text) with plan \(offer.plan)"
        var text: String
        if offer.isPerMethod {
            let ways = offer.ways.map { way in
                let loses = way.loses.map { ", loses: \($0)" } ?? ""
                return "\(way.method)\(loses) (\(way.approvers)): `\(way.command)`"
            }
            text = "\(what) needs an approval of each method. \(ways.joined(separator: "; "))."
        } else {
            let methods = offer.ways.map(\.method).joined(separator: ", then ")
            let who = offer.ways.first.map { " (\($0.approvers))" } ?? ""
            text =
                "\(what) is offered: \(methods); loses nothing. To approve: "
                + "`watchctl approve \(record.id)`\(who)."
        }
        let said = gatesSaid(offer)
        if !said.isEmpty { text += " Its gates said: \(said.joined(separator: "; "))." }
        if !offer.conditions.isEmpty {
            let codes = offer.conditions.map { $0.prefix { $0 != " " }.dropLast() }
            text += " Against it: \(codes.joined(separator: ", "))."
        }
        if let who = offer.forcedBy {
            text += " \(who) asked for it in spite of gates that say no: none holds it up."
        }
        if let until = offer.until {
            text += " Until \(until.text), then \(Self.consequence(offer.onTimeout))."
        }
        return text + " To refuse: `watchctl deny \(record.id)`."
    }

    static func consequence(_ onTimeout: OnTimeout?) -> String {
        switch onTimeout {
        case .escalate, nil: "the next step of the route is told"
        case .rollback: "watchd rolls back by itself, if nothing forbids it"
        case .hold: "the offer ends"
        }
    }

    private static func capitalised(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst()
    }
}

extension PendingApproval {
    /// Whether it offers the same as `other`.
    fileprivate func isSame(as other: PendingApproval) -> Bool {
        plan == other.plan && to == other.to && running == other.running
            && isPerMethod == other.isPerMethod && tried == other.tried
            && forcedBy == other.forcedBy && isTargetBad == other.isTargetBad
    }
}
