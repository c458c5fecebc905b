// What was handed over is people's, and watchd does nothing more about it by itself. But people
// forget to close it, and then a later release breaks something: that is another cause, and it is
// decided anew (DESIGN §5: each join is). See docs/decisions/0041.

/// What ran when people were left to an incident.
struct HandedOver: Hashable, Sendable, Codable {
    /// Number of the deployment.
    var deployment: Int
    /// The later one about which it was decided; nil: none.
    var decidedFor: Int?
}

extension ServiceEngine {
    /// Another release was deployed since, and by somebody else than watchd; one that this incident
    /// was about before is no other cause.
    func isOfLaterRelease(_ incident: Incident) -> Bool {
        guard let then = incident.handedOver, let running = state.book.running,
            running.number != then.deployment
        else { return false }
        if case .rollback = running.origin { return false }
        return !incident.record.rollbacks.contains {
            $0.from.matches(running.release) || $0.to.matches(running.release)
        }
    }

    /// The figures of the incident are those of its last cause, and no method had its turn for it.
    mutating func beginAnew(with release: ReleaseIdentity, _ context: inout Context) {
        state.incident?.record.release = release
        state.incident?.record.firstBad =
            firstBad.map { context.now.wall(at: $0) } ?? context.now.wall
        state.incident?.record.decided = nil
        state.incident?.record.firstDecided = nil
        state.incident?.record.cured = nil
        state.incident?.triedMethods = nil
        state.incident?.hasTimedOut = nil
        context.isDirty = true
    }

    mutating func takeUpLaterRelease(_ context: inout Context) {
        guard let running = state.book.running,
            state.incident?.handedOver?.decidedFor != running.number
        else { return }
        state.incident?.handedOver?.decidedFor = running.number
        beginAnew(with: running.release, &context)
        context.events.append(
            transition(
                "incident.later-release", context, reason: "later-release",
                text: "\(running.release.text) was deployed after the incident was handed over: "
                    + "what it breaks is decided anew"))
    }

    /// Whoever looks after it may have deployed that release to mend it.
    func handedOverRefusal() -> Refusal? {
        let isOpen = state.peek(.breaches) { $0.record.state == .handedOver } ?? false
        let wasOpen = state.$rollback.peek { $0.asker.isAutomatic ? $0.wasHandedOver : false }
        guard isOpen || wasOpen ?? false, let incident = state.incident?.record,
            let who = incident.acknowledgedBy
        else { return nil }
        return Refusal(
            .handedOver, "\(incident.id) was handed over to people, and \(who) looks after it")
    }

    /// A decision about a later release waits: for the host-wide brake, or for the version to be
    /// clear.
    mutating func advanceLaterRelease(_ context: inout Context) {
        let waits =
            state.peek(.breaches) { $0.waitsForVersion || $0.waitsForBrake } ?? false
        guard waits, let incident = state.incident, isOfLaterRelease(incident) else { return }
        guard incident.waitsForVersion || neighbourRefusal(context)?.reason != .busy else { return }
        decideAnew(joining: nil, &context)
    }
}
