// Who is told what. A page goes along its route until somebody answers; whatever was paged is
// resolved in the same places.

extension ServiceEngine {
    /// - Parameter joining: a breach that has just joined, and may not be the one to page for.
    mutating func page(
        for trigger: TriggerConfiguration, joining: TriggerConfiguration? = nil,
        _ refusal: Refusal?, _ context: inout Context
    ) {
        let trigger = audible(trigger, context)
        takeRoute(of: trigger, context)
        let reason = (refusal?.reason ?? .trigger(trigger.name)).code
        let what = told(.breach, trigger, reason: reason)
        let other = joining.flatMap { joining in
            let isTold = context.configuration.policy(joining.severity).action != .record
            return isTold && joining.name != trigger.name ? joining : nil
        }
        if let other, !isNews(what, context) {
            tell(
                told(.joined, other, reason: Reason.trigger(other.name).code),
                about: .trigger(other.name, other.severity), title: "\(name): \(other.name)",
                text: "\(isTrue(other)) '\(trigger.name)' is breached, too.", reason: reason,
                &context)
            return
        }
        var text = isTrue(trigger)
        if let other { text += " '\(other.name)' joined it: \(isTrue(other))" }
        if let refusal { text += " Not rolled back by itself, because \(refusal.text)." }
        let offer = offerText(context)
        if !offer.isEmpty { text += " \(offer)" }
        let why = refusal.map { ", not rolled back: \($0.reason.code)" } ?? ""
        let isSent = tell(
            what, about: .trigger(trigger.name, trigger.severity),
            title: "\(name): \(trigger.name)\(why)", text: text, reason: reason, &context)
        guard isSent, let other else { return }
        let alsoTold = told(.joined, other, reason: Reason.trigger(other.name).code)
        state.incident?.note(alsoTold)
    }

    func isTrue(_ trigger: TriggerConfiguration) -> String {
        operationWords(trigger.name)
            ?? "`\(trigger.when.source)` is true: \(Self.figures(triggers[trigger.name]))."
    }

    /// What a veto says is for people, whatever its severity.
    func isTold(_ trigger: TriggerConfiguration, _ context: Context) -> Bool {
        context.configuration.policy(trigger.severity).action != .record || trigger.mode == .veto
    }

    /// A breach joined an incident in which watchd acts no more.
    mutating func pageAgain(
        _ trigger: TriggerConfiguration?, reason: String, _ why: String,
        _ context: inout Context
    ) {
        guard let trigger else { return }
        let isTold = isTold(trigger, context)
        context.isDirty = true
        context.events.append(
            event(
                "decision", context, trigger: trigger, decision: isTold ? "page" : "record",
                reason: reason, text: why, readings: triggers[trigger.name]?.readings ?? [:]))
        guard isTold else { return }
        let before = state.incident?.pagedChannels ?? []
        joinRoute(of: trigger, context)
        let isSent = tell(
            told(.again, trigger, reason: reason),
            about: .trigger(trigger.name, trigger.severity),
            title: "\(name): \(trigger.name)",
            text: "\(isTrue(trigger)) watchd does not act: \(why).", reason: reason, &context)
        // Who heard nothing is not told that it is over.
        if !isSent { state.incident?.pagedChannels = before }
    }

    /// The trigger's own route, else that of the severity the incident has by now. Whoever was told
    /// on another route is told how it ends, too.
    private mutating func takeRoute(of trigger: TriggerConfiguration, _ context: Context) {
        guard let incident = state.incident else { return }
        let route = trigger.page ?? context.configuration.policy(incident.record.severity).page
        guard let route, route != incident.route else { return }
        state.incident?.route = route
        state.incident?.nextRouteStep = 0
        state.incident?.escalateAt = nil
    }

    /// Whoever is told of a joining breach on a route of its own hears of it, and the route on
    /// which an answer is awaited goes on: only a more severe breach takes its place.
    private mutating func joinRoute(of trigger: TriggerConfiguration, _ context: Context) {
        guard let incident = state.incident, incident.route != nil,
            let own = trigger.page ?? context.configuration.policy(trigger.severity).page
        else { return takeRoute(of: trigger, context) }
        let others = incident.record.breaches.filter { $0.trigger != trigger.name }
        guard let worst = others.map(\.severity).max(), trigger.severity <= worst else {
            return takeRoute(of: trigger, context)
        }
        for channel in context.configuration.route(own)?.steps.first ?? []
        where !incident.pagedChannels.contains(channel) {
            state.incident?.pagedChannels.append(channel)
        }
    }

    /// Sends along the route of the incident's severity; a page starts the clock for an answer.
    /// - Parameter subject: what a page is about, and so what may keep it back.
    /// - Returns: whether it goes out now.
    @discardableResult
    mutating func send(
        _ kind: Message.Kind, slot: IncidentSlot = .breaches,
        about subject: PageSubject = .outcome,
        title: String, text: String, reason: String, fields: [Message.Field] = [],
        _ context: inout Context
    ) -> Bool {
        guard var incident = state[slot] else { return false }
        if incident.record.isDrill {
            noteUntold(title, text, reason, slot: slot, &context)
            return false
        }
        if kind == .page, let mute = mute(subject, incident.record.severity, context) {
            holdBack(
                mute, subject, slot: slot, title: title, text: text, reason: reason, &context)
            return false
        }
        let policy = context.configuration.policy(incident.record.severity)
        if incident.route == nil { incident.route = policy.page }
        let route = incident.route.flatMap { context.configuration.route($0) }
        var channels = incident.pagedChannels
        if kind == .page, let route {
            if incident.nextRouteStep == 0 { incident.nextRouteStep = 1 }
            for channel in route.steps.prefix(incident.nextRouteStep).joined()
            where !channels.contains(channel) {
                channels.append(channel)
            }
            incident.pagedChannels = channels
            incident.held = nil
            incident.lastPaged = context.now
            if let within = policy.respondWithin, incident.record.acknowledgedBy == nil,
                incident.escalateAt == nil
            {
                incident.escalateAt = Moment(
                    boot: context.now.boot + within, wall: context.now.wall + within)
            }
        } else if kind == .update, channels.isEmpty, let route {
            channels = route.steps.first ?? []
            incident.pagedChannels = channels
            incident.nextRouteStep = 1
        }
        if kind != .resolve {
            for channel in toldAfterHours(policy, context) where !channels.contains(channel) {
                channels.append(channel)
            }
            incident.pagedChannels = channels
        }
        incident.messages += 1
        incident.lastTitle = title
        if kind == .page {
            incident.page = SentPage(
                number: incident.messages, title: title, channels: channels,
                problems: context.deadChannels.filter { channels.contains($0.key) })
        }
        state[slot] = incident
        context.isDirty = true
        let message = message(kind, title, text, reason, fields, incident, context)
        for channel in channels {
            context.messages.append(
                OutboxMessage(
                    id: "\(incident.record.id)/\(incident.messages)/\(channel)", channel: channel,
                    message: message))
        }
        return true
    }

    private func message(
        _ kind: Message.Kind, _ title: String, _ text: String, _ reason: String,
        _ fields: [Message.Field], _ incident: Incident, _ context: Context
    ) -> Message {
        var all = [
            Message.Field("incident", incident.record.id),
            Message.Field("severity", incident.record.severity.rawValue),
            Message.Field("reason", reason),
        ]
        if let release = state.book.running?.release {
            all.append(Message.Field("running", release.text))
        }
        all += fields
        if kind == .page { all += assessFields + sharedEvidence }
        all.append(Message.Field("look", "watchctl incident \(incident.record.id)"))
        return Message(
            kind: kind, time: context.now.wall, service: name, incident: incident.record.id,
            severity: incident.record.severity, title: title, text: text, fields: all,
            dedupKey: "watchd/\(incident.record.id)")
    }

    mutating func sendResolve(
        _ why: String, slot: IncidentSlot = .breaches, _ context: inout Context
    ) {
        guard let incident = state[slot], !incident.pagedChannels.isEmpty else { return }
        let ending = incident.record.state.rawValue
        let still = slot == .breaches ? ongoingText.map { " \($0)." } ?? "" : ""
        send(
            .resolve, slot: slot, title: "\(name): resolved (\(incident.record.id), \(ending))",
            text: "The incident is closed: \(why).\(still)", reason: ending, &context)
    }

    /// Nobody answered in time: the next step of the route.
    mutating func escalateWhenDue(
        slot: IncidentSlot = .breaches, _ context: inout Context
    ) {
        guard let due = state.peek(slot, { $0.escalateAt }), due.boot <= context.now.boot,
            let incident = state[slot],
            // What is muted goes on where it stood when it no longer is.
            mute(subject(of: incident, context), incident.record.severity, context) == nil
        else { return }
        state[slot]?.escalateAt = nil
        escalate(
            slot: slot, reason: "no-answer",
            "Nobody has answered since \(incident.record.opened.text). "
                + "To answer: `watchctl ack \(incident.record.id)`.", &context)
    }

    /// - Parameter skipping: steps that are about to be taken.
    func hasFurtherRouteStep(
        slot: IncidentSlot = .breaches, skipping: Int = 0, _ context: Context
    ) -> Bool {
        guard let incident = state[slot] else { return false }
        let steps = incident.route.flatMap { context.configuration.route($0)?.steps } ?? []
        return incident.nextRouteStep + skipping < steps.count
    }

    /// The next step of the route, whose people have not been told yet.
    mutating func escalate(
        slot: IncidentSlot = .breaches, reason: String, _ text: String, _ context: inout Context
    ) {
        guard let incident = state[slot] else { return }
        context.isDirty = true
        guard hasFurtherRouteStep(slot: slot, context) else {
            context.events.append(
                event(
                    "page.unanswered", context, reason: reason, slot: slot,
                    text: "nobody answered, and the route has no further step"))
            return
        }
        let step = incident.nextRouteStep + 1
        state[slot]?.nextRouteStep = step
        context.events.append(
            event(
                "page.escalated", context, reason: reason, slot: slot,
                text: "step \(step) of the route"))
        let title = incident.lastTitle ?? "\(name): incident \(incident.record.id)"
        let offer = slot == .breaches ? offerText(context) : ""
        send(
            .page, slot: slot, about: subject(of: incident, context), title: title,
            text: offer.isEmpty ? text : "\(text) \(offer)", reason: reason, &context)
    }

    /// `error_rate(access, 10s) 41.2 % of 2031` and so on, for a message.
    static func figures(_ state: TriggerState?) -> String {
        guard let readings = state?.readings, !readings.isEmpty else { return "no figures" }
        return readings.sorted { $0.key < $1.key }.map { name, reading in
            guard let value = reading.value else {
                return "\(name) unknown"
            }
            return "\(name) = \(Operand.shown(value, of: name)) of \(reading.samples)"
        }.joined(separator: ", ")
    }
}
