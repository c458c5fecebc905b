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
        /// Whoever may approve need not be one of those who may read.
        case hidden(String)
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
                if error.status == .refused { return .hidden(error.message) }
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

extension GateWait {
    /// Waits, and says what the answer is. Returns when the rollback goes on.
    /// - Throws: that it was withdrawn, and why.
    func report(_ session: Session) async throws(Failure) {
        switch try await answer(session) {
        case .goes(let rollback):
            guard !session.json else { return }
            let what =
                rollback.ended == nil ? "nothing forbids it, it has begun" : rollback.state.rawValue
            session.output.lines([Line("\(safe(rollback.id)): \(what)")], session.theme)
        case .hidden(let why):
            guard !session.json else { return }
            session.output.lines(
                [Line("what its gates say cannot be waited for: \(safe(why, limit: 1000))")],
                session.theme)
        case .withdrawn(let rollback, let reason):
            let code = reason ?? rollback.state.rawValue
            let why = rollback.note ?? "nothing was changed"
            // As the daemon says it of what it refuses at once.
            let reply: [String: JSONValue] = [
                "code": .string(code), "message": .string(why),
                "incident": .string(incident), "rollback": .string(rollback.id),
            ]
            throw Failure(
                .refused, "refused (\(safe(code))): \(safe(why, limit: 1000))",
                reply: try? WireJSON.encode(JSONValue.object(reply)))
        }
    }
}

extension Session {
    /// Posts what may begin a rollback; the gates' answer is the answer to whoever asked.
    /// - Parameter follows: says how to see what becomes of it.
    func tellAndWait(
        _ path: String, _ body: [String: JSONValue], waits: Bool, follows: Bool = true
    ) async throws(Failure) -> ExitStatus {
        let answer = try await client.post(path, body)
        let reply = try client.decode(CommandReply.self, answer)
        if !json {
            output.lines([Line(safe(reply.message, limit: 1000))], theme)
            if follows, let incident = reply.incident {
                output.lines(
                    [Line("Follow it with: watchctl incident \(safe(incident))", .dim)], theme)
            }
        }
        if waits, let incident = reply.incident, let rollback = reply.rollback {
            try await GateWait(incident: incident, rollback: rollback).report(self)
        }
        if json { output.json(answer) }
        return .fine
    }
}
