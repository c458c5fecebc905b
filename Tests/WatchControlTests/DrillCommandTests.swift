// `watchctl drill`: what is asked for, how it goes, and the exit status that scripts see.

import TestServers
import Testing
import WatchSystem

@testable import WatchControl
@testable import WatchCore

@Suite(.enabled(if: runsAsRoot, "root may act without groups")) struct DrillCommandTests {
    private func drill(
        _ outcome: DrillRecord.Outcome, took: Duration = .minutes(17), reason: String? = nil
    ) -> IncidentRecord {
        let began = WallTime.seconds(1_800_000_000)
        var rollback = RollbackRecord(
            id: "copy-7-r1", plan: "shop", from: ReleaseIdentity(version: "2.0.0"),
            to: ReleaseIdentity(version: "1.9.0"), state: .recovered, askedBy: "alice",
            began: began, ended: began + .minutes(20))
        var step = RollbackRecord.StepRecord(
            task: "t", title: "method m: application", command: "unit", began: began, took: took)
        step.target = .minutes(15)
        rollback.steps = [step]
        var incident = IncidentRecord(
            id: "copy-7", service: "copy", state: .closed, severity: .low, opened: began)
        incident.rollbacks = [rollback]
        var record = DrillRecord(rollback, of: "copy", incident: "copy-7")
        record.end(rollback, outcome, reason: reason, text: "because")
        incident.drill = record
        return incident
    }

    private func run(
        _ incident: IncidentRecord, _ arguments: String...
    ) async throws -> (result: ProgramResult, commands: [Command]) {
        try await withServer { server in
            server.backend.set(
                reply: CommandReply(
                    status: .done, message: "drill copy-7-r1 has begun", incident: "copy-7",
                    rollback: "copy-7-r1"))
            server.backend.set(incident: incident)
            let result = try await watchctl(
                ["drill", "shop", "--socket", server.path] + arguments)
            return (result, server.backend.commands.map(\.0))
        }
    }

    @Test func whatIsAskedForArrives() async throws {
        let (_, commands) = try await run(
            drill(.passed), "--to", "1.9.0", "--method", "m", "--reason", "monthly")
        #expect(
            commands == [
                .drill(DrillRequest(plan: "shop", to: "1.9.0", method: "m", reason: "monthly"))
            ])
    }

    @Test func eachComponentIsShownBesideItsTarget() async throws {
        let (result, _) = try await run(drill(.passed))
        #expect(result.status == 0)
        #expect(result.output.contains("component"))
        let line = result.output.split(separator: "\n").first { $0.contains("application") }
        #expect(line?.contains("17m") ?? false)
        #expect(line?.contains("15m") ?? false)
        #expect(line?.hasSuffix("over") ?? false)
        #expect(result.output.contains("passed in 20m, late: method m: application took 17m"))
    }

    @Test func whatWasInTimeIsSaidToBe() async throws {
        let (result, _) = try await run(drill(.passed, took: .minutes(9)))
        let line = result.output.split(separator: "\n").first { $0.contains("application") }
        #expect(line?.hasSuffix("within") ?? false, "\(result.output)")
    }

    @Test func beingLateIsBadNewsOnlyWhereThatIsWanted() async throws {
        let (late, _) = try await run(drill(.passed), "--strict")
        #expect(late.status == 1)
        let (inTime, _) = try await run(drill(.passed, took: .minutes(9)), "--strict")
        #expect(inTime.status == 0)
    }

    @Test func theExitStatusSaysHowItEnded() async throws {
        let (failed, _) = try await run(drill(.failed, reason: "not-landed"))
        #expect(failed.status == 1)
        let (aborted, _) = try await run(drill(.aborted, reason: "aborted"))
        #expect(aborted.status == 1)
        let (gate, _) = try await run(drill(.withdrawn, reason: "gate-blocked:migration"))
        #expect(gate.status == 4)
        #expect(gate.output.contains("withdrawn (gate-blocked:migration)"))
    }

    @Test func theResultIsJSON() async throws {
        let (result, _) = try await run(drill(.passed), "--json")
        let record = try WireJSON.decode(DrillRecord.self, from: Array(result.output.utf8))
        #expect(record == drill(.passed).drill)
    }

    @Test func aRefusalIsFour() async throws {
        try await withServer { server in
            server.backend.set(
                reply: CommandReply(status: .refused, reason: "busy", message: "not now"))
            let result = try await watchctl(["drill", "shop", "--socket", server.path])
            #expect(result.status == 4)
        }
    }

    /// Of a real one as of a drill.
    @Test func whatWasLateIsMarkedInTheIncident() async throws {
        var incident = drill(.passed)
        incident.drill = nil
        incident.rollbacks[0].verifying = incident.opened + .minutes(17)
        incident.rollbacks[0].landed = incident.opened + .minutes(18)
        incident.rollbacks[0].verifyTarget = 60
        try await withServer { server in
            server.backend.set(incident: incident)
            let result = try await watchctl(["incident", "copy-7", "--socket", server.path])
            #expect(result.output.contains("15m, late"))
            #expect(result.output.contains("validation took 2m, target 1m, late"))
        }
    }

    @Test func drillsAreNumbersToo() {
        var report = Fixtures.report
        let record = drill(.passed).drill
        report.drills = [
            DrillStatus(
                plan: "shop", service: "copy", every: 3600, overdue: true, text: "old", age: 7200,
                last: record, passed: record),
            DrillStatus(
                plan: "api", service: "api-copy", every: nil, overdue: false, text: "never drilled",
                age: nil, last: nil, passed: nil),
        ]
        let text = Metrics.text(report)
        for line in [
            #"watchd_plan_drill_age_seconds{plan="shop",service="copy"} 7200"#,
            #"watchd_plan_drill_success{plan="shop",service="copy"} 1"#,
            #"watchd_plan_drill_overdue{plan="shop",service="copy"} 1"#,
            #"watchd_plan_drill_overdue{plan="api",service="api-copy"} 0"#,
        ] {
            #expect(text.contains(line), "\(line)")
        }
        #expect(!text.contains(#"drill_success{plan="api""#))
    }

    /// A drill is no trouble: neither for `status` nor for whoever counts incidents.
    @Test func itsIncidentIsNoBadNews() async throws {
        var report = Fixtures.report
        var incident = drill(.running)
        incident.state = .rollingBack
        report.services[0].incident = incident
        #expect(Metrics.text(report).contains(#"watchd_incident_open{service="shop"} 0"#))
        try await withServer { server in
            server.backend.set(report: report)
            let result = try await watchctl(["status", "--socket", server.path])
            #expect(result.status == 0)
        }
    }
}
