// Somebody who answers a page looks after the incident, but not for ever: a person who fell asleep
// over it must not keep the others asleep (DESIGN §5 "People": acknowledgements expire).

extension Incident {
    /// Something is wrong now, and only people can end it.
    var needsAnAnswer: Bool {
        switch record.state {
        case .open, .awaitingApproval, .handedOver: true
        case .recovered, .cleared, .superseded: hasOpenBreach
        case .rollingBack, .verifying, .closed: false
        }
    }
}

extension ServiceEngine {
    /// Starts the time of a new acknowledgement; when it is over, the route goes on.
    mutating func watchAcknowledgement(
        slot: IncidentSlot, _ context: inout Context
    ) {
        guard state.peek(slot, { $0.record.acknowledgedBy }) != nil else {
            if state.peek(slot, { $0.acknowledgedUntil }) != nil {
                state[slot]?.acknowledgedUntil = nil
                state[slot]?.brokeAgainUntil = nil
            }
            return
        }
        guard let until = state.peek(slot, { $0.acknowledgedUntil }) else {
            beginAcknowledgement(slot: slot, &context)
            return
        }
        let again =
            state.peek(slot, { $0.brokeAgainUntil }).map { $0.boot <= context.now.boot } ?? false
        guard again || until.boot <= context.now.boot else { return }
        endAcknowledgement(slot: slot, brokeAgain: again, &context)
    }

    private mutating func beginAcknowledgement(slot: IncidentSlot, _ context: inout Context) {
        guard let severity = state.peek(slot, { $0.record.severity }) else { return }
        let lasts = context.configuration.policy(severity).ackExpires
        state[slot]?.acknowledgedUntil = context.moment(after: lasts)
        context.isDirty = true
    }

    private mutating func endAcknowledgement(
        slot: IncidentSlot, brokeAgain again: Bool, _ context: inout Context
    ) {
        guard let incident = state[slot], incident.needsAnAnswer,
            let who = incident.record.acknowledgedBy
        else { return }
        let lasts = context.configuration.policy(incident.record.severity).ackExpires
        let subject = subject(of: incident, context)
        guard mute(subject, incident.record.severity, context) == nil else { return }
        state[slot]?.record.acknowledgedBy = nil
        state[slot]?.acknowledgedUntil = nil
        state[slot]?.brokeAgainUntil = nil
        context.isDirty = true
        let why =
            again
            ? "\(who) acknowledged it, it cleared and broke again"
            : "\(who) acknowledged it \(lasts.text) ago"
        context.events.append(
            event(
                "ack.expired", context, reason: "ack-expired", slot: slot,
                text: "\(why), and it is still not over"))
        let steps = incident.route.flatMap { context.configuration.route($0)?.steps } ?? []
        if incident.nextRouteStep < steps.count {
            state[slot]?.nextRouteStep += 1
        }
        let id = incident.record.id
        send(
            .page, slot: slot, about: subject,
            title: incident.lastTitle ?? "\(name): incident \(id)",
            text: "\(why), and it is still not over. To look after it: `watchctl ack \(id)`.",
            reason: "ack-expired", &context)
    }
}

extension Context {
    func moment(after duration: Duration) -> Moment {
        Moment(boot: now.boot + duration, wall: now.wall + duration)
    }
}
