// Rules that cannot do what they were written for.

import Testing
import WatchConfig
import WatchCore

@Suite struct LintTests {
    private func config(
        _ when: String, every: String = "60s", mode: String = "page", more: String = ""
    ) -> [Diagnostic] {
        problems(
            """
            services:
              shop:
                version: [{ symlink: /srv/shop/current }]
                probes:
                  health: { http: "https://example.com/", every: \(every) }
                  other: { http: "https://example.org/", every: \(every) }
                  third: { http: "https://example.net/", every: \(every) }
                streams: { access: { file: /a.log, format: nginx-combined } }
                triggers: [{ name: t, severity: critical, mode: \(mode), when: "\(when)"\(more) }]
                rollback: { plan: back }
            plans:
              back:
                methods: [{ name: m, steps: [{ unit: u, timeout: 1s }] }]
                verify: {}
            channels: { chat: { slack: "https://example.com/" } }
            routes: { oncall: [{ to: [chat] }] }
            """)
    }

    private func severities(_ found: [Diagnostic]) -> [Diagnostic.Severity] {
        found.map(\.severity)
    }

    @Test func aWindowThatCannotHoldEnoughSamplesIsAnError() {
        // 60 s apart, a window of 2 m can hold three: at its begin, in the middle, at its end.
        #expect(config("error_rate(health, 2m) > 50%") == [])
        #expect(severities(config("error_rate(health, 119s) > 50%")) == [.error])
        #expect(severities(config("p95(health, 1m) > 1s")) == [.error])
        #expect(
            severities(config("error_rate(health, 2m) > 50%", more: ", min_samples: 4"))
                == [.error])
    }

    @Test func countsNeedNoSamples() {
        #expect(config("errors(health, 1m) >= 1") == [])
        #expect(config("error_rate(access, 5s) > 50%") == [])
    }

    @Test func aRuleThatMayFireByItsOtherPartIsOnlyAWarning() {
        #expect(
            severities(config("error_rate(health, 1m) > 50% or up(health) < 1")) == [.warning])
        #expect(
            severities(config("not (error_rate(health, 1m) > 50% and up(health) < 1)"))
                == [.warning])
        #expect(
            severities(config("error_rate(health, 1m) > 50% and up(health) < 1")) == [.error])
    }

    @Test func aConditionThatCannotBeTrueIsAnError() {
        #expect(severities(config("error_rate(access, 2m) > 100%")) == [.error])
        #expect(severities(config("errors(health, 2m) > 3")) == [.error])
        #expect(config("errors(health, 2m) >= 3") == [])
        #expect(config("errors(access, 2m) > 1000000") == [])
    }

    @Test func anAutomaticRuleThatFewFailuresFireIsAWarning() {
        let one = config("error_rate(access, 2m) > 4%", mode: "auto")
        #expect(severities(one) == [.warning])
        #expect(one.first?.message.contains("one failure") ?? false)
        #expect(config("error_rate(access, 2m) > 15%", mode: "auto") == [])
        let three = config("error_rate(health, 5m) >= 90%", mode: "auto")
        #expect(three.first?.message.contains("3 failures") ?? false)
        #expect(
            config("error_rate(health, 5m) >= 90%", mode: "auto", more: ", min_samples: 5") == [])
        #expect(config("error_rate(health, 5m) >= 90%", mode: "page") == [])
    }

    @Test func failingIsCountedByResultsOfTheProbes() {
        // Two in a row fail a probe: one of one with two, two of three with four.
        #expect(severities(config("failing(health) > 60%", mode: "auto")) == [.warning])
        #expect(config("failing(health, other, third) > 60%", mode: "auto") == [])
        let up = config("up(health) < 1", mode: "auto")
        #expect(severities(up) == [.warning])
        #expect(up.first?.remedy?.contains("'failures:'") ?? false)
    }

    @Test func anAutomaticRuleWithoutAPlanIsAnError() {
        let text = """
            services:
              shop:
                streams: { access: { file: /a.log, format: nginx-combined } }
                triggers:
                  - { name: t, when: "errors(access, 2m) > 25", severity: critical, mode: auto }
            """
        let found = problems(text)
        #expect(found.map(\.severity).filter { $0 == .error }.count == 1)
        #expect(found.contains { $0.at == "5:79" && $0.message.contains("no plan") })
        #expect(found.contains { $0.message.contains("no version source") })
        #expect(found.contains { $0.message.contains("pages go nowhere") })
    }

    @Test func anAutomaticRuleThatOnlyPagesIsAWarning() {
        let found = problems(
            """
            services:
              shop:
                version: [{ symlink: /srv/shop/current }]
                streams: { access: { file: /a.log, format: nginx-combined } }
                triggers: [{ name: t, when: "count(access, 2m) < 1", severity: low, mode: auto }]
            """)
        #expect(found.map(\.severity) == [.warning])
    }

    @Test func aRouteThatIsMissingMattersWhereATriggerTakesIt() {
        let text = """
            services:
              shop:
                streams: { access: { file: /a.log, format: nginx-combined } }
                triggers: [{ name: t, when: "count(access, 2m) < 1", severity: medium }]
            channels: { chat: { slack: "https://example.com/" } }
            routes: { oncall: [{ to: [chat] }] }
            """
        let found = errors(text)
        #expect(found.map(\.at) == ["4:68"])
        #expect(found[0].message.contains("'team'"))
        #expect(errors(text.replacing("medium", with: "high")) == [])
        #expect(errors(text.replacing("medium", with: "medium, mode: shadow")) == [])
    }
}
