// Sentences with a cause or a remedy in them are read whole, however narrow the terminal; and
// nothing is cut where there is no terminal, because somebody reads the file later.

import Foundation
import TestServers
import Testing
import WatchCore

@testable import WatchControl
@testable import watchctl

@Suite struct WrappingTests {
    private func rendered(
        _ width: Int, colour: Bool = false, _ render: (Theme) -> [Line]
    ) -> [String] {
        let theme = Theme(width: width, colour: colour, now: Fixtures.now)
        return render(theme).flatMap {
            $0.text(theme).split(separator: "\n", omittingEmptySubsequences: false)
                .map(String.init)
        }
    }

    private func flat(_ lines: [String]) -> String {
        lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
    }

    private static var troubled: StatusReport {
        var report = Fixtures.report
        report.armed.reason = "the migration of Friday is still under way, ask alice before arming"
        report.storeProblem =
            "write /var/lib/watchd/watchd.db: No space left on device; free some or move the state"
        report.ownNetwork = "no connectivity target can be reached (tcp://192.0.2.1:53: time-out)"
        report.services[0].readiness.text =
            "would page: the gate 'migration' has said no since the schema was changed"
        report.services[0].readiness.problem =
            "three releases in a row were replaced before they were good; shorten bake to 10m"
        report.services[0].readiness.plans = [
            .init(
                plan: "shop-symlink", works: false, reason: "gate-blocked",
                text: "gate migration: exit 10, the schema of 2.0.0 cannot be read by 1.9.0; "
                    + "write a down migration first", target: nil)
        ]
        report.services[0].sources[1].problem =
            "the answer has no 'version'; look at json: { version: $.version } in the file"
        var incident = Fixtures.offering(perMethod: true)
        incident.offer?.ways[0].loses =
            "all orders since the last backup, which is that of last night at 02:00"
        report.services[0].incident = incident
        return report
    }

    @Test(arguments: [60, 80, 100]) func theStatusIsWrappedAndNotCut(width: Int) {
        let report = Self.troubled
        let lines = rendered(width) { StatusRendering.lines(report, $0) }
        let text = flat(lines)
        for whole in [
            report.armed.reason, report.storeProblem, report.ownNetwork,
            report.services[0].readiness.text, report.services[0].readiness.problem,
            report.services[0].readiness.plans?.first?.text, report.services[0].sources[1].problem,
            report.services[0].incident?.offer?.ways[0].loses,
        ] {
            #expect(text.contains(whole ?? "?"), "\(whole ?? "") in \(text)")
        }
        for line in lines { #expect(displayWidth(line) <= width, "\(line)") }
        // Below what they belong to, not at the margin.
        #expect(lines.contains { $0.hasPrefix("             ") && $0.contains("shorten bake") })
    }

    @Test func whatIsWrappedKeepsItsColour() {
        let lines = rendered(60, colour: true) { StatusRendering.lines(Self.troubled, $0) }
        let problem = lines.filter { $0.contains("releases") || $0.contains("shorten bake") }
        #expect(problem.count >= 2)
        #expect(problem.allSatisfy { $0.contains("\u{1B}[33m") && $0.hasSuffix("\u{1B}[0m") })
    }

    @Test func whatFollowsOfABreachIsNotCut() {
        var explanation = Fixtures.explanation
        explanation.text =
            "nothing would be rolled back: automatic action is off on this host since two hours; "
            + "`watchctl arm --reason …` allows it, `watchctl rollback shop` asks for it once"
        let lines = rendered(60) { ListRendering.explanation(explanation, $0) }
        #expect(flat(lines).contains(explanation.text))
        #expect(lines.allSatisfy { displayWidth($0) <= 60 })
    }

    @Test func notesOfTablesGoOnBelow() {
        var report = Fixtures.report
        report.services[0].signals[2].note =
            "unreadable: permission denied; add user watchd to group adm, or set an ACL"
        let lines = rendered(80) { StatusRendering.lines(report, $0) }
        let text = flat(lines)
        for word in ["denied;", "group", "adm,", "ACL"] { #expect(text.contains(word)) }
        var delivery = Fixtures.delivery
        delivery.lastError = "the channel answered 400: invalid_payload; is the URL of a webhook?"
        let told = flat(rendered(80) { ListRendering.deliveries([delivery], $0) })
        #expect(told.contains("webhook?"))
    }

    @Test func whatNoTerminalShowsIsWhole() async throws {
        try await withServer { server in
            var report = Fixtures.report
            let when = "error_rate(access, 2m) > 25% and " + String(repeating: "x", count: 120)
            report.services[0].triggers[0].when = when
            report.services[0].triggers[0].name = String(repeating: "very ", count: 12) + "long"
            report.services[0].signals[2].note = String(repeating: "n", count: 150)
            server.backend.set(report: report)
            let told = try await watchctl(["status", "--socket", server.path])
            #expect(told.output.contains(when))
            #expect(told.output.contains(report.services[0].triggers[0].name))
            #expect(told.output.contains(String(repeating: "n", count: 150)))
            #expect(!told.output.replacing("… insufficient", with: "").contains("…"))
        }
    }
}
