// Signals that cannot be measured for long (DESIGN §5 "No data"): an incident of its own kind,
// beside the one of the breaches, so that nothing of it stands in the way of a decision. It pages,
// and does nothing else; the message that it is over goes out when sight returns.

/// How long a signal has been blind, or seen again.
struct SightTimer: Hashable, Sendable, Codable {
    var since: Instant
    var text: String
    /// Measured again since then; a glimpse does not end the blindness.
    var seenSince: Instant?
    /// A person closed its incident: no other is opened for the same blindness.
    var isDismissed: Bool?
}

extension ServiceEngine {
    /// A signal must be blind for so long.
    static let blindFor = Duration.minutes(5)

    mutating func watchSight(_ context: inout Context) {
        let now = context.now.boot
        // Once a second is enough, and there may be thousands of signals.
        guard sightSecond != now.second else { return }
        sightSecond = now.second
        if isAllSeen(now) { return }
        look(&context)
    }

    /// Nothing is or was blind: mostly so, and apart from the rest, for which the compiler makes a
    /// copy of the service.
    private mutating func isAllSeen(_ now: Instant) -> Bool {
        guard ownFault == nil, sight.isEmpty, !state.hasBlind else { return false }
        for place in probes.indices where probes.values[place].health.isBlind { return false }
        for place in streams.indices {
            let noDataAfter = configuration.streams[place].noDataAfter
            guard streams.values[place].health.isBeyondDoubt(now: now, noDataAfter: noDataAfter)
            else { return false }
        }
        return true
    }

    @inline(never)
    private mutating func look(_ context: inout Context) {
        let now = context.now.boot
        // The host's own fault is told once, for the host.
        if ownFault != nil {
            for signal in sight.keys { sight[signal]?.seenSince = nil }
            return
        }
        for place in probes.indices where !sight.isEmpty || probes.values[place].health.isBlind {
            // It is blind with its journey, of which people are told.
            if configuration.probes[place].isStep { continue }
            note(blindCause(of: probes.names[place], now: now), of: probes.names[place], now)
        }
        for name in streams.names { note(blindCause(of: name, now: now), of: name, now) }
        guard !sight.isEmpty || state.hasBlind else { return }
        // What is not configured any more is not missed.
        for signal in sight.keys where source(of: signal) == nil { sight[signal] = nil }
        for (signal, timer) in sight.sorted(by: { $0.key < $1.key })
        where now - timer.since >= Self.blindFor && !isKnownBlind(signal)
            && !(timer.isDismissed ?? false)
        {
            openBlind(signal, timer, &context)
        }
        clearBlind(&context)
    }

    private mutating func note(_ cause: BlindCause?, of signal: String, _ now: Instant) {
        if let cause {
            var timer = sight[signal] ?? SightTimer(since: now, text: cause.text)
            timer.seenSince = nil
            if timer.since == now || now - timer.since >= Self.blindFor { timer.text = cause.text }
            sight[signal] = timer
        } else if sight.isEmpty {
            return
        } else if let seen = sight[signal]?.seenSince {
            if now - seen >= configuration.judgement.clearFor { sight[signal] = nil }
        } else {
            sight[signal]?.seenSince = now
        }
    }

    private func isKnownBlind(_ signal: String) -> Bool {
        state.blind?.record.blind.contains { $0.signal == signal && $0.cleared == nil } ?? false
    }

    private mutating func openBlind(
        _ signal: String, _ timer: SightTimer, _ context: inout Context
    ) {
        let reason = Self.reason(ofBlindness: timer.text, isProbe: probes.place(of: signal) != nil)
        let users = configuration.triggers.filter {
            $0.mode != .shadow && signals(of: $0).contains(signal)
        }
        let severity = users.map(\.severity).max() ?? .low
        if !state.hasBlind {
            let id = "\(name)-\(context.nextNumber())"
            let record = IncidentRecord(
                id: id, service: name, state: .open, severity: severity,
                opened: context.now.wall, release: state.book.running?.release,
                decision: "page", reason: reason)
            state.blind = Incident(record: record, opened: context.now)
        }
        let worst = Swift.max(state.blind?.record.severity ?? severity, severity)
        state.blind?.record.severity = worst
        state.blind?.record.reason = reason
        state.blind?.record.append(
            IncidentRecord.BlindSignal(
                signal: signal, reason: reason, text: timer.text,
                began: context.now.wall(at: timer.since)))
        context.isDirty = true
        context.events.append(
            event(
                "incident.blind", context, reason: reason, slot: .blindness,
                text: "\(signal) cannot be measured: \(timer.text)"))
        let isRecord =
            configuration.noData == .record || context.configuration.policy(worst).action == .record
        if isRecord {
            state.blind?.record.decision = "record"
            return
        }
        send(
            .page, slot: .blindness, about: .blindness,
            title: "\(name): \(signal) cannot be measured (\(reason))",
            text: Self.consequence(timer.text, users), reason: reason, &context)
    }

    private static func consequence(_ why: String, _ users: [TriggerConfiguration]) -> String {
        let names = users.map { "'\($0.name)'" }.joined(separator: ", ")
        let guarded =
            users.isEmpty
            ? "No trigger uses it." : "Nothing is judged or rolled back by \(names) meanwhile."
        return "For \(blindFor.text): \(why). \(guarded) Other signals are watched as always."
    }

    /// `unreadable` of `unreadable: no such file`; what a probe says is about its connection.
    static func reason(ofBlindness text: String, isProbe: Bool) -> String {
        if isProbe { return "connectivity" }
        return String(text.prefix { $0 != ":" })
    }

    private mutating func clearBlind(_ context: inout Context) {
        guard let incident = state.blind else { return }
        for index in incident.record.blind.indices
        where incident.record.blind[index].cleared == nil
            && sight[incident.record.blind[index].signal] == nil
        {
            let signal = incident.record.blind[index].signal
            state.blind?.record.blind[index].cleared = context.now.wall
            context.isDirty = true
            context.events.append(
                event(
                    "incident.sees-again", context, slot: .blindness,
                    text: "\(signal) is measured again"))
        }
        guard state.blind?.record.blind.allSatisfy({ $0.cleared != nil }) ?? false else { return }
        closeBlind("all is measured again", &context)
    }

    mutating func closeBlind(_ why: String, _ context: inout Context) {
        guard state.hasBlind else { return }
        context.isDirty = true
        context.events.append(event("incident.closed", context, slot: .blindness, text: why))
        state.blind?.record.state = .cleared
        sendResolve(why, slot: .blindness, &context)
        state.blind?.record.state = .closed
        state.blind?.record.closed = context.now.wall
        if let record = state.blind?.record { context.incidents.append(record) }
        state.blind = nil
    }

    // MARK: - What people say to it

    mutating func acknowledgeBlind(
        _ comment: String, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        let id = state.blind?.record.id
        state.blind?.record.acknowledgedBy = peer.name
        state.blind?.acknowledgedUntil = nil
        state.blind?.escalateAt = nil
        context.isDirty = true
        context.events.append(
            event(
                "incident.acknowledged", context, reason: peer.name, slot: .blindness,
                text: Self.said("\(peer.onRecord) answered", comment)))
        return CommandReply(
            status: .done, message: "\(id ?? "") acknowledged by \(peer.name)", incident: id)
    }

    mutating func resolveBlind(
        _ comment: String, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        let id = state.blind?.record.id
        for blind in state.blind?.record.blind ?? [] where blind.cleared == nil {
            sight[blind.signal]?.isDismissed = true
        }
        closeBlind(Self.said("\(Self.resolvedBy) \(peer.onRecord)", comment), &context)
        return CommandReply(status: .done, message: "\(id ?? "") resolved", incident: id)
    }

    /// After a restart: what was blind for long still is, until it is seen.
    func sightAtStart(_ now: Moment) -> [String: SightTimer] {
        var sight: [String: SightTimer] = [:]
        for blind in state.blind?.record.blind ?? [] where blind.cleared == nil {
            let began = Swift.min(now.wall, blind.began)
            sight[blind.signal] = SightTimer(since: now.instant(at: began), text: blind.text)
        }
        return sight
    }
}
