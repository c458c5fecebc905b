// A plan that stops other services is drilled only where it says what is stopped in their place.

import Testing
import WatchConfig
import WatchCore

@Suite struct DrillSpansConfigurationTests {
    private func config(
        spans: String = "spans: { web: web-copy }", with: String = "${vars.web}",
        copy: String = "", probes: String = "health"
    ) -> String {
        """
        services:
          shop:
            version: [{ symlink: /srv/shop/current }]
            probes: { health: { http: "https://example.com/", every: 10s } }
            vars: { web: web }
            rollback: { plan: back }
          web:
            probes: { health: { http: "https://web.example.com/", every: 10s } }
          other:
            version: [{ symlink: /srv/other/current }]
            probes: { health: { http: "https://other.example.com/", every: 10s } }
            rollback: { plan: other }
          copy:
            version: [{ symlink: /srv/copy/current }]
            probes: { health: { http: "https://copy.example.com/", every: 10s } }
            vars: { web: web-copy }
          web-copy:
            probes: { \(probes): { http: "https://web-copy.example.com/", every: 10s } }
            \(copy)
        plans:
          other:
            methods: [{ name: m, steps: [{ unit: o, timeout: 1m }] }]
            verify: { probes: [health] }
          back:
            drill: { service: copy, \(spans) }
            spans:
              - service: web
                stop: { name: halt, unit: halt, with: "\(with)", timeout: 1m }
                start: { name: go, unit: go, with: "\(with)", timeout: 1m }
            methods: [{ name: m, steps: [{ unit: back, with: "${service}", timeout: 1m }] }]
            verify: { probes: [health, web/health] }
        """
    }

    private func first(_ text: String) -> String { errors(text).first?.text ?? "" }

    @Test func whatIsStoppedInItsPlaceIsRead() {
        let result = ConfigurationLoader.loadText(config())
        #expect(result.remarks.map(\.text) == [])
        #expect(result.configuration?.plan("back")?.drill?.spans == ["web": "web-copy"])
    }

    @Test(arguments: [
        ("same: []", "this plan stops 'web', and the drill does not say what is stopped for it"),
        ("spans: { wbe: web-copy }", "did you mean 'web'?"),
        ("spans: { web: web-cpoy }", "did you mean 'web-copy'?"),
        ("spans: { web: web }", "'web' is stopped for real, by plan 'back'"),
        ("spans: { web: copy }", "'copy' is what the drill rolls back"),
        ("spans: { web: other }", "'other' is rolled back for real, by plan 'other'"),
        ("spans: { web: [] }", "'spans'"),
    ])
    func whatWouldStopTheRealOneIsRefused(_ spans: String, _ message: String) {
        let found = errors(config(spans: spans)).map(\.text)
        #expect(found.contains { $0.contains(message) }, "\(found)")
    }

    @Test func aStopThatWouldDoTheRealThingIsRefused() {
        #expect(first(config(with: "web")).contains("in a drill 'halt' would do what it does for"))
    }

    @Test func probesOfTheVerificationMustBeThere() {
        #expect(
            first(config(probes: "helth")).contains(
                "probe of service 'web-copy', which is stopped for 'web' in a drill"))
    }
}
