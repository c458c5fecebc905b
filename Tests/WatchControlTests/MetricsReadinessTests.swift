// Whether a rollback would work, and what people have under way, as numbers.

import Testing
import WatchCore

@testable import WatchControl

@Suite struct MetricsReadinessTests {
    @Test func plansAndOperationsAreThere() {
        var report = Fixtures.report
        report.services[0].readiness.plans = [
            .init(
                plan: "back", works: false, reason: "gate-blocked:migration", text: "no",
                target: "1.9.0", asked: .seconds(1_800_000_000)),
            .init(plan: "undo", works: true, reason: nil, text: "yes", target: "1.9.0"),
        ]
        report.services[0].operations = [
            .init(
                name: "deploy", by: "ci", began: .seconds(1_800_000_060), estimate: 60,
                phases: ["schema"], release: "2.0.0")
        ]
        let text = Metrics.text(report)
        let ready = #"watchd_plan_ready{service="shop","#
        for line in [
            ready + #"plan="back",target="1.9.0",reason="gate-blocked:migration"} 0"#,
            ready + #"plan="undo",target="1.9.0",reason=""} 1"#,
            #"watchd_plan_asked_seconds{service="shop",plan="back"} 1800000000"#,
            #"watchd_operation_began_seconds{service="shop",operation="deploy"} 1800000060"#,
        ] {
            #expect(text.contains(line), "\(line)")
        }
    }
}
