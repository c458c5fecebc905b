// A page that no channel took goes to the next step of its route at once: see
// docs/decisions/0042. The outbox tries on, so that whoever was meant hears of it late.

extension Engine {
    /// - Returns: what comes of it, for the incident that the message belongs to; that a channel is
    ///   dead is news for all of them.
    mutating func heard(_ news: DeliveryNews, _ now: Moment) -> [Effect] {
        switch news.outcome {
        case .failing(let why):
            deadChannels[news.channel] = printable(why, limit: 200)
            return updateAll(now) { $0.heard(news, &$1) }
        case .taken, .refused:
            deadChannels[news.channel] = nil
            let id = news.id.prefix { $0 != "/" }
            let place = services.values.firstIndex { service in
                [IncidentSlot.breaches, .blindness].contains { slot in
                    service.state.peek(slot) { $0.record.id == id } ?? false
                }
            }
            guard let place else { return [] }
            return update(services.names[place], now) { $0.heard(news, &$1) }
        }
    }
}

extension ServiceEngine {
    mutating func heard(_ news: DeliveryNews, _ context: inout Context) {
        for slot in [IncidentSlot.breaches, .blindness] { heard(news, slot: slot, &context) }
        tick(touched: .nothing, &context)
    }

    private mutating func heard(
        _ news: DeliveryNews, slot: IncidentSlot, _ context: inout Context
    ) {
        guard let incident = state[slot], let page = incident.page, !page.isTaken,
            page.channels.contains(news.channel)
        else { return }
        let own = "\(incident.record.id)/\(page.number)/\(news.channel)"
        // One that was sent from memory has its moment behind that.
        let isThis = news.id == own || news.id.hasPrefix(own + "@")
        switch news.outcome {
        case .taken:
            guard isThis else { return }
            state[slot]?.page?.isTaken = true
            noteDelivered(news.channel, slot: slot, &context)
        case .refused(let why):
            guard isThis else { return }
            state[slot]?.page?.problems[news.channel] = printable(why, limit: 200)
        case .failing(let why):
            guard page.problems[news.channel] == nil else { return }
            state[slot]?.page?.problems[news.channel] = printable(why, limit: 200)
        }
        context.isDirty = true
        passOnUndelivered(slot: slot, &context)
    }

    private mutating func noteDelivered(
        _ channel: String, slot: IncidentSlot, _ context: inout Context
    ) {
        guard state[slot]?.record.undelivered != nil else { return }
        state[slot]?.record.undelivered = nil
        context.events.append(
            event(
                "page.delivered", context, reason: channel, slot: slot,
                text: "\(channel) took the page, after none had taken the one before or this one"))
    }

    /// Asked at every event as well: a page may go to channels that are known to be dead.
    mutating func passOnUndelivered(slot: IncidentSlot, _ context: inout Context) {
        let isDue =
            state.peek(slot) { incident in
                incident.page.map { !$0.isPassedOn && $0.isUndelivered }
            } ?? false
        guard isDue, let incident = state[slot], let page = incident.page else { return }
        let undelivered = UndeliveredPage(
            since: incident.record.undelivered?.since ?? context.now.wall, title: page.title,
            channels: page.channels.map {
                UndeliveredPage.Channel(channel: $0, problem: page.problems[$0] ?? "")
            })
        state[slot]?.page?.isPassedOn = true
        state[slot]?.record.undelivered = undelivered
        context.isDirty = true
        let isLast = !hasFurtherRouteStep(slot: slot, context)
        context.events.append(
            event(
                "page.undelivered", context, reason: "undelivered", slot: slot,
                text: "no channel takes '\(page.title)' (\(undelivered.problems))"
                    + (isLast ? "; the route has no further step" : "")))
        guard !isLast, incident.record.acknowledgedBy == nil, isAnswerWanted(incident),
            mute(subject(of: incident, context), incident.record.severity, context) == nil
        else { return }
        // Who is told now has all the time that there is for an answer.
        state[slot]?.escalateAt = nil
        escalate(
            slot: slot, reason: "undelivered",
            "No channel takes the page that went out before (\(undelivered.problems)). To answer: "
                + "`watchctl ack \(incident.record.id)`.", &context)
    }

    private func isAnswerWanted(_ incident: Incident) -> Bool {
        incident.needsAnAnswer || incident.isForPeople ?? false || state.hasRollback
    }
}
