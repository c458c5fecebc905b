// What follows when a guarded operation goes wrong is written per service.

import Testing
import WatchConfig
import WatchCore

@Suite struct OperationsTests {
    private func config(_ operations: String, rollback: String = "rollback: { plan: back }")
        -> String
    {
        """
        services:
          shop:
            version: [{ symlink: /srv/shop/current }]
            probes: { health: { http: "https://example.com/", every: 10s } }
            operations: \(operations)
            \(rollback)
        plans:
          back: { methods: [{ name: m, steps: [{ unit: u, timeout: 1m }] }], verify: {} }
          undo: { methods: [{ name: m, steps: [{ unit: u, timeout: 1m }] }], verify: {} }
        channels: { chat: { slack: "${file:/etc/watchd/slack}" } }
        routes: { oncall: [ { to: [chat] } ], team: [ { to: [chat] } ] }
        """
    }

    @Test func whatIsWrittenIsWhatFollows() {
        let text = config("{ mode: auto, severity: critical, plan: undo, page: team }")
        let result = ConfigurationLoader.loadText(text)
        #expect(result.remarks.map(\.text) == [])
        #expect(
            result.configuration?.service("shop")?.operations
                == OperationRules(severity: .critical, mode: .auto, plan: "undo", page: "team"))
    }

    @Test func withoutItPeopleAreTold() {
        #expect(OperationRules().mode == .page)
        #expect(OperationRules().severity == .high)
    }

    @Test func whatCanNeverComeIsSaid() {
        let high = problems(config("{ mode: auto }"))
        #expect(high.allSatisfy { $0.severity == .warning })
        #expect(high.contains { $0.message.contains("policy of 'high' is page") })
        let planless = errors(config("{ mode: auto, severity: critical }", rollback: ""))
        #expect(planless.first?.message.contains("there is no plan") ?? false)
        #expect(errors(config("{ mode: veto }")).count == 1)
    }

    @Test func namesAreFollowed() {
        #expect(errors(config("{ plan: udno }")).first?.text.contains("'undo'") ?? false)
        #expect(errors(config("{ page: taem }")).first?.text.contains("'team'") ?? false)
    }

    @Test func noRuleMayBeCalledLikeIt() {
        #expect(errors(config("{}")) == [])
        let trigger = "{ name: 'operation-failed:deploy', when: up(health), severity: low }"
        #expect(errors(config("{}\n    triggers: [\(trigger)]")).count == 1)
    }
}
