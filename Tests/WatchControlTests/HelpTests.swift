// What the programs say of themselves, on a terminal of 80 columns.

import ArgumentParser
import Testing
import WatchCore

@testable import watchctl

@Suite struct HelpTests {
    private static func all(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        [command] + command.configuration.subcommands.flatMap { all($0) }
    }

    /// A paragraph that is broken in the source is broken twice where it is shown.
    @Test func noParagraphIsBrokenTwice() {
        for command in Self.all(Root.self) {
            let lines = command.configuration.discussion
                .split(separator: "\n", omittingEmptySubsequences: false)
            for (line, next) in zip(lines, lines.dropFirst())
            where line.utf8.count > 78 && !line.hasPrefix(" ") {
                #expect(next.isEmpty || next.hasPrefix(" "), "\(command): \(line)")
            }
        }
    }

    @Test func theVersionCanBeAsked() async {
        #expect(await Program.run(["--version"]) == .fine)
        #expect(await Program.run(["--verison"]) == .usage)
    }

    /// Whoever looks at a narrow terminal still knows which rule it is.
    @Test func namesOfTriggersAreCutLast() {
        let theme = Theme(width: 60, colour: false, now: Fixtures.now)
        let lines = StatusRendering.lines(Fixtures.report, theme).map { $0.text(theme) }
        for trigger in Fixtures.report.services.flatMap(\.triggers) where trigger.name.count < 12 {
            #expect(lines.contains { $0.contains(trigger.name) }, "\(trigger.name): \(lines)")
        }
    }

    @Test func aGoodRollbackIsNotShownAsATrouble() {
        var report = Fixtures.report
        report.services[0].lastKnownGood = nil
        report.services[0].release?.standing = .good
        report.services[0].readiness.plans = [
            ServiceStatus.PlanReadiness(
                plan: "p", works: false, reason: "no-known-good", text: "nothing to go back to",
                target: nil)
        ]
        let theme = Theme(width: 200, colour: false, now: Fixtures.now)
        let lines = StatusRendering.lines(report, theme).map { $0.text(theme) }
        #expect(lines.contains { $0.contains("which runs") }, "\(lines)")
        #expect(!lines.contains { $0.contains("✖ plan p") }, "\(lines)")
    }
}
