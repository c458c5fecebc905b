// A rollback begins with its gates, and what they say is the answer to whoever asked for it: so it
// is waited for. The rollback is the daemon's: whatever becomes of this program, it goes on.

import WatchCore
import WatchSystem

struct GateWait {
    enum Answer {
        /// Nothing forbade it: it has begun.
        case goes(RollbackRecord)
        /// Nothing was touched; the stable code.
        case withdrawn(RollbackRecord, reason: String?)
    }

    static let askEvery = Duration.milliseconds(250)
    /// A watchd that is restarted comes back within this time.
    static let patience = Duration.minutes(2)
    /// Gates have time limits of their own; this is for those that wait for people.
    static let longest = Duration.minutes(30)

    let incident: String
    let rollback: String

    func answer(_ session: Session) async throws(Failure) -> Answer {
        let clock = SystemTime()
        let began = clock.now().boot
        var heard = began
        while clock.now().boot - began < Self.longest {
            do throws(Failure) {
                let detail = try session.client.decode(
                    IncidentDetail.self,
                    try await session.client.get(apiPath("incidents", incident)))
                heard = clock.now().boot
                if let answer = answer(in: detail.incident) { return answer }
            } catch {
                guard error.status == .unknown, clock.now().boot - heard < Self.patience else {
                    throw error
                }
            }
            try? await Task.sleep(for: .nanoseconds(Self.askEvery.nanoseconds))
        }
        throw Failure(
            .unknown,
            "the gates have not answered within \(Self.longest.text); it is still asked: "
                + "`watchctl incident \(safe(incident))` shows it, `watchctl abort "
                + "\(safe(rollback))` stops it")
    }

    /// nil: not yet.
    func answer(in incident: IncidentRecord) -> Answer? {
        guard let record = incident.rollbacks.first(where: { $0.id == rollback }) else {
            return nil
        }
        let isTouched = record.steps.contains { !$0.title.hasPrefix("gate ") }
        switch record.state {
        case .gates: return nil
        case .aborted where !isTouched, .failed where !isTouched:
            return .withdrawn(record, reason: incident.reason)
        case .before, .methods, .after, .landing, .curing, .recovered, .failed, .aborted:
            return .goes(record)
        }
    }
}
