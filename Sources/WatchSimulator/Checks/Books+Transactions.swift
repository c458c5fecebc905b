// Reads a transaction as a suspicious clerk would: every line must be allowed by those before.

import WatchCore

/// The time and the configuration under which a transaction was made.
struct Circumstances {
    var now: Moment
    /// True time.
    var time: Int64
    var configuration: Configuration
    /// Rollbacks of which a step was really run.
    var acted: Set<String>
    /// What the plan of the rollback that the transaction stores allows.
    var walkBack: Int?
    /// Offers may be of another configuration.
    var wasReloaded = false
}

extension Books {
    /// More pages of one incident to one channel within an hour are a storm …
    static let pagesPerHour = 40
    /// … unless each of the releases that ran had less: what the next one breaks is told.
    static let pagesPerRelease = 5

    mutating func take(_ transaction: Transaction, _ circumstances: Circumstances) throws(Violation)
    {
        var circumstances = circumstances
        for state in transaction.services.values {
            circumstances.walkBack = state.rollbackInspection?.plan.walkBack
        }
        for record in transaction.incidents { note(record, circumstances) }
        for event in transaction.events {
            try read(event, transaction.incidents, circumstances)
        }
        for message in transaction.messages { try read(message, circumstances) }
        for record in transaction.incidents { try close(record) }
        try checkIncidents()
    }

    private mutating func note(_ record: IncidentRecord, _ circumstances: Circumstances) {
        guard closed[record.id] == nil else { return }
        if services[record.service] == nil { services[record.service] = ServiceBook() }
        let fresh = IncidentBook(opened: circumstances.time)
        services[record.service]?.open[record.id, default: fresh].state = record.state
        services[record.service]?.open[record.id]?.isBlind = !record.blind.isEmpty
        let policy = circumstances.configuration.policy[record.severity]
        services[record.service]?.open[record.id]?.hasBreach =
            record.breaches.contains { $0.cleared == nil }
        services[record.service]?.open[record.id]?.hasBreachToPage =
            record.breaches.contains {
                $0.cleared == nil
                    && circumstances.configuration.policy($0.severity).action != .record
            }
        services[record.service]?.open[record.id]?.decision = record.decision
        switch record.state {
        case .recovered, .cleared, .superseded:
            // All is well for now: what was kept back need not be said any more.
            if !record.breaches.contains(where: { $0.cleared == nil }) {
                services[record.service]?.open[record.id]?.isHeld = false
            }
        case .open, .awaitingApproval, .rollingBack, .verifying, .handedOver, .closed: break
        }
        // What was kept back and is over need not be told: whether it is told in time is checked
        // at every tick.
        let isExplained = record.mutedBy != nil
        if policy?.page != nil, record.decision == "page", !isExplained {
            services[record.service]?.open[record.id]?.wasPageWanted = true
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
        for (name, service) in services where service.open.count > 1 {
            let blind = service.open.values.filter(\.isBlind).count
            guard blind > 1 || service.open.count - blind > 1 else { continue }
            throw Violation(
                "one-open-incident", "\(name) has \(service.open.keys.sorted()) open at once")
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
        _ event: EventRecord, _ incidents: [IncidentRecord], _ circumstances: Circumstances
    ) throws(Violation) {
        readOfHost(event, circumstances)
        guard let name = event.service else { return }
        var service = services[name] ?? ServiceBook()
        defer { services[name] = service }
        switch event.kind {
        case "trigger.breached":
            if let trigger = event.trigger { service.breached[trigger] = circumstances.time }
        case "trigger.cleared", "trigger.removed":
            if let trigger = event.trigger { service.breached[trigger] = nil }
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
            if let about = incidents.last(where: { $0.id == event.incident })?.release {
                service.bad[about.version] = false
            }
        case "page.muted":
            if let id = event.incident { service.open[id]?.isHeld = true }
        case "approval.offered":
            service.offered = service.running
            service.offeredAt = circumstances.now
        case "approval.void", "approval.denied", "approval.expired", "approval.approved":
            service.offered = nil
            service.expiredAfter =
                event.kind == "approval.expired"
                ? service.offeredAt.map { circumstances.now.boot - $0.boot } : nil
        case "verify.landed": service.rollback?.hasLanded = true
        case "verify.not-landed":
            service.rollback?.hasLanded = false
            service.isSettled = false
        case "verify.settled": service.isSettled = true
        case "rollback.began":
            try began(event, incidents, &service, name, circumstances)
        case "rollback.ended":
            service.isSettled = false
            if let rollback = service.rollback, rollback.isAutomatic,
                circumstances.acted.contains(rollback.id)
            {
                service.ends.append(circumstances.now)
            }
            service.ended = service.rollback.map { ($0, circumstances.now) }
            service.rollback = nil
        default: break
        }
    }

    private func began(
        _ event: EventRecord, _ incidents: [IncidentRecord], _ service: inout ServiceBook,
        _ name: String, _ circumstances: Circumstances
    ) throws(Violation) {
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
            try walk(record, incident, &service, circumstances)
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
        guard message.service != "watchd" else { return try readOfHost(outbox) }
        guard let incident = message.incident,
            var book = services[message.service]?.open[incident]
        else {
            if message.kind == .resolve {
                throw Violation("resolved-without-firing", "\(outbox.id): \(message.title)")
            }
            return
        }
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
        services[message.service]?.open[incident] = book
    }
}
