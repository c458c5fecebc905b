// What the simulator may see of the engine besides its effects, to hold it against its own books.
// Nothing here decides anything, and the daemon has no use for it.

/// One service as the engine sees it.
package struct ServiceInspection {
    /// Windows hold samples from here on.
    package var restarted: Instant
    /// The window and warm-up rules are those of a settled rollback.
    package var isSettledAfterRollback: Bool
    package var rollback: RollbackInspection?
    package var incident: IncidentRecord?
    /// No rule can say that the incident is over.
    package var isForPeople: Bool
}

package struct RollbackInspection {
    package var id: String
    package var isAutomatic: Bool
    package var from: ReleaseIdentity
    package var to: ReleaseIdentity
    package var plan: Plan
}

package struct WindowSums: Hashable {
    package var count: Int
    package var errors: Int

    package init(count: Int, errors: Int) {
        self.count = count
        self.errors = errors
    }
}

extension Engine {
    package func inspect(_ service: String) -> ServiceInspection? {
        services.place(of: service).map { place in
            ServiceInspection(
                restarted: services.values[place].restarted,
                isSettledAfterRollback: services.values[place].isSettledAfterRollback,
                rollback: services.values[place].state.rollbackInspection,
                incident: services.values[place].state.incident?.record,
                isForPeople: services.values[place].state.incident?.isForPeople ?? false)
        }
    }

    /// Of a rollback that runs: its gates were overridden by whoever asked for it.
    package func isForced(_ rollback: String) -> Bool {
        services.values.contains {
            $0.state.$rollback.peek { $0.id == rollback && $0.isForced } ?? false
        }
    }

    // Mutating, though nothing changes: asked at every event, and looked at in place. Otherwise the
    // whole engine is copied first.

    package mutating func verdict(_ service: String, _ trigger: String) -> VerdictName? {
        services.place(of: service).flatMap { services.values[$0].triggers[trigger]?.verdict.name }
    }

    /// When its verdicts were last computed.
    package mutating func judged(_ service: String) -> Instant? {
        services.place(of: service).flatMap { services.values[$0].lastJudged }
    }

    /// When the windows were last restarted.
    package mutating func restarted(_ service: String) -> Instant? {
        services.place(of: service).map { services.values[$0].restarted }
    }

    /// What a window of a signal holds at `now`.
    package mutating func sums(
        _ service: String, _ signal: String, _ width: Duration, now: Instant
    ) -> WindowSums? {
        guard let place = services.place(of: service) else { return nil }
        return services.values[place].sums(signal, width, now: now)
            .map { WindowSums(count: $0.count, errors: $0.errors) }
    }

    package func hasRollback(_ service: String) -> Bool {
        services.place(of: service).map { services.values[$0].state.hasRollback } ?? false
    }

    package func hasIncident(_ service: String) -> Bool {
        services.place(of: service).map { services.values[$0].state.hasIncident } ?? false
    }
}

extension ServiceEngine {
    fileprivate mutating func sums(
        _ signal: String, _ width: Duration, now: Instant
    ) -> SignalWindows.Sums? {
        if let place = probes.place(of: signal) {
            return probes.values[place].windows.sums(width: width, now: now)
        }
        return streams.place(of: signal).map {
            streams.values[$0].windows.sums(width: width, now: now)
        }
    }
}

extension ServiceState {
    /// The task whose answer is waited for.
    package var pendingTask: StepTask? { rollback?.pending }
    package var rollbackID: String? { rollback?.id }
    package var incidentID: String? { incident?.record.id }

    package var rollbackInspection: RollbackInspection? {
        rollback.map {
            RollbackInspection(
                id: $0.id, isAutomatic: $0.asker.isAutomatic, from: $0.from, to: $0.to,
                plan: $0.plan)
        }
    }
}
