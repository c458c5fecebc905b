// What the service's own questions print, from the real programs to incident, message and report:
// redacted before it is stored anywhere, and never waited for.

import Foundation
import TestServers
import Testing
import WatchCore

@Suite(.daemonSlot, .timeLimit(.minutes(10)))
struct AssessTests {
    private func host() throws -> Host {
        let host = try Host()
        try host.write(
            "sessions", host.script("echo '312 sessions of patient 4711'\necho more of 4712"))
        try host.write("hang", host.script("sleep 600"))
        let questions = """
            redact: ['47[0-9][0-9]']
                assess:
                  - { name: open sessions, exec: ["\(host.path("sessions"))"] }
                  - { name: queue, exec: ["\(host.path("hang"))"], timeout: 500ms }
                rollback: { plan: shop }
            """
        try host.write(
            "watchd.yaml",
            host.text("watchd.yaml").replacing("rollback: { plan: shop }", with: questions))
        return host
    }

    /// Files below the state directory that hold these bytes.
    private func places(of text: String, in directory: String) throws -> [String] {
        let files = FileManager.default.enumerator(atPath: directory)
        var found: [String] = []
        while let name = files?.nextObject() as? String {
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)") else {
                continue
            }
            if data.range(of: Data(text.utf8)) != nil { found.append(name) }
        }
        return found
    }

    @Test func theirAnswersAreInIncidentMessageAndReportAndRedacted() async throws {
        let host = try host()
        let daemon = try RunningDaemon(host)
        try await letBadReleaseIn(daemon, host)
        let recovered = try #require(await daemon.event("incident.recovered"))
        #expect(host.runs == Host.onceEach)
        let id = try #require(recovered.incident)
        let detail = try await daemon.get(IncidentDetail.self, "/v1/incidents/\(id)")
        let asked = detail.incident.assessments ?? []
        #expect(asked.map(\.occasion) == [.opened, .opened, .beforeRollback, .beforeRollback])
        let sessions = asked.filter { $0.name == "open sessions" }
        #expect(sessions.map(\.line) == Array(repeating: "312 sessions of patient ***", count: 2))
        #expect(sessions[0].result?.output == "312 sessions of patient ***\nmore of ***\n")
        let queue = asked.filter { $0.name == "queue" }
        #expect(queue.allSatisfy { $0.line.hasPrefix("did not end in time") }, "\(queue)")
        // What a program printed lies nowhere as it was.
        #expect(try places(of: "patient 4711", in: host.path("state")) == [])
        // Nor does what must not be stored itself.
        #expect(try places(of: "47[0-9]", in: host.path("state")) == [])
        let report = try await watchctl(["report", id, "--socket", daemon.socket])
        #expect(report.output.contains("312 sessions of patient"))
        let shown = try await watchctl(["incident", id, "--socket", daemon.socket])
        #expect(shown.output.contains("assessed before the rollback's first step"))
        #expect(shown.output.contains("open sessions: 312 sessions of patient ***"))
        let listed = try await daemon.get([IncidentRecord].self, "/v1/incidents")
        #expect(listed.first?.assessments?.first?.result?.output == "")
    }
}
