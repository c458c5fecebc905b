// Reads a transaction as a suspicious clerk would: every line must be allowed by those before.

import WatchCore

/// The time and the configuration under which a transaction was made. By reference: whoever waits
/// to be written down keeps it, and a configuration is long to copy.
final class Circumstances: Sendable {
    let now: Moment
    /// True time.
    let time: Int64
    let configuration: Configuration
    /// Rollbacks of which a step was really run.
    let acted: Set<String>
    /// Offers may be of another configuration.
    let wasReloaded: Bool
    /// How often the wall clock was set.
    let settings: Int

    init(
        now: Moment, time: Int64, configuration: Configuration, acted: Set<String>,
        wasReloaded: Bool = false, settings: Int = 0
    ) {
        self.settings = settings
        self.now = now
        self.time = time
        self.configuration = configuration
        self.acted = acted
        self.wasReloaded = wasReloaded
    }
}

extension Books {
    /// More pages of one incident to one channel within an hour are a storm …
    static let pagesPerHour = 40
    /// … unless each of the releases that ran had less: what the next one breaks is told.
    static let pagesPerRelease = 5

    mutating func take(_ transaction: Transaction, _ circumstances: Circumstances) throws(Violation)
    {
        // By place: records are long to copy.
        let (incidents, events) = (transaction.incidents, transaction.events)
        for place in incidents.indices { note(incidents[place], circumstances) }
        for place in events.indices { try read(events[place], transaction, circumstances) }
        for message in transaction.messages { try read(message, circumstances) }
        for place in incidents.indices { try close(incidents[place]) }
        try checkIncidents()
    }

    private mutating func note(_ record: IncidentRecord, _ circumstances: Circumstances) {
        guard closed[record.id] == nil else { return }
        let fresh = IncidentBook(opened: circumstances.time)
        services.change(record.service) {
            $0.open[record.id, default: fresh].note(record, circumstances.configuration)
        }
    }

    /// A closed incident has told whom it paged that it is over.
    private mutating func close(_ record: IncidentRecord) throws(Violation) {
        guard record.state == .closed,
            let book = services[record.service]?.open.removeValue(forKey: record.id)
        else { return }
        let missing = book.told.subtracting(book.resolved)
        if !missing.isEmpty {
            throw Violation(
                "sent-firing-implies-sent-resolved",
                "\(record.id) was closed, and \(missing.sorted()) were never told")
        }
        closed[record.id] = !book.told.isEmpty || !book.wasPageWanted
    }

    private func checkIncidents() throws(Violation) {
        // One of breaches, and beside it one of signals that cannot be measured.
        for place in services.keys.indices {
            guard let open = services[place]?.open, open.count > 1 else { continue }
            let blind = open.values.count(where: \.isBlind)
            guard blind > 1 || open.count - blind > 1 else { continue }
            throw Violation(
                "one-open-incident",
                "\(services.keys[place]) has \(open.keys.sorted()) open at once")
        }
    }

    // MARK: - Events

    /// What concerns the whole host.
    private mutating func readOfHost(_ event: EventRecord, _ circumstances: Circumstances) {
        switch event.kind {
        case "maintenance.ended", "silence.ended": quiet.forgetEnded(at: circumstances.now)
        case "own-network.failed": isOwnFault = true
        case "own-network.works": isOwnFault = false
        default: break
        }
    }

    private mutating func read(
        _ event: EventRecord, _ transaction: Transaction, _ circumstances: Circumstances
    ) throws(Violation) {
        readOfHost(event, circumstances)
        guard let name = event.service else { return }
        var box = services.takeOut(name)
        defer { services.putBack(&box, name) }
        try box[0]?.change { (service) throws(Violation) in
            try self.read(event, transaction, &service, name, circumstances)
        }
    }

    private mutating func read(
        _ event: EventRecord, _ transaction: Transaction, _ service: inout ServiceBook,
        _ name: String, _ circumstances: Circumstances
    ) throws(Violation) {
        switch event.kind {
        case "trigger.breached", "trigger.cleared", "trigger.removed":
            service.noteBreach(event, at: circumstances.time)
        case "release.detected":
            let isOther = service.running.map { old in
                event.release.map { !old.matches($0) } ?? true
            }
            service.running = event.release
            if event.reason == "rollback" { service.putByRollback = event.release?.version }
            if event.reason != "rollback", isOther ?? true { service.putByRollback = nil }
            if isOther ?? true { service.noteRelease(at: circumstances.time) }
            guard isOther ?? true, let configuration = circumstances.configuration.service(name)
            else { break }
            for trigger in configuration.triggers where trigger.mode != .veto {
                service.breached[trigger.name] = nil
            }
        case "release.bad":
            if let version = event.release?.version {
                service.bad[version] = true
                service.good.remove(version)
            }
        case "release.good", "release.baking":
            if let version = event.release?.version {
                service.bad[version] = false
                if event.kind == "release.good" { service.good.insert(version) }
            }
        case "incident.false-alarm":
            // It lifts the verdict on the release that the incident is about.
            let about = transaction.incidents.last { $0.id == event.incident }?.release
            if let about { service.bad[about.version] = false }
        case "page.not-repeated", "page.muted": service.noteUntold(event)
        case "approval.offered", "approval.void", "approval.denied", "approval.expired",
            "approval.approved":
            service.noteOffer(event, circumstances)
        case "verify.landed": service.rollback?.hasLanded = true
        case "verify.not-landed":
            service.rollback?.hasLanded = false
            service.isSettled = false
        case "verify.settled": service.isSettled = true
        case "rollback.began":
            try began(event, transaction, &service, name, circumstances)
        case "rollback.ended":
            service.isSettled = false
            if let rollback = service.rollback, rollback.isAutomatic,
                circumstances.acted.contains(rollback.id)
            {
                service.ends.append(circumstances.now)
            }
            service.ended = service.rollback.map { ($0, circumstances.now) }
            service.rollback = nil
            service.own = nil
        case "operation.lost", "rollback.unscheduled", "rollback.not-done", "rollback.due",
            "step.started", "step.finished":
            try service.read(operationEvent: event, transaction, circumstances)
        default: break
        }
    }

    private func began(
        _ event: EventRecord, _ transaction: Transaction, _ service: inout ServiceBook,
        _ name: String, _ circumstances: Circumstances
    ) throws(Violation) {
        let incidents = transaction.incidents
        guard let incident = event.incident,
            let record = incidents.last(where: { $0.id == incident })?.rollbacks.last
        else { throw Violation("rollback-recorded", "\(name): a rollback without a record") }
        if let other = service.rollback {
            throw Violation(
                "one-rollback-at-a-time", "\(record.id) begins while \(other.id) runs")
        }
        let isAutomatic = event.reason == "watchd"
        if isAutomatic {
            for (other, book) in services where other != name {
                if let running = book.rollback, running.isAutomatic {
                    throw Violation(
                        "one-rollback-at-a-time", "\(record.id) begins while \(running.id) runs")
                }
            }
        }
        if isAutomatic {
            let allowed = transaction.services[name]?.rollbackInspection?.plan.walkBack
            try walk(record, incident, &service, circumstances.now, allowed: allowed ?? 0)
            try mayAct(record, incidents.last { $0.id == incident }, service, circumstances)
        }
        let isHandOf = incidents.last { $0.id == incident }?.reason ?? ""
        service.rollback = RollbackBook(
            id: record.id, incident: incident, isAutomatic: isAutomatic,
            trigger: isHandOf.hasPrefix("trigger:") ? String(isHandOf.dropFirst(8)) : nil,
            from: record.from, to: record.to, plan: record.plan)
    }

    // MARK: - Messages

    /// Of the host itself: whoever was told that it fails is told that it works again, once.
    private mutating func readOfHost(_ outbox: OutboxMessage) throws(Violation) {
        let key = "\(outbox.message.dedupKey) \(outbox.channel)"
        switch outbox.message.kind {
        case .page, .update: hostTold.insert(key)
        case .resolve:
            guard hostTold.remove(key) == nil else { return }
            throw Violation("resolved-without-firing", "\(outbox.id): \(outbox.message.title)")
        }
    }

    private mutating func read(
        _ outbox: OutboxMessage, _ circumstances: Circumstances
    ) throws(Violation) {
        let message = outbox.message
        // Whether a plan would work is told, and taken back, outside any incident.
        guard message.service != "watchd", message.incident != nil else {
            return try readOfHost(outbox)
        }
        guard let incident = message.incident,
            var book = services[message.service]?.open.removeValue(forKey: incident)
        else {
            if message.kind == .resolve {
                throw Violation("resolved-without-firing", "\(outbox.id): \(message.title)")
            }
            return
        }
        defer { services[message.service]?.open[incident] = book }
        switch message.kind {
        case .page, .update:
            book.told.insert(outbox.channel)
            if message.kind == .page {
                book.isHeld = false
                try mayPage(outbox, book, circumstances)
                let hour = circumstances.time - 3600 * Clock.second
                var times = book.pages[outbox.channel, default: []].filter { $0 > hour }
                times.append(circumstances.time)
                let releases = book.releases.count { $0 > hour }
                if times.count > Swift.max(Self.pagesPerHour, releases * Self.pagesPerRelease) {
                    throw Violation(
                        "no-page-storm",
                        "\(incident) paged \(outbox.channel) \(times.count) times within an hour")
                }
                book.pages[outbox.channel] = times
            }
        case .resolve:
            guard book.told.contains(outbox.channel) else {
                throw Violation(
                    "resolved-without-firing",
                    "\(outbox.channel) never heard of \(incident): \(message.title)")
            }
            guard book.resolved.insert(outbox.channel).inserted else {
                throw Violation(
                    "resolved-once", "\(outbox.channel) is told twice that \(incident) is over")
            }
        }
    }
}

extension ServiceBook {
    fileprivate mutating func noteBreach(_ event: EventRecord, at time: Int64) {
        guard let trigger = event.trigger else { return }
        let began = event.kind == "trigger.breached"
        breached[trigger] = began ? time : nil
        if began { breachedIn[trigger] = event.release?.version }
    }

    /// A page was kept back; or they were told before it was, and it is the same still.
    fileprivate mutating func noteUntold(_ event: EventRecord) {
        guard let id = event.incident else { return }
        if event.kind == "page.muted" {
            open[id]?.noteHeld(event)
        } else if !(open[id]?.told.isEmpty ?? true) {
            open[id]?.isHeld = false
        }
    }
}
