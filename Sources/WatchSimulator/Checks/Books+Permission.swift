// Whether watchd may act by itself, and whether it may page now: by configuration, mode and quiet.

import WatchCore

extension Books {
    /// It begins where another one has just landed in vain: to an older release, as often as the
    /// plan allows.
    func walk(
        _ record: RollbackRecord, _ incident: String, _ service: inout ServiceBook, _ now: Moment,
        allowed: Int
    ) throws(Violation) {
        guard let (before, at) = service.ended, at == now, before.isAutomatic,
            before.hasLanded, before.incident == incident
        else { return }
        service.walked.insert(record.id)
        let isSecond = service.walked.contains(before.id)
        if allowed < (isSecond ? 2 : 1) {
            throw Violation(
                "walks-back-as-allowed",
                "\(record.id) goes to \(record.to.text), and the plan allows \(allowed)")
        }
        if record.to.matches(before.from) || record.to.matches(before.to) {
            throw Violation(
                "walks-back-to-another", "\(record.id) goes to \(record.to.text) once more")
        }
    }

    /// Only where the decision table says so, or an approval ran out that was to end like this.
    func mayAct(
        _ rollback: RollbackRecord, _ incident: IncidentRecord?, _ service: ServiceBook,
        _ circumstances: Circumstances
    ) throws(Violation) {
        guard !circumstances.wasReloaded, !service.walked.contains(rollback.id),
            let reason = incident?.reason, reason.hasPrefix("trigger:"),
            let known = circumstances.configuration.service(incident?.service ?? ""),
            let trigger = known.asker(String(reason.dropFirst(8)))
        else { return }
        let policy = circumstances.configuration.policy(trigger.severity)
        if trigger.mode == .auto, policy.action == .rollback { return }
        let policies = Severity.allCases.map { circumstances.configuration.policy($0) }
        let mayEndSo =
            (trigger.onTimeout.map { $0 == .rollback }
                ?? policies.contains { $0.onTimeout == .rollback })
        if mayEndSo, let waited = service.expiredAfter,
            let least = known.shortestWait(trigger, policies), waited >= least
        {
            return
        }
        throw Violation(
            "acts-only-when-allowed",
            "\(rollback.id) begins for '\(trigger.name)' in mode \(trigger.mode.rawValue)")
    }

    /// Nobody is to be paged about a trigger in maintenance, in a silence, or while people know of
    /// a parent's incident.
    func mayPage(
        _ outbox: OutboxMessage, _ incident: IncidentBook, _ circumstances: Circumstances
    ) throws(Violation) {
        let (message, configuration) = (outbox.message, circumstances.configuration)
        let service = message.service
        // A person relies on it, or has just said it.
        var isOfPerson: Bool {
            message.title.contains("declared by")
                || message.title.contains("the scheduled rollback was not done")
        }
        if quiet.isSilenced(service, at: circumstances.now), !isOfPerson {
            throw Violation("silence-keeps-back", "\(outbox.id): \(message.title)")
        }
        guard incident.hasBreach else { return }
        // Words are compared last: they seldom matter.
        if quiet.isMaintained(service, configuration.maintenance, at: circumstances.now),
            isAboutTrigger(message, configuration), !isOfPerson
        {
            throw Violation("no-page-in-maintenance", "\(outbox.id): \(message.title)")
        }
        for parent in configuration.service(service)?.dependsOn ?? [] {
            guard let known = knownTrouble(of: parent), isAboutTrigger(message, configuration),
                !isOfPerson
            else { continue }
            throw Violation(
                "a-parent-explains", "\(outbox.id) while \(known) is open: \(message.title)")
        }
    }

    private func isAboutTrigger(_ message: Message, _ configuration: Configuration) -> Bool {
        let triggers = configuration.service(message.service)?.triggers ?? []
        return triggers.contains { trigger in
            let title = "\(message.service): \(trigger.name)"
            return message.title == title || message.title.hasPrefix(title + ",")
        }
    }

    /// An incident that goes on and of which people were told.
    private func knownTrouble(of service: String) -> String? {
        services[service]?.open.first { id, book in
            guard !book.isBlind, !book.told.isEmpty else { return false }
            return switch book.state {
            case .open, .awaitingApproval, .rollingBack, .verifying, .handedOver: true
            case .recovered, .cleared, .superseded, .closed: false
            }
        }?.key
    }

    /// Something may still keep pages of the service back.
    func mayBeQuiet(_ service: String, _ configuration: Configuration, at now: Moment) -> Bool {
        quiet.isMaintained(service, configuration.maintenance, at: now, orMaybe: true)
            || quiet.mayBeSilenced(service, configuration.silences, at: now)
            || (configuration.service(service)?.dependsOn ?? []).contains {
                !(services[$0]?.open.isEmpty ?? true)
            }
    }
}

extension IncidentBook {
    /// A page was kept back, whose title names the breach that it is about.
    mutating func noteHeld(_ event: EventRecord) {
        isHeld = true
        let title = event.text.split(separator: "'", maxSplits: 1).last ?? ""
        let about = title.drop { $0 != ":" }.dropFirst(2)
        isHeldOfBreach = triggers.contains { about.hasPrefix($0) }
    }

    /// What its record says.
    mutating func note(_ record: IncidentRecord, _ configuration: Configuration) {
        state = record.state
        isBlind = !record.blind.isEmpty
        decision = record.decision
        hasBreach = false
        hasBreachToPage = false
        triggers = Set(record.breaches.map(\.trigger))
        for index in record.breaches.indices where record.breaches[index].cleared == nil {
            hasBreach = true
            let policy = configuration.policy(record.breaches[index].severity)
            if policy.action != .record { hasBreachToPage = true }
        }
        switch record.state {
        case .recovered, .cleared, .superseded:
            // All is well for now: what was kept back need not be said any more.
            if !hasBreach { isHeld = false }
        case .open, .awaitingApproval, .handedOver:
            // What was kept back about a breach that has cleared is over; a later one is another.
            if !hasBreach, isHeldOfBreach { isHeld = false }
        case .rollingBack, .verifying, .closed: break
        }
        // What was kept back and is over need not be told: whether it is told in time is checked
        // at every tick.
        if record.decision == "page", record.mutedBy == nil,
            configuration.policy[record.severity]?.page != nil
        {
            wasPageWanted = true
        }
    }

    /// Something is wrong, and only people can end it.
    var needsAnAnswer: Bool {
        switch state {
        case .open, .awaitingApproval, .handedOver: true
        case .recovered, .cleared, .superseded: hasBreach
        case .rollingBack, .verifying, .closed: false
        }
    }
}

/// How what acts by itself is configured.
struct AskerBook {
    var name: String
    var severity: Severity
    var mode: TriggerConfiguration.Mode
    var approveWithin: Duration?
    var onTimeout: OnTimeout?
}

extension ServiceConfiguration {
    /// How long an offer that ends in a rollback waits at least: its trigger's own time, or that of
    /// another one which joined it and ends so, too.
    fileprivate func shortestWait(_ asker: AskerBook, _ policies: [Policy]) -> Duration? {
        let common = policies.compactMap(\.approveWithin).min()
        let ends = triggers.filter {
            $0.name != asker.name
                && ($0.onTimeout.map { $0 == .rollback }
                    ?? policies.contains { $0.onTimeout == .rollback })
        }
        return ([asker.approveWithin] + ends.map(\.approveWithin))
            .compactMap { $0 ?? common }.min()
    }

    /// A trigger, or a rule about operations, of which one that is lost never acts.
    fileprivate func asker(_ name: String) -> AskerBook? {
        if name.hasPrefix("operation-") {
            let isLost = name.hasPrefix("operation-lost:")
            return AskerBook(
                name: name, severity: operations.severity,
                mode: isLost && operations.mode == .auto ? .page : operations.mode)
        }
        return triggers.first { $0.name == name }.map {
            AskerBook(
                name: name, severity: $0.severity, mode: $0.mode,
                approveWithin: $0.approveWithin, onTimeout: $0.onTimeout)
        }
    }
}
