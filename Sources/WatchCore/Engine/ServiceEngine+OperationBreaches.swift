// What follows from an operation that goes wrong. It is decided like any breach; it ends when the
// operation is done again and ends well, when another release is deployed, when a rollback helped,
// or when a person resolves the incident: no signal could say that it is over.

extension ServiceEngine {
    /// What time brings to operations; asked once a second.
    mutating func advanceOperations(_ context: inout Context) {
        guard let operations = state.operations, !context.isRetired(name) else { return }
        for operation in operations where operation.lease != nil {
            loseWhenSilent(operation, &context)
            breachWhenOverrun(operation, &context)
        }
    }

    /// After a restart, or time in which nobody watched, whoever runs them has time to report.
    mutating func hearOperations(at now: Instant) {
        for operation in state.operations ?? [] { heard[operation.name] = now }
    }

    private mutating func loseWhenSilent(_ operation: Operation, _ context: inout Context) {
        guard let lease = operation.lease, let last = heard[operation.name],
            context.now.boot - last > lease
        else { return }
        forget(operation.name)
        state.updatePhases(of: operation.name) { $0.ended = context.now }
        context.isDirty = true
        let why =
            "Nothing was heard of operation '\(operation.name)' of \(operation.by) for "
            + "\(lease.text)\(reached(operation.name)): `watchctl run` was killed or cannot reach "
            + "watchd. Whether its command still runs, and how it ended, is not known."
        context.events.append(
            event(
                "operation.lost", context, reason: "operation-lost",
                text: "nothing was heard of operation '\(operation.name)' for \(lease.text)"))
        clearOperationBreach(.overrun, operation.name, "it was given up for lost", &context)
        operationBreached(OperationBreach(.lost, of: operation.name), why, &context)
    }

    private mutating func breachWhenOverrun(_ operation: Operation, _ context: inout Context) {
        guard let index = state.operations?.firstIndex(where: { $0.name == operation.name }),
            !(operation.overran ?? false), let estimate = operation.estimate,
            let overrun = operation.overrun(at: context.now.boot),
            overrun > Operation.overrunLimit
        else { return }
        state.operations?[index].overran = true
        let age = (context.now.boot - operation.began.boot).text
        operationBreached(
            OperationBreach(.overrun, of: operation.name),
            "Operation '\(operation.name)' of \(operation.by) has run for \(age) of an estimated "
                + "\(estimate.text)\(reached(operation.name)).", &context)
    }

    /// - Parameter why: a sentence for people.
    mutating func operationBreached(
        _ breach: OperationBreach, _ why: String, _ context: inout Context
    ) {
        guard let trigger = breach.trigger(configuration.operations) else { return }
        context.isDirty = true
        context.events.append(
            event("trigger.breached", context, trigger: trigger, reason: breach.name, text: why))
        if trigger.mode == .shadow {
            recordShadow(trigger, readings: [:], &context)
            return
        }
        if isOpen(breach) { state.incident?.markCleared(breach.name, at: context.now.wall) }
        let isNew = !state.hasIncident
        openIncident(severity: trigger.severity, cause: breach.name, by: trigger, &context)
        var record = IncidentRecord.Breach(
            trigger: breach.name, severity: trigger.severity, began: context.now.wall)
        record.when = breach.condition
        record.why = [why]
        state.incident?.record.append(record)
        state.incident?.allClearSince = nil
        if !isNew {
            context.events.append(
                event(
                    "incident.joined", context, trigger: trigger,
                    text: "'\(breach.name)' joined the incident"))
        }
        decideAnew(joining: trigger, &context)
    }

    mutating func clearOperationBreach(
        _ kind: OperationBreach.Kind, _ operation: String, _ why: String,
        _ context: inout Context
    ) {
        let breach = OperationBreach(kind, of: operation)
        guard isOpen(breach) else { return }
        state.incident?.markCleared(breach.name, at: context.now.wall)
        context.isDirty = true
        var cleared = event("trigger.cleared", context, text: "\(breach.name): \(why)")
        cleared.trigger = breach.name
        cleared.severity = configuration.operations.severity
        context.events.append(cleared)
    }

    /// All that have ended: a rollback helped, or another release was deployed.
    mutating func clearEndedOperationBreaches(_ why: String, _ context: inout Context) {
        for breach in openOperationBreaches() where state.operation(breach.operation) == nil {
            clearOperationBreach(breach.kind, breach.operation, why, &context)
        }
    }

    func isOpen(_ breach: OperationBreach) -> Bool {
        state.peek(.breaches) { incident in
            incident.record.breaches.contains {
                $0.trigger == breach.name && $0.cleared == nil
            }
        } ?? false
    }

    /// Mutating, though nothing changes: asked at every second of an incident, and looked at in
    /// place.
    mutating func openOperationBreaches() -> [OperationBreach] {
        guard state.hasIncident, let breaches = state.peek(.breaches, { $0.record.breaches })
        else { return [] }
        return breaches.indices.compactMap {
            breaches[$0].cleared == nil ? OperationBreach(name: breaches[$0].trigger) : nil
        }
    }

    /// What its breach says, for a message; nil: another trigger, whose figures say it.
    func operationWords(_ trigger: String) -> String? {
        guard OperationBreach(name: trigger) != nil else { return nil }
        return state.peek(.breaches) { incident in
            incident.record.breaches.last { $0.trigger == trigger }?.why?.first
        }
    }

    /// An operation brings trouble of its release alone; what ran before it began is not it.
    func operationSuspicion(
        _ trigger: TriggerConfiguration, _ running: Deployment
    ) -> Refusal? {
        guard let breach = OperationBreach(name: trigger.name),
            let known = state.phases(of: breach.operation),
            running.began.boot < known.began.boot,
            !(known.release?.matches(running.release) ?? false)
        else { return nil }
        return Refusal(
            .noReleaseSuspect,
            "\(running.release.text) ran before operation '\(breach.operation)' began; one that "
                + "brings a release names it: `watchctl run --release VERSION`")
    }

    /// While the operation that announced it runs, or has failed and nobody has seen to it, no
    /// source need have read the release.
    mutating func holdsAnnouncement() -> Bool {
        guard tracker.isAnnounced, let announced = tracker.announced?.identity else {
            return false
        }
        if state.operations?.contains(where: { $0.release?.matches(announced) ?? false }) ?? false {
            return true
        }
        for breach in openOperationBreaches()
        where state.phases(of: breach.operation)?.release?.matches(announced) ?? false {
            return true
        }
        return false
    }
}
