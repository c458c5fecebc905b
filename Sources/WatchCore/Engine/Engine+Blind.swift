// What people can say to an incident of blind signals: that they look after it, and that it is
// over. Nothing was decided in it, so there is nothing to approve, deny, hold or take back.

extension Engine {
    /// nil: the command is about something else.
    mutating func answerForBlind(
        _ command: Command, by peer: Peer, at now: Moment
    ) -> (reply: CommandReply, effects: [Effect])? {
        guard let id = command.incident,
            let place = services.values.firstIndex(where: { $0.state.blind?.record.id == id })
        else { return nil }
        let owner = services.names[place]
        if case .acknowledge(_, let comment) = command {
            return on(owner, now) { $0.acknowledgeBlind(comment, by: peer, &$1) }
        }
        if case .resolve(_, let comment) = command {
            return on(owner, now) { $0.resolveBlind(comment, by: peer, &$1) }
        }
        let reply = CommandReply(
            status: .refused, reason: "blind",
            message: "\(id) is about a signal that cannot be measured; only `watchctl ack` and "
                + "`watchctl resolve` make sense for it")
        return (reply, [])
    }
}

extension Command {
    /// The incident it names.
    fileprivate var incident: String? {
        switch self {
        case .acknowledge(let id, _), .resolve(let id, _), .falseAlarm(let id, _),
            .approve(let id, _, _), .deny(let id, _), .hold(let id, _, _):
            id
        case .announce, .declare, .rollback, .schedule, .mark, .beginOperation, .endOperation,
            .beatOperation, .reachPhase, .drill, .abort, .stepDone, .arm, .disarm, .silence,
            .endSilence, .maintain, .endMaintenance:
            nil
        }
    }
}
