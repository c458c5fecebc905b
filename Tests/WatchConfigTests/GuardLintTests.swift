// Services that look guarded and are not.

import Testing
import WatchConfig

@Suite struct GuardLintTests {
    private func unguarded(_ text: String) -> [Diagnostic] {
        ConfigurationLoader.loadText(text, name: "test.yaml").diagnostics
            .filter { $0.message.contains("nothing guards") }
    }

    @Test func anEmptyServiceIsWarnedOf() {
        let found = unguarded("services: { shop: {} }")
        #expect(found.map(\.at) == ["1:13"])
        #expect(found.first?.severity == .warning)
        #expect(found.first?.message.contains("no probes, no streams") ?? false)
    }

    @Test func aServiceThatIsOnlyMeasuredIsWarnedOf() {
        let text = """
            services:
              shop:
                version: [{ symlink: /srv/shop/current }]
                probes: { health: { http: "https://example.com/", every: 10s } }
                rollback: { plan: back }
            \(planAndPeople)
            """
        #expect(unguarded(text).count == 1)
        #expect(unguarded(text).first?.message.contains("no triggers") ?? false)
    }

    @Test func aTriggerIsEnough() {
        let text = """
            services:
              shop:
                probes: { health: { http: "https://example.com/", every: 10s } }
                triggers: [{ name: down, when: "failing(health) > 50%", severity: low }]
            """
        #expect(unguarded(text).isEmpty)
    }

    @Test func whereThereAreErrorsThatIsNotSaidBesides() {
        #expect(unguarded("services: { shop: { trigers: [] } }").isEmpty)
    }
}
