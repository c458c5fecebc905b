// The report must tell whoever was asleep what happened, when, why, and who said what; and nothing
// that others said may become markup in it.

import Testing

@testable import WatchCore

@Suite struct IncidentReportTests {
    /// A whole story: a breach, an offer, an approval, a gate, two steps, a cure.
    private func story() -> IncidentReport {
        let gates = [
            Gate(
                name: "migration", action: .unit(name: "gate", with: nil), timeout: .seconds(10))
        ]
        let world = World.offering(plan: World.plan(gates: gates))
        world.answer = { world, task in
            var result = world.obey(task)
            result?.output = "said by \(task.title)\n<script>alert(1)</script> | `x` *y*"
            return result
        }
        world.approve()
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        let record = world.records.values.first
        let id = record?.id ?? ""
        let messages = world.messages.filter { $0.message.incident == id }.map {
            Delivery(
                id: $0.id, channel: $0.channel, title: $0.message.title, state: .sent,
                attempts: 1, queued: $0.message.time, sent: $0.message.time)
        }
        let detail = IncidentDetail(
            incident: record
                ?? IncidentRecord(
                    id: "none", service: "shop", state: .open, severity: .low, opened: .seconds(0)),
            timeline: world.allEvents.filter { $0.incident == id })
        return IncidentReport(detail, messages: messages, at: world.now.wall)
    }

    @Test func itTellsTheWholeStory() {
        let report = story()
        let text = report.markdown
        for part in [
            "# Incident shop-", "**downtime**", "**data lost**", "storm",
            "error\\_rate(access, 10s)",
            "approval:alice", "gate migration", "method symlink: activate",
            "said by gate migration",
            "2.0.0 → 1.0.0", "approval.approved", "incident.recovered", "chat", "rollback.began",
        ] {
            #expect(text.contains(part), "\(part) is missing")
        }
        #expect(report.times.downtime ?? 0 > 0)
        #expect(report.losses.isEmpty)
        #expect(report.people.map(\.kind).contains("approval.approved"))
    }

    @Test func whatTookLongerThanItOughtToIsMarked() {
        var report = story()
        let ended = report.incident.rollbacks[0].ended ?? .seconds(0)
        report.incident.rollbacks[0].steps[0].target = .milliseconds(1)
        report.incident.rollbacks[0].steps[0].took = .seconds(4)
        report.incident.rollbacks[0].landed = ended - .seconds(70)
        report.incident.rollbacks[0].verifyTarget = 60
        #expect(report.markdown.contains("4s (late, target 1ms)"))
        #expect(report.markdown.contains("validation took 1m10s, target 1m: late"))
    }

    @Test func whatOthersSaidIsNoMarkup() {
        let report = story()
        #expect(!report.html.contains("<script>"))
        #expect(report.html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        #expect(!ReportMarkdown.inline("<b>|`x`").contains("<b>"))
        #expect(ReportMarkdown.inline("a|b") == "a\\|b")
        #expect(ReportMarkdown.inline("one\ntwo\u{1B}[31m") == "one?two?\\[31m")
    }

    @Test func theHTMLAsksNobodyForAnything() {
        let html = story().html
        for part in ["http://", "https://", "src=", "href=", "@import", "url("] {
            #expect(!html.contains(part), "\(part)")
        }
        #expect(html.contains("Content-Security-Policy"))
    }

    @Test func aFenceHoldsWhateverIsInIt() {
        let text = ReportMarkdown.block(.output("a\n````\nb"))
        #expect(text == "`````text\na\n````\nb\n`````")
    }

    @Test func everyRowHasAsManyCellsAsItsHead() {
        for block in story().blocks {
            guard case .table(let head, let rows) = block else { continue }
            #expect(rows.allSatisfy { $0.count == head.count }, "\(head)")
        }
    }

    @Test func whatAMethodLosesIsNamed() {
        let world = World.offering(plan: World.plan(methods: [World.restore()]))
        world.approve("restore", by: World.cto)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        let detail = IncidentDetail(
            incident: world.records.values.first ?? story().incident, timeline: [])
        let report = IncidentReport(detail, messages: [], at: world.now.wall)
        #expect(report.losses == ["orders since the last backup"])
        #expect(report.markdown.contains("orders since the last backup"))
        #expect(report.markdown.contains("No message was sent"))
    }
}
