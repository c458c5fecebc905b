// Pages that are kept back. Nothing is lost by it: what was kept back is counted and shown, and
// when its reason is gone while the incident still stands, people are told then.

/// What a page is about.
enum PageSubject: Hashable, Sendable {
    case trigger(String, Severity)
    /// A signal that cannot be measured.
    case blindness
    /// What watchd did or met: a failed rollback, a bad release come back.
    case outcome
    /// A person wants people told: that is never muted.
    case person
}

/// The last page of an incident that was not sent.
struct HeldPage: Hashable, Sendable, Codable {
    /// Code of what kept it back.
    var by: String
    /// The trigger it is about.
    var trigger: String?
    var title: String
    var text: String
    /// A stable code, as of any page.
    var reason: String
    /// When the first was kept back.
    var since: Moment
    var count: Int
}

extension Incident {
    /// By pattern: a comparison with nil copies it, and this is asked at every event.
    var isHeld: Bool { if case .some = held { true } else { false } }
}

extension ServiceEngine {
    func mute(_ subject: PageSubject, _ severity: Severity, _ context: Context) -> Mute? {
        let trigger: String?
        let asked: Severity
        switch subject {
        case .person: return nil
        case .outcome: (trigger, asked) = (nil, severity)
        case .blindness: (trigger, asked) = (nil, severity)
        case .trigger(let name, let own): (trigger, asked) = (name, own)
        }
        if subject != .outcome, let time = context.maintenance(of: name) {
            return .maintenance(time)
        }
        if let time = context.silence(service: name, trigger: trigger, severity: asked) {
            return .silence(time)
        }
        guard subject != .outcome else { return nil }
        if let rollback = spanningRollback(context) { return .spanned(rollback: rollback) }
        return context.troubledParent(of: configuration.dependsOn).map { .parent(incident: $0) }
    }

    /// What the next page of an incident would be about: the worst breach of which people want to
    /// hear.
    func subject(of incident: Incident, _ context: Context) -> PageSubject {
        let silent = Set(
            incident.record.breaches.filter {
                context.silence(service: name, trigger: $0.trigger, severity: $0.severity) != nil
            }.map(\.trigger))
        let worst =
            incident.worstOpenBreach(order: triggerOrder, besides: silent)
            ?? incident.worstOpenBreach(order: triggerOrder, besides: [])
        guard let worst else { return incident.record.blind.isEmpty ? .outcome : .blindness }
        return .trigger(worst.trigger, worst.severity)
    }

    /// The trigger to page for: another one that is breached where `trigger` is silenced.
    func audible(_ trigger: TriggerConfiguration, _ context: Context) -> TriggerConfiguration {
        guard let incident = state.incident,
            context.silence(service: name, trigger: trigger.name, severity: trigger.severity)
                != nil,
            case .trigger(let other, _) = subject(of: incident, context)
        else { return trigger }
        return self.trigger(other) ?? trigger
    }

    /// What a page that was kept back would be about now.
    private func subject(
        of held: HeldPage, _ incident: Incident, _ context: Context
    ) -> PageSubject {
        let own = incident.record.breaches.last { $0.trigger == held.trigger && $0.cleared == nil }
        return own.map { .trigger($0.trigger, $0.severity) } ?? subject(of: incident, context)
    }

    mutating func holdBack(
        _ mute: Mute, _ subject: PageSubject, slot: IncidentSlot, title: String, text: String,
        reason: String, _ context: inout Context
    ) {
        guard var incident = state[slot] else { return }
        let trigger: String? = if case .trigger(let name, _) = subject { name } else { nil }
        incident.held = HeldPage(
            by: mute.code, trigger: trigger, title: title, text: text, reason: reason,
            since: incident.held?.since ?? context.now, count: (incident.held?.count ?? 0) + 1)
        incident.record.muted += 1
        incident.record.mutedBy = mute.code
        state[slot] = incident
        state.mutedPages = (state.mutedPages ?? 0) + 1
        context.countMuted(mute)
        context.isDirty = true
        context.events.append(
            event(
                "page.muted", context, reason: mute.code, slot: slot,
                text: "not sent: '\(title)'; \(mute.text)"))
    }

    /// What was kept back is sent when nothing keeps it back any more and it is still true.
    mutating func releaseHeldPage(slot: IncidentSlot, _ context: inout Context) {
        guard state.peek(slot, { $0.isHeld }) ?? false, let incident = state[slot],
            let held = incident.held
        else {
            return
        }
        switch incident.record.state {
        case .rollingBack, .verifying: return
        case .open, .awaitingApproval, .handedOver, .recovered, .cleared, .superseded, .closed:
            break
        }
        guard incident.needsAnAnswer, isToBePaged(incident, besides: held, context) else {
            state[slot]?.held = nil
            context.isDirty = true
            return
        }
        // The parent's page stands for this one until its incident is closed.
        if held.by.hasPrefix("depends-on:"),
            context.isOpen(incident: String(held.by.dropFirst("depends-on:".count)))
        {
            return
        }
        let subject = subject(of: held, incident, context)
        guard mute(subject, incident.record.severity, context) == nil else { return }
        state[slot]?.held = nil
        context.isDirty = true
        context.events.append(
            event(
                "page.released", context, reason: held.by, slot: slot,
                text: "nothing keeps the page back any more, and the incident still stands"))
        tellLate(held, subject, slot: slot, &context)
    }

    /// What is only recorded is not paged in place of what has cleared.
    private func isToBePaged(
        _ incident: Incident, besides held: HeldPage, _ context: Context
    ) -> Bool {
        guard let own = held.trigger else { return true }
        return incident.record.breaches.contains {
            $0.cleared == nil
                && ($0.trigger == own
                    || context.configuration.policy($0.severity).action != .record)
        }
    }

    private mutating func tellLate(
        _ held: HeldPage, _ subject: PageSubject, slot: IncidentSlot, _ context: inout Context
    ) {
        let late =
            " This page was kept back since \(held.since.wall.text) (\(held.by))"
            + (held.count > 1 ? ", with \(held.count - 1) before it." : ".")
        let isRecord = held.reason == Reason.maintenance.code
        guard isRecord, case .trigger(let name, _) = subject, let trigger = trigger(name) else {
            send(
                .page, slot: slot, about: .person, title: held.title, text: held.text + late,
                reason: held.reason, &context)
            return
        }
        // What was recorded in maintenance is a page now, and no rollback: see decision 0019.
        tellAnew()
        carryOut(
            .page(
                Refusal(
                    .maintenance,
                    "it broke during maintenance, which has ended, and is still broken")),
            for: trigger, &context)
    }
}

extension Context {
    mutating func countMuted(_ mute: Mute) {
        let name: String
        switch mute {
        case .maintenance(let time), .silence(let time): name = time.name
        case .parent, .spanned: return
        }
        var quiet = host.quiet ?? QuietState()
        quiet.muted[name, default: 0] += 1
        host.quiet = quiet
    }
}
