// That it was a false alarm often shows only the next morning, when the incident is closed and its
// record is the store's. Whoever has the record hands it in; it is written back with the mark.

extension Engine {
    /// - Parameter record: of a closed incident, as it is stored.
    public mutating func markFalseAlarm(
        _ record: IncidentRecord, comment: String, by peer: Peer, at now: Moment
    ) -> (reply: CommandReply, effects: [Effect]) {
        noteGap(now)
        judging = !mode.judgesAtTicksOnly
        return on(record.service, now) {
            $0.falseAlarm(closed: record, comment, by: peer, &$1)
        }
    }
}

extension ServiceEngine {
    fileprivate mutating func falseAlarm(
        closed record: IncidentRecord, _ comment: String, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        guard record.state == .closed, record.blind.isEmpty else {
            return CommandReply(
                status: .refused, reason: record.blind.isEmpty ? "open" : "blind",
                message: record.blind.isEmpty
                    ? "\(record.id) is being closed just now; try again"
                    : "\(record.id) was about a signal that could not be measured: nothing was "
                        + "blamed for it",
                incident: record.id)
        }
        var marked = record
        marked.isFalseAlarm = true
        context.incidents.append(marked)
        liftVerdict(of: marked, by: peer, &context)
        var said = event(
            "incident.false-alarm", context, reason: peer.name,
            text: Self.said("marked as a false alarm by \(peer.onRecord)", comment))
        said.incident = record.id
        context.events.append(said)
        return CommandReply(
            status: .done, message: "\(record.id) is marked as a false alarm",
            incident: record.id)
    }

    /// What its rollbacks went away from was blamed, and what ran when it opened. What another
    /// incident's rollback proved stands.
    mutating func liftVerdict(
        of record: IncidentRecord, by peer: Peer, _ context: inout Context
    ) {
        let own = record.rollbacks.map { Self.verdict(of: $0.id) }
        let blamed = record.rollbacks.map(\.from) + [record.release].compactMap { $0 }
        for identity in blamed {
            guard let release = state.book.release(identity), release.standing == .bad else {
                continue
            }
            let isAnothers =
                release.standingReason.hasPrefix(Self.verdict(of: ""))
                && !own.contains { release.standingReason.hasPrefix($0) }
            guard !isAnothers else { continue }
            state.book.mark(identity, .baking, reason: "false alarm, says \(peer.name)")
            context.isDirty = true
        }
    }

    /// How the reason begins for which a rollback made a release bad.
    static func verdict(of rollback: String) -> String {
        "rolled back from by \(rollback)" + (rollback.isEmpty ? "" : ",")
    }
}
