// Whether a page says anything new. The first breach pages at once, always; the same breach again,
// of a trigger that flaps, only when people do not know it yet or nobody has answered: see
// docs/decisions/0025.

extension ServiceEngine {
    func told(
        _ matter: Told.Matter, _ trigger: TriggerConfiguration, reason: String
    ) -> Told {
        Told(
            matter: matter, trigger: trigger.name, severity: trigger.severity,
            deployment: state.book.running?.number,
            decision: state.incident?.record.decision ?? "page", reason: reason)
    }

    func isNews(_ told: Told, _ context: Context) -> Bool {
        guard let incident = state.incident, incident.told?.contains(told) ?? false else {
            return true
        }
        return isUnheard(incident, context)
    }

    /// Nobody has answered in time, and the route has nobody left: then they are told once more.
    private func isUnheard(_ incident: Incident, _ context: Context) -> Bool {
        let policy = context.configuration.policy(incident.record.severity)
        guard incident.record.acknowledgedBy == nil, !hasFurtherRouteStep(context),
            let last = incident.lastPaged, let within = policy.respondWithin
        else { return false }
        return context.now.boot - last.boot >= Swift.max(within, Incident.repeatsAfter)
    }

    /// Pages, unless that would say nothing new.
    /// - Returns: whether a page goes out now.
    @discardableResult
    mutating func tell(
        _ told: Told, about subject: PageSubject, title: String, text: String, reason: String,
        fields: [Message.Field] = [], _ context: inout Context
    ) -> Bool {
        guard isNews(told, context) else {
            context.isDirty = true
            context.events.append(
                event(
                    "page.not-repeated", context, trigger: trigger(told.trigger),
                    reason: "already-told",
                    text: "not sent: '\(title)'; people were told, and nothing is new"))
            awaitAnswer(&context)
            return false
        }
        let isSent = send(
            .page, about: subject, title: title, text: text, reason: reason, fields: fields,
            &context)
        if isSent { state.incident?.note(told) }
        return isSent
    }

    /// What was told earlier waits for an answer still, or again.
    private mutating func awaitAnswer(_ context: inout Context) {
        guard let incident = state.incident, incident.record.acknowledgedBy == nil,
            incident.escalateAt == nil, hasFurtherRouteStep(context),
            let within = context.configuration.policy(incident.record.severity).respondWithin
        else { return }
        state.incident?.escalateAt = context.moment(after: within)
    }

    /// What is decided from here on is told, whatever was told before.
    mutating func tellAnew() { state.incident?.told = nil }

    /// A cleared incident opens again with what people know. Whoever looked after it still does,
    /// for as long as people have to answer a page.
    mutating func keepAnswer(_ trigger: TriggerConfiguration, _ context: Context) -> Bool {
        guard let incident = state.incident, incident.record.acknowledgedBy != nil,
            incident.hasTold(trigger, deployment: state.book.running?.number)
        else { return false }
        let within = context.configuration.policy(incident.record.severity).respondWithin
        state.incident?.brokeAgainUntil = within.map { context.moment(after: $0) }
        return true
    }
}
