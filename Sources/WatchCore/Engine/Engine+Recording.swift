// Commands after which somebody goes on only when they are durable: a command that is guarded, a
// phase that is to be undone, an hour that people rely on. What was refused because the store takes
// nothing does not happen later, when it does again.

extension Command {
    /// Whoever says so goes on only when it is durable.
    public var mustBeRecorded: Bool {
        switch self {
        case .beginOperation, .reachPhase, .schedule, .drill, .rollback, .approve: true
        case .announce, .acknowledge, .resolve, .falseAlarm, .deny, .hold, .declare, .abort,
            .stepDone, .arm, .disarm, .endOperation, .beatOperation, .mark, .silence, .endSilence,
            .maintain, .endMaintenance:
            false
        }
    }

    /// The same when it is known what was answered: the first word of two people begins nothing,
    /// and counts until watchd is restarted.
    public func mustBeRecorded(_ reply: CommandReply) -> Bool {
        if case .approve = self, reply.rollback == nil { return false }
        return mustBeRecorded && reply.status == .done
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

    /// Undoes a command that was refused because it could not be recorded.
    ///
    /// - Parameters:
    ///   - reply: what the engine had answered.
    ///   - effects: what it had wanted, none of which was done.
    public mutating func takeBack(
        _ command: Command, _ reply: CommandReply, _ effects: [Effect], because problem: String,
        at now: Moment
    ) -> [Effect] {
        switch command {
        case .schedule(let request):
            return update(request.service, now) { $0.takeBackScheduled(reply.rollback, &$1) }
        case .beginOperation(let request):
            return update(request.service, now) { $0.takeBack(operation: request.operation, &$1) }
        case .reachPhase(let service, let operation, let phase):
            return update(service, now) { $0.takeBack(phase: phase, of: operation, &$1) }
        case .rollback, .approve, .drill:
            // Now, and not when the queue gets to it: there might be room again by then.
            guard let id = reply.rollback,
                let name = services.names.first(where: { services[$0]?.state.rollback?.id == id })
            else { return [] }
            let skipped = effects.compactMap { effect in
                if case .run(let task) = effect { task.id } else { nil }
            }
            return update(name, now) { service, context in
                guard !(service.state.rollback?.hasRunStep(besides: skipped) ?? true) else {
                    return
                }
                service.storeFailed(problem, skipped: skipped, &context)
            }
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
