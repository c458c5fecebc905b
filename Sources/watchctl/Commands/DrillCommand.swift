// `watchctl drill PLAN`: begins a drill, tells how it goes, and what came of it. The drill is the
// daemon's: whatever becomes of this program, it goes on.

import ArgumentParser
import WatchCore
import WatchSystem

struct DrillCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "drill", abstract: "Rehearse a plan on the service that it names for that.",
        discussion: """
            Exit status: 0 it passed; 1 it did not (with --strict also when a component was late); \
            4 it may not begin, or a gate forbade it; 3 nobody could be asked how it ended.
            """)

    private static let askEvery = Duration.seconds(1)
    /// A watchd that is restarted comes back within this time.
    private static let patience = Duration.minutes(2)

    @OptionGroup var common: CommonOptions
    @Argument var plan: String
    @Option(help: "The release to go back to (default: as the plan says).") var to: String?
    @Option(help: "Only this method of the plan.") var method: String?
    @Option(help: "Recorded with it.") var reason: String?
    @Flag(help: "Only ask the gates, and say what would be done.") var dryRun = false
    @Flag(help: "Exit with 1 also when a component took longer than its target.")
    var strict = false

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        let path = apiPath("plans", plan, "drill")
        let body: [String: JSONValue] = [
            "to": optional(to), "method": optional(method), "reason": optional(reason),
            "dry_run": .bool(dryRun),
        ]
        if dryRun { return try await session.tellDry(path, body) }
        let reply = try session.client.decode(
            CommandReply.self, try await session.client.post(path, body))
        guard let incident = reply.incident else {
            throw Failure(.unknown, "the daemon does not say which drill has begun")
        }
        if !session.json {
            let id = safe(reply.rollback ?? incident)
            session.output.lines(
                [Line(safe(reply.message, limit: 1000))] + session.plan(reply)
                    + [Line("To stop it: watchctl abort \(id)", .dim)], session.theme)
        }
        return try answer(try await follow(incident, session), session)
    }

    /// Until it has ended.
    private func follow(
        _ incident: String, _ session: Session
    ) async throws(Failure) -> DrillRecord {
        let clock = SystemTime()
        var progress = DrillProgress()
        var heard = clock.now().boot
        while true {
            do throws(Failure) {
                let detail = try session.client.decode(
                    IncidentDetail.self,
                    try await session.client.get(apiPath("incidents", incident)))
                heard = clock.now().boot
                let news = progress.news(detail)
                if !session.json { session.output.lines(news.map { Line($0) }, session.theme) }
                if let drill = detail.incident.drill, drill.outcome != .running { return drill }
            } catch {
                guard error.status == .unknown, clock.now().boot - heard < Self.patience else {
                    throw error
                }
            }
            try? await Task.sleep(for: .nanoseconds(Self.askEvery.nanoseconds))
        }
    }

    private func answer(
        _ drill: DrillRecord, _ session: Session
    ) throws(Failure) -> ExitStatus {
        if session.json {
            guard let bytes = try? WireJSON.encode(drill) else {
                throw Failure(.unknown, "the answer cannot be written as JSON")
            }
            session.output.json(bytes)
        } else {
            session.output.lines(DrillRendering.lines(drill, session.theme), session.theme)
        }
        return Self.status(drill, strict: strict)
    }

    static func status(_ drill: DrillRecord, strict: Bool) -> ExitStatus {
        switch drill.outcome {
        case .passed: strict && !drill.late.isEmpty ? .badNews : .fine
        case .failed, .aborted, .running: .badNews
        case .withdrawn: .refused
        }
    }
}

/// What of a drill was not told yet.
struct DrillProgress {
    private static let told: Set<String> = [
        "step.started", "step.finished", "step.waiting", "method.next", "rollback.stopping",
        "verify.landing", "verify.landed", "verify.not-landed", "verify.settled",
        "drill.told-nobody", "after.failed",
    ]
    private var last: Int64 = 0

    mutating func news(_ detail: IncidentDetail) -> [String] {
        let news = detail.timeline.filter { $0.id > last }
        last = news.map(\.id).max() ?? last
        return news.filter { Self.told.contains($0.kind) }
            .map { "\(Figures.clock($0.time))  \(safe($0.text, limit: 1000))" }
    }
}
