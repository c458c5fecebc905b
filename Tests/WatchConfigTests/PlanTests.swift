// Plans are checked before the night they are needed.

import Testing
import WatchConfig
import WatchCore

@Suite struct PlanTests {
    private func config(
        budget: String = "15m", gate: String = "{ unit: g, timeout: 10s }",
        step: String = "{ unit: u, timeout: 1m }", verify: String = "{}"
    ) -> String {
        """
        services:
          shop:
            version:
              - { http: "https://example.com/v", json: { version: $.v, build: $.b } }
            probes: { health: { http: "https://example.com/", every: 10s } }
            rollback: { plan: back }
        plans:
          back:
            budget: \(budget)
            gates: [\(gate)]
            methods: [{ name: m, steps: [\(step)] }]
            verify: \(verify)
        """
    }

    @Test func whatIsWrittenIsWhatRuns() throws {
        let text = config(
            step: "{ exec: [/bin/x, 'a b', \"${to.build}\"], timeout: 1m, check: { unit: c } }")
        let result = ConfigurationLoader.loadText(text)
        let plan = try #require(result.configuration?.plan("back"))
        #expect(
            plan.gates == [
                Gate(name: "g", action: .unit(name: "g", with: nil), timeout: .seconds(10))
            ])
        let step = plan.methods[0].steps[0]
        #expect(step.name == "x")
        #expect(step.action.summary == "/bin/x a b ${to.build}")
        #expect(step.check == .unit(name: "c", with: nil))
        #expect(plan.verify == Verify())
        #expect(plan.methods[0].isUnattended)
    }

    @Test func aBudgetThatIsTooShortShowsTheSum() {
        // 10 s + 1 m + (1 m + 15 s + 1 m)
        #expect(errors(config(budget: "205s")) == [])
        let found = errors(config(budget: "204s"))
        #expect(found.map(\.at) == ["9:13"])
        #expect(
            found[0].message.hasSuffix("gates 10s + method m 1m + verify 2m15s = 3m25s"))
        let retried = config(
            budget: "205s",
            step: "{ unit: u, timeout: 1m, idempotent: true, retries: 1 }")
        #expect(errors(retried).count == 1)
    }

    @Test(arguments: [
        ("to.version", true), ("from.commit", true), ("to.build", true), ("service", true),
        ("incident", true), ("to.bild", false), ("version", false), ("from.", false),
    ])
    func variablesMustHaveAValue(name: String, good: Bool) {
        let found = errors(config(step: "{ unit: u, with: \"${\(name)}\", timeout: 1m }"))
        #expect(found.isEmpty == good, "\(found)")
    }

    @Test func secretsAreNoArguments() {
        for step in [
            "{ exec: [/x, \"${env:TOKEN}\"], timeout: 1m }",
            "{ unit: u, with: \"${env:TOKEN}\", timeout: 1m }",
        ] {
            #expect(errors(config(step: step)).first?.message.contains("ps") ?? false)
        }
    }

    @Test(arguments: [
        "{ timeout: 1m }", "{ unit: u, exec: [/x], timeout: 1m }", "{ exec: [], timeout: 1m }",
        "{ exec: [x], timeout: 1m }", "{ exec: /x, timeout: 1m }", "{ unit: ../u, timeout: 1m }",
        "{ unit: u, with: 'a b', timeout: 1m }", "{ unit: u }", "{ unit: u, timeout: 60 }",
        "{ unit: u, timeout: 1m, retries: 1 }", "{ exec: [/x], with: y, timeout: 1m }",
        "{ http: x, timeout: 1m }", "{ exec: [/x, [a]], timeout: 1m }",
        "{ unit: u, timeout: 1m, on_failure: ignore }",
    ])
    func aStepThatCannotRunIsAnError(step: String) {
        let found = errors(config(step: step))
        #expect(found.count == 1, "\(found)")
        #expect(found.allSatisfy { $0.line == 11 && $0.remedy != nil })
    }

    @Test func aGateNeedsATimeout() {
        #expect(errors(config(gate: "{ unit: g }")).map(\.at) == ["10:13"])
    }

    @Test func verificationMustBePossible() {
        #expect(errors(config(verify: "{ timeout: 1m }")).map(\.at) == ["12:24"])
        let probe = errors(config(verify: "{ probes: [helth] }"))
        #expect(probe.map(\.at) == ["12:24"])
        #expect(probe[0].remedy == "did you mean 'health'?")
        #expect(errors(config(verify: "{ when: [\"up(helth) < 1\"] }")).map(\.at) == ["12:26"])
    }

    @Test func whatLosesDataIsNotUnattended() throws {
        let text = """
            plans:
              back:
                methods:
                  - { name: a, loses: nothing, steps: [{ unit: u, timeout: 1s }] }
                  - { name: b, loses: "new orders", steps: [{ unit: u, timeout: 1s }] }
                  - { name: c, approve: cto, steps: [{ unit: u, timeout: 1s }] }
                verify: {}
            """
        let plan = try #require(ConfigurationLoader.loadText(text).configuration?.plans.first)
        #expect(plan.methods.map(\.isUnattended) == [true, false, false])
        #expect(plan.methods[1].loses == "new orders")
    }
}
