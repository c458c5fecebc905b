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
        services[service].map { service in
            ServiceInspection(
                restarted: service.restarted,
                isSettledAfterRollback: service.isSettledAfterRollback,
                rollback: service.state.rollbackInspection,
                incident: service.state.incident?.record)
        }
    }

    package func verdict(_ service: String, _ trigger: String) -> VerdictName? {
        services[service]?.triggers[trigger]?.verdict.name
    }

    /// When the windows were last restarted.
    package func restarted(_ service: String) -> Instant? { services[service]?.restarted }

    /// What a window of a signal holds at `now`.
    package mutating func sums(
        _ service: String, _ signal: String, _ width: Duration, now: Instant
    ) -> WindowSums? {
        let probe = services[service]?.probes[signal]?.windows.sums(width: width, now: now)
        let sums = probe ?? services[service]?.streams[signal]?.windows.sums(width: width, now: now)
        return sums.map { WindowSums(count: $0.count, errors: $0.errors) }
    }

    package func hasRollback(_ service: String) -> Bool {
        services[service]?.state.rollback != nil
    }

    package func hasIncident(_ service: String) -> Bool {
        services[service]?.state.incident != nil
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
