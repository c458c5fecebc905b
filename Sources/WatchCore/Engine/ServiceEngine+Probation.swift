// After a rollback that helped watchd does not act again for a while (DESIGN §5, "Verification"):
// what breaches then is paged at once. Where another release was deployed since, that is another
// cause: the incident opens again and a rollback is offered, or done when the probation is over.
// See docs/decisions/0043.

/// What a rollback left behind.
struct Probation: Hashable, Sendable, Codable {
    /// Number of the deployment that runs since.
    var deployment: Int?
    var until: Moment
}

extension ServiceEngine {
    /// Somebody deployed since, and it is not what was gone back to.
    func isAfterRecovery(_ incident: Incident) -> Bool {
        guard let probation = incident.probation, let running = state.book.running,
            running.number != probation.deployment
        else { return false }
        if case .rollback = running.origin { return false }
        return !(incident.record.rollbacks.last?.to.matches(running.release) ?? false)
    }

    mutating func reopenAfterRecovery(_ context: inout Context) {
        guard let running = state.book.running else { return }
        state.incident?.record.state = .open
        state.incident?.closesAt = nil
        beginAnew(with: running.release, &context)
        state.incident?.record.unconfirmed = []
        state.incident?.record.acknowledgedBy = nil
        state.incident?.record.answer = nil
        state.incident?.hold = nil
        context.events.append(
            transition(
                "incident.reopened", context, reason: "later-release",
                text: "\(running.release.text) was deployed after the rollback: what it breaks is "
                    + "decided anew"))
    }

    /// What was gone back to breaches, too.
    mutating func pageInProbation(
        _ trigger: TriggerConfiguration?, _ incident: Incident, _ context: inout Context
    ) {
        // First, for what people are told is compared by it.
        if let trigger, isTold(trigger, context) {
            state.incident?.record.decision = "page"
            state.incident?.record.reason = Reason.probation.code
        }
        let isOver = (incident.probation?.until.boot ?? context.now.boot) <= context.now.boot
        let further = state.book.lastKnownGood.map {
            "; further back is \($0.identity.text): `watchctl rollback \(name)`"
        }
        pageAgain(
            trigger, reason: Reason.probation.code,
            "it was rolled back \(isOver ? "already" : "a short time ago")\(further ?? "")",
            &context)
    }

    func probationRefusal(_ context: Context) -> Refusal? {
        guard let until = state.peek(.breaches, { $0.probation })?.until,
            until.boot > context.now.boot
        else { return nil }
        return Refusal(
            .probation,
            "\(name) was rolled back a short time ago, and watchd does not act again until "
                + until.wall.text)
    }
}
