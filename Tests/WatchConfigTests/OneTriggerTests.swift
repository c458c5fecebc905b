// All that is wrong with one trigger comes out in one run, also what hangs behind another mistake.

import Testing
import WatchConfig

@Suite struct OneTriggerTests {
    private func found(_ triggers: String) -> [Diagnostic] {
        errors(
            """
            services:
              shop:
                probes: { health: { http: "https://example.com/", every: 10s } }
                streams: { access: { file: /var/log/a.log, format: nginx-combined } }
                triggers:
                  - { name: storm, when: "error_rate(access, 2m) > 25%", severity: low }
                  - \(triggers)
            channels: { chat: { slack: "${credential:slack}" } }
            routes: { team: [{ to: [chat] }], oncall: [{ to: [chat] }] }
            """)
    }

    @Test func aMisspeltStreamIsNamedBesideEverythingElse() {
        let all = found(
            "{ name: storm, when: 'error_rate(acces, 30s) > 25', severity: critcal, "
                + "plan: nowhere, page: nobody }"
        ).map(\.message)
        for words in [
            "'25' is a number", "'critcal' is no severity", "'acces'", "two triggers are called",
            "no plan 'nowhere'", "no route 'nobody'",
        ] {
            #expect(all.contains { $0.contains(words) }, "\(words): \(all)")
        }
    }

    @Test func anAutomaticRuleIsToldAtOnceToNameItsProbes() {
        let all = found("{ name: down, when: 'failing() > 1', severity: critical, mode: auto }")
        #expect(all.contains { $0.message.contains("must name the probes it asks") }, "\(all)")
        #expect(all.contains { $0.remedy?.contains("between 0% and 100%") ?? false }, "\(all)")
    }

    @Test func aSilenceKnowsARuleThatIsBroken() {
        let text = """
            services:
              shop:
                triggers: [{ name: storm, when: "1 >", severity: low }]
            silences: [{ name: s, triggers: [storm], until: 2030-01-01T00:00:00Z, reason: x }]
            """
        #expect(!errors(text).contains { $0.message.contains("no trigger") }, "\(errors(text))")
    }

    @Test func aShareOfErrorsMayBeAPercentage() {
        #expect(
            found(
                "{ name: a, when: 'errors(access, 1m) / count(access, 1m) > 10%', severity: low }"
            )
            .isEmpty)
        #expect(
            found(
                "{ name: a, when: 'errors(access, 1m) / count(access, 1m) > 0.1', severity: low }"
            )
            .isEmpty)
    }

    @Test(arguments: [
        "errors(access, 1m) / count(access, 1m) > 10",
        "errors(access, 1m) / count(access, 5m) > 100%",
    ])
    func moreErrorsThanRequestsCannotBe(when: String) {
        let all = found("{ name: a, when: '\(when)', severity: low }")
        #expect(all.contains { $0.message.contains("can never fire") }, "\(all)")
    }

    @Test func helpSaysWhereAThingWouldBeDeclared() {
        let text = """
            services: { shop: { triggers: [{ name: a, when: "up(health) < 1", severity: low }] } }
            routes: { team: [{ to: [pager] }] }
            """
        let remedies = errors(text).compactMap(\.remedy)
        #expect(remedies.contains { $0.contains("channels: { pager:") }, "\(remedies)")
        #expect(remedies.contains { $0.contains("probes: { health:") }, "\(remedies)")
    }

    @Test(arguments: [
        ("ln -s a b", "write [ln, -s, a, b]"), ("a | b", "/bin/sh"), ("one", "write [one]"),
    ])
    func aCommandLineIsShownAsItsArguments(command: String, remedy: String) {
        let text = """
            services: { shop: { probes: { p: { every: 10s, exec: "\(command)" } } } }
            """
        let remedies = errors(text).compactMap(\.remedy)
        #expect(remedies.contains { $0.contains(remedy) }, "\(remedies)")
    }
}
