// The log tells what the journal of events does, with fields to find it by, and is not flooded.

import Logging
import Synchronization
import Testing
import WatchCore

@testable import WatchDaemon

/// Keeps what is logged.
private final class Paper: Sendable {
    struct Entry: Sendable {
        var level: Logger.Level
        var text: String
        var metadata: [String: String]
    }

    private let kept = Mutex<[Entry]>([])

    var entries: [Entry] { kept.withLock { $0 } }

    var logger: Logger {
        Logger(label: "test") { _ in Writer(paper: self) }
    }

    private struct Writer: LogHandler {
        let paper: Paper
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        init(paper: Paper) { self.paper = paper }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 })
            let entry = Entry(
                level: event.level, text: "\(event.message)",
                metadata: all.mapValues { "\($0)" })
            paper.kept.withLock { $0.append(entry) }
        }
    }
}

struct EventLogTests {
    private let paper = Paper()
    private let noon = WallTime(nanoseconds: 1_700_000_000_000_000_000)

    private func event(
        _ kind: String, _ text: String = "text", incident: String? = "shop-17",
        decision: String? = nil, reason: String? = nil, at time: WallTime? = nil
    ) -> EventRecord {
        EventRecord(
            time: time ?? noon, service: "shop", incident: incident, kind: kind,
            decision: decision, reason: reason, text: text)
    }

    private func incident(rollbacks: [String]) -> IncidentRecord {
        let release = ReleaseIdentity(version: "2.0.0")
        return IncidentRecord(
            id: "shop-17", service: "shop", state: .rollingBack, severity: .critical, opened: noon,
            rollbacks: rollbacks.map {
                RollbackRecord(
                    id: $0, plan: "p", from: release, to: release, state: .methods,
                    askedBy: "watchd", began: noon)
            })
    }

    @Test func aDecisionIsALineWithTheFieldsToFindItBy() {
        EventLog(logger: paper.logger).note([
            event(
                "decision", "2.0.0 → 1.9.0", decision: "rollback", reason: "trigger:5xx storm")
        ])
        let entry = paper.entries.first
        #expect(entry?.level == .notice)
        #expect(
            entry?.text == "shop-17: decision rollback: 2.0.0 → 1.9.0 (trigger:5xx storm)")
        #expect(entry?.metadata["incident"] == "shop-17")
        #expect(entry?.metadata["service"] == "shop")
        #expect(entry?.metadata["reason"] == "trigger:5xx storm")
    }

    @Test func aStepNamesItsRollback() {
        let incidents = [incident(rollbacks: ["shop-17-r1", "shop-17-r2"])]
        EventLog(logger: paper.logger).note(
            [
                event("step.started", "m0s0 link"),
                event("rollback.ended", "rollback shop-17-r1 failed: why"),
                event("step.waiting", "shop-17-r1.m0s0t1 waits"),
                event("rollback.scheduled", "at 02:00, of shop-17-release"),
                event("page.escalated"),
            ], incidents)
        #expect(
            paper.entries.map { $0.metadata["rollback"] }
                == ["shop-17-r2", "shop-17-r1", "shop-17-r1", nil, nil])
    }

    @Test func anEventIsOneLineWhateverIsInIt() {
        EventLog(logger: paper.logger).note([event("step.finished", "a\nb\u{1b}[31m")])
        #expect(paper.entries.map(\.text) == ["shop-17: step.finished: a?b?[31m"])
    }

    @Test(arguments: [
        ("incident.opened", Logger.Level.notice), ("incident.handed-over", .warning),
        ("rollback.began", .notice), ("step.finished", .info), ("release.detected", .notice),
        ("trigger.breached", .info), ("trigger.insufficient", .debug),
        ("daemon.started", .notice), ("daemon.crashed", .warning),
        ("page.undelivered", .warning), ("something.new", .info),
    ])
    func levelsSayWhatMatters(kind: String, level: Logger.Level) {
        #expect(EventLog.level(of: kind) == level)
    }

    @Test func tenThousandVerdictsAtOnceDoNotFloodAndDecisionsGetThrough() {
        let log = EventLog(logger: paper.logger)
        for _ in 1...10_000 { log.note([event("trigger.breached", incident: nil)]) }
        log.note([event("decision", decision: "page")])
        #expect(paper.entries.count == EventLog.verdictsPerSpell + 1)
        #expect(paper.entries.last?.text.contains("decision page") ?? false)
        log.note([event("trigger.cleared", at: noon + EventLog.spell)])
        let last = paper.entries.suffix(2)
        #expect(last.first?.text.contains("9900 more verdicts") ?? false, "\(last)")
        #expect(last.last?.text.contains("trigger.cleared") ?? false)
    }

    @Test func aClockThatIsSetBackBeginsAnew() {
        let log = EventLog(logger: paper.logger)
        for _ in 1...200 { log.note([event("trigger.breached")]) }
        log.note([event("trigger.breached", at: noon - .hours(1))])
        #expect(paper.entries.count == EventLog.verdictsPerSpell + 2)
    }

    @Test func theJournalGetsTheFieldsOfTheContract() {
        let metadata = EventLog.metadata(event("step.started"), rollback: "shop-17-r1")
        #expect(
            JournalLogHandler.fields("text", .warning, metadata) == [
                "MESSAGE=text", "PRIORITY=4", "SYSLOG_IDENTIFIER=watchd",
                "WATCHD_EVENT=step.started", "WATCHD_INCIDENT=shop-17",
                "WATCHD_ROLLBACK=shop-17-r1", "WATCHD_SERVICE=shop",
            ])
    }

    @Test(arguments: [
        ("shop-17/3/ops-chat", "shop-17"), ("sign-in-8/12/a", "sign-in-8"),
        ("test-17/ops-chat", nil), ("connectivity/page/ops-chat", nil), ("", nil),
    ])
    func aMessageNamesItsIncident(id: String, incident: String?) {
        #expect(DeliveryLog.incident(of: id).map(String.init) == incident)
    }

    // MARK: - Starts

    private func start(after kind: String?) -> EventRecord {
        RunHistory.start(
            after: kind.map { EventRecord(time: noon, kind: $0, text: "") },
            heard: noon + .hours(1), version: "1.2.3", at: noon + .hours(2))
    }

    @Test func aStartSaysHowTheRunBeforeEnded() {
        #expect(start(after: nil).kind == "daemon.started")
        #expect(start(after: "daemon.stopped").kind == "daemon.started")
        #expect(start(after: "daemon.stopped").text.contains("stopped at \(noon.text)"))
        for kind in ["daemon.started", "daemon.crashed"] {
            let crashed = start(after: kind)
            #expect(crashed.kind == "daemon.crashed")
            #expect(crashed.text.contains("killed, crashed, or no power"))
            #expect(crashed.text.contains((noon + .hours(1)).text), "\(crashed.text)")
        }
    }
}
