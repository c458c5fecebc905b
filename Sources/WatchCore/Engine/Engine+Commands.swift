// What people and pipelines ask for. Each act is recorded with who asked.

extension Engine {
    /// Carries out a command; the reply says what came of it.
    public mutating func perform(
        _ command: Command, by peer: Peer, at now: Moment
    ) -> (reply: CommandReply, effects: [Effect]) {
        noteGap(now)
        judging = !mode.judgesAtTicksOnly
        if let answer = answerForBlind(command, by: peer, at: now) { return answer }
        switch command {
        case .announce(let service, let release, let fields):
            return on(service, now) { $0.announce(release, fields: fields, by: peer, &$1) }
        case .declare(let service, let severity, let reason):
            return on(service, now) { $0.declare(severity, reason, by: peer, &$1) }
        case .rollback(let service, let to, let reason, let dryRun, let force):
            return on(service, now) {
                let request = RollbackRequest(
                    to: to, reason: reason, isDryRun: dryRun, isForced: force)
                return $0.rollback(request, by: peer, &$1)
            }
        case .mark(let service, let version, let standing, let reason):
            return on(service, now) { $0.mark(version, standing, reason, by: peer, &$1) }
        case .beginOperation(let request):
            return on(request.service, now) { $0.beginOperation(request, by: peer, &$1) }
        case .endOperation(let service, let operation, let status):
            return on(service, now) { $0.endOperation(operation, status, by: peer, &$1) }
        case .beatOperation(let service, let operation):
            return on(service, now) { $0.beatOperation(operation, $1) }
        case .reachPhase(let service, let operation, let phase):
            return on(service, now) { $0.reachPhase(phase, of: operation, by: peer, &$1) }
        case .acknowledge(let incident, let comment):
            return onIncident(incident, now) { $0.acknowledge(comment, by: peer, &$1) }
        case .resolve(let incident, let comment):
            return onIncident(incident, now) { $0.resolve(comment, by: peer, &$1) }
        case .falseAlarm(let incident, let comment):
            return onIncident(incident, now) { $0.falseAlarm(comment, by: peer, &$1) }
        case .approve(let incident, let method, let comment):
            return onIncident(incident, now) { $0.approve(method, comment, by: peer, &$1) }
        case .deny(let incident, let comment):
            return onIncident(incident, now) { $0.deny(comment, by: peer, &$1) }
        case .hold(let incident, let duration, let comment):
            return onIncident(incident, now) { $0.hold(duration, comment, by: peer, &$1) }
        case .schedule(let request):
            return on(request.service, now) {
                let rollback = RollbackRequest(
                    to: request.to, reason: request.reason, isDryRun: request.isDryRun,
                    isForced: request.isForced)
                return $0.schedule(rollback, at: request.at, by: peer, &$1)
            }
        case .drill(let request): return drill(request, by: peer, at: now)
        case .abort(let rollback, let reason):
            if let place = services.values.firstIndex(where: { $0.state.scheduled?.id == rollback })
            {
                return on(services.names[place], now) { $0.abortScheduled(reason, by: peer, &$1) }
            }
            return onRollback(rollback, now) { $0.abort(reason, by: peer, &$1) }
        case .stepDone(let rollback, let succeeded, let comment, let step):
            return onRollback(rollback, now) {
                $0.stepDone(succeeded, step, comment, by: peer, &$1)
            }
        case .arm(let service, let reason):
            return switchArming(true, service, nil, reason, by: peer, at: now)
        case .disarm(let service, let duration, let reason):
            return switchArming(false, service, duration, reason, by: peer, at: now)
        case .silence(let request): return silence(request, by: peer, at: now)
        case .endSilence(let id): return endSilence(id, by: peer, at: now)
        case .maintain(let request): return maintain(request, by: peer, at: now)
        case .endMaintenance(let service): return endMaintenance(service, by: peer, at: now)
        }
    }

    mutating func on(
        _ name: String, _ now: Moment,
        _ body: (inout ServiceEngine, inout Context) -> CommandReply
    ) -> (reply: CommandReply, effects: [Effect]) {
        guard let place = services.place(of: name),
            configuration.service(name) != nil || services.values[place].state.isUnfinished
        else {
            let known = configuration.services.map(\.name).joined(separator: ", ")
            return (
                CommandReply(
                    status: .notFound,
                    message: "no service '\(printable(name))' is configured; there is \(known)"), []
            )
        }
        var reply = CommandReply(status: .notFound, message: "")
        let effects = update(name, now) { service, context in
            reply = body(&service, &context)
            service.tick(&context)
        }
        return (reply, effects)
    }

    private mutating func onRollback(
        _ id: String, _ now: Moment,
        _ body: (inout ServiceEngine, inout Context) -> CommandReply
    ) -> (reply: CommandReply, effects: [Effect]) {
        // By its incident, too: that is what people have at hand.
        let place = services.values.firstIndex { service in
            service.state.rollback.map {
                $0.id == id || service.state.incident?.record.id == id
            } ?? false
        }
        guard let place else {
            let message = "no rollback '\(printable(id))' runs"
            return (CommandReply(status: .notFound, message: message), [])
        }
        return on(services.names[place], now, body)
    }

    private mutating func onIncident(
        _ id: String, _ now: Moment,
        _ body: (inout ServiceEngine, inout Context) -> CommandReply
    ) -> (reply: CommandReply, effects: [Effect]) {
        guard
            let place = services.values.firstIndex(where: { $0.state.incident?.record.id == id })
        else {
            let open = services.values.compactMap {
                $0.state.incident?.record.id ?? $0.state.blind?.record.id
            }
            let hint = open.isEmpty ? "none is open" : "open: \(open.joined(separator: ", "))"
            let what =
                wasIncident(id)
                ? "incident '\(id)' is closed" : "no incident '\(printable(id))' is open"
            return (CommandReply(status: .notFound, message: "\(what) (\(hint))"), [])
        }
        return on(services.names[place], now, body)
    }

    /// Whether `id` has the form of an incident that was opened before: numbers never come again.
    private func wasIncident(_ id: String) -> Bool {
        guard let dash = id.lastIndex(of: "-"), let number = Int(id[id.index(after: dash)...])
        else { return false }
        return services.place(of: String(id[..<dash])) != nil && number > 0
            && number < host.nextNumber
    }

    /// A decision is made when a breach begins, so whoever arms now must do the rest, too.
    private static func undecided(_ open: [String]) -> String {
        open.isEmpty
            ? ""
            : "; what has breached already is not decided anew: " + open.joined(separator: ", ")
    }

    private mutating func switchArming(
        _ arm: Bool, _ service: String?, _ duration: Duration?, _ reason: String, by peer: Peer,
        at now: Moment
    ) -> (reply: CommandReply, effects: [Effect]) {
        let until = duration.map { Moment(boot: now.boot + $0, wall: now.wall + $0) }
        let arming = Arming(
            isArmed: arm, by: peer.name, reason: printable(reason), since: now, until: until)
        let what = arm ? "armed" : "disarmed"
        let span = duration.map { " for \($0.text)" } ?? ""
        let said = "\(what)\(span) by \(peer.onRecord): \(printable(reason))"
        if let service {
            return on(service, now) { engine, context in
                engine.state.arming = arm ? nil : arming
                context.isDirty = true
                context.events.append(
                    engine.event(
                        what, context, reason: peer.name,
                        text: "\(service) \(said)"))
                let host = context.host.arming.isArmed(at: now)
                let note =
                    arm && !host
                    ? "; the host is still disarmed (`watchctl arm --reason \"…\"`)" : ""
                let open = arm ? engine.undecidedByArming : nil
                return CommandReply(
                    status: .done,
                    message: "\(service) \(what)\(span)\(note)"
                        + Self.undecided([open].compactMap { $0 }))
            }
        }
        host.arming = arming
        let event = EventRecord(
            time: now.wall, kind: what, reason: peer.name,
            text: "host \(said)")
        let open = arm ? services.values.compactMap(\.undecidedByArming) : []
        return (
            CommandReply(
                status: .done, message: "host \(what)\(span)" + Self.undecided(open)),
            [.persist(Transaction(host: host, events: [event]))]
        )
    }
}

extension ServiceEngine {
    /// An incident that arming comes too late for, with what to do about it.
    fileprivate var undecidedByArming: String? {
        guard let incident = state.incident, incident.hasOpenBreach, !state.hasRollback else {
            return nil
        }
        let id = incident.record.id
        return incident.approval == nil
            ? "for \(id) `watchctl rollback \(name)`" : "for \(id) `watchctl approve \(id)`"
    }
}

/// What a person wants rolled back, and how.
struct RollbackRequest: Hashable, Sendable {
    var to: String?
    var reason: String
    var isDryRun: Bool
    var isForced: Bool
}
