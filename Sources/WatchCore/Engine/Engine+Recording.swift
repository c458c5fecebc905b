// Commands after which somebody goes on only when they are durable: a command that is guarded, a
// phase that is to be undone, an hour that people rely on. What was refused because the store takes
// nothing does not happen later, when it does again.

extension Command {
    /// Whoever says so goes on only when it is durable.
    public var mustBeRecorded: Bool {
        switch self {
        case .beginOperation, .reachPhase, .schedule, .drill: true
        case .announce, .acknowledge, .resolve, .falseAlarm, .approve, .deny, .hold, .declare,
            .rollback, .abort, .stepDone, .arm, .disarm, .endOperation, .beatOperation, .mark,
            .silence, .endSilence, .maintain, .endMaintenance:
            false
        }
    }

    /// Without what can not be taken back: that waits for `Engine.recorded`.
    public var untilRecorded: Command {
        guard case .beginOperation(var request) = self else { return self }
        request.announces = false
        return .beginOperation(request)
    }
}

extension Engine {
    /// What follows once the command is durable.
    public mutating func recorded(
        _ command: Command, by peer: Peer, at now: Moment
    ) -> [Effect] {
        guard case .beginOperation(let request) = command, request.release != nil else { return [] }
        return update(request.service, now) { service, context in
            service.announceRelease(of: request.operation, by: peer, &context)
            service.tick(touched: .nothing, &context)
        }
    }

    /// Undoes a command that was refused because it could not be recorded. A drill needs none of
    /// this: that its first step was skipped withdraws it.
    ///
    /// - Parameter reply: what the engine had answered.
    public mutating func takeBack(
        _ command: Command, _ reply: CommandReply, at now: Moment
    ) -> [Effect] {
        switch command {
        case .schedule(let request):
            return update(request.service, now) { $0.takeBackScheduled(reply.rollback, &$1) }
        case .beginOperation(let request):
            return update(request.service, now) { $0.takeBack(operation: request.operation, &$1) }
        case .reachPhase(let service, let operation, let phase):
            return update(service, now) { $0.takeBack(phase: phase, of: operation, &$1) }
        default: return []
        }
    }
}

extension ServiceEngine {
    private static let notRecorded = "it could not be recorded, and was refused"

    fileprivate mutating func takeBackScheduled(_ id: String?, _ context: inout Context) {
        guard let id, state.scheduled?.id == id else { return }
        state.scheduled = nil
        noteTakenBack("rollback.unscheduled", "\(id): \(Self.notRecorded)", &context)
    }

    fileprivate mutating func takeBack(operation: String, _ context: inout Context) {
        guard state.operation(operation) != nil else { return }
        forget(operation)
        if let last = state.operationPhases?.lastIndex(where: { $0.operation == operation }) {
            state.operationPhases?.remove(at: last)
        }
        noteTakenBack(
            "operation.ended", "operation '\(operation)' never began: \(Self.notRecorded)",
            &context)
    }

    fileprivate mutating func takeBack(
        phase: String, of operation: String, _ context: inout Context
    ) {
        guard state.phases(of: operation)?.phases.last == phase else { return }
        state.updatePhases(of: operation) { $0.phases.removeLast() }
        noteTakenBack(
            "operation.phase-refused",
            "phase \(phase) of operation '\(operation)' does not count: \(Self.notRecorded)",
            &context)
    }

    private mutating func noteTakenBack(
        _ kind: String, _ text: String, _ context: inout Context
    ) {
        context.isDirty = true
        context.events.append(
            event(kind, context, reason: Reason.storeUnavailable.code, text: text))
    }
}
