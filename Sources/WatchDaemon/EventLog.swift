// What the journal of events records is in the log as well: `journalctl -u watchd` tells of a night
// what `watchctl events` does, and `journalctl WATCHD_INCIDENT=shop-17` what became of an incident.

import Logging
import Synchronization
import WatchCore

final class EventLog: Sendable {
    /// Ten thousand probes can change their verdicts at once, and journald drops what comes too
    /// fast (journald.conf(5), `RateLimitBurst=`), a decision among it: so many of these lines are
    /// written within `spell`, the rest is counted.
    static let verdictsPerSpell = 100
    static let spell = Duration.seconds(10)
    static let textLimit = 1000

    private struct Flood {
        var began: WallTime?
        var written = 0
        var withheld = 0
    }

    private let logger: Logger
    private let flood = Mutex(Flood())

    init(logger: Logger) { self.logger = logger }

    /// - Parameter incidents: as they are after the events.
    func note(_ events: [EventRecord], _ incidents: [IncidentRecord] = []) {
        for event in events {
            let level = Self.level(of: event.kind)
            guard !Self.isVerdict(event.kind) || level < .info || mayFlow(event) else { continue }
            logger.log(
                level: level, "\(Self.line(event))",
                metadata: Self.metadata(event, rollback: Self.rollback(of: event, incidents)))
        }
    }

    // MARK: - Floods

    private static func isVerdict(_ kind: String) -> Bool { kind.hasPrefix("trigger.") }

    /// Whether the line of a verdict is written. Spells go by the times of events.
    private func mayFlow(_ event: EventRecord) -> Bool {
        let (mayFlow, withheld) = flood.withLock { flood in
            var before = 0
            let age = flood.began.map { event.time - $0 } ?? Self.spell
            if age >= Self.spell || age < .zero {
                before = flood.withheld
                flood = Flood(began: event.time)
            }
            guard flood.written < Self.verdictsPerSpell else {
                flood.withheld += 1
                return (false, before)
            }
            flood.written += 1
            return (true, before)
        }
        if withheld > 0 {
            logger.warning(
                "\(withheld) more verdicts changed than are logged: watchctl events has them all")
        }
        return mayFlow
    }

    // MARK: - One event

    static func line(_ event: EventRecord) -> String {
        let whose = (event.incident ?? event.service).map { "\($0): " } ?? ""
        let reason = event.reason.flatMap { event.text.contains($0) ? nil : " (\($0))" } ?? ""
        let what = event.decision.map { "\(event.kind) \($0)" } ?? event.kind
        return printable("\(whose)\(what): \(event.text)\(reason)", limit: textLimit)
    }

    static func metadata(_ event: EventRecord, rollback: String?) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["event": "\(event.kind)"]
        let fields = [
            ("service", event.service), ("incident", event.incident), ("rollback", rollback),
            ("trigger", event.trigger), ("decision", event.decision), ("reason", event.reason),
        ]
        for (name, value) in fields {
            if let value { metadata[name] = "\(printable(value))" }
        }
        return metadata
    }

    /// The one that it names (`shop-17-r1`), or that its step belongs to: the last of its incident.
    static func rollback(of event: EventRecord, _ incidents: [IncidentRecord]) -> String? {
        guard let incident = event.incident else { return nil }
        let words = event.text.split { !($0.isLetter || $0.isNumber || "-._".contains($0)) }
        for word in words where word.hasPrefix("\(incident)-r") {
            let id = word.prefix { $0 != "." }
            let number = id.dropFirst(incident.count + 2)
            if !number.isEmpty, number.allSatisfy(\.isNumber) { return String(id) }
        }
        let subject = event.kind.prefix { $0 != "." }
        guard ofRollbacks.contains(String(subject)) else { return nil }
        return incidents.first { $0.id == incident }?.rollbacks.last?.id
    }

    private static let ofRollbacks: Set<String> = [
        "step", "gate", "method", "after", "verify", "walk-back",
    ]

    static func level(of kind: String) -> Logger.Level {
        if warnings.contains(kind) { return .warning }
        switch kind.prefix(while: { $0 != "." }) {
        case "trigger": return kind == "trigger.insufficient" ? .debug : .info
        case "decision", "incident", "rollback", "release", "approval", "daemon": return .notice
        default: return .info
        }
    }

    /// What somebody should have seen by morning.
    private static let warnings: Set<String> = [
        "after.failed", "approval.timed-out", "daemon.crashed", "drill.told-nobody",
        "incident.blind", "incident.handed-over", "operation.lost", "own-network.failed",
        "page.unanswered", "page.undelivered", "readiness.problem", "release.bad",
        "release.bad-redeployed", "rollback.not-done", "verify.not-landed", "walk-back.refused",
    ]
}
