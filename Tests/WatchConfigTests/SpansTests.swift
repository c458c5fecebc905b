// A plan that stops other services: what is written wrongly would leave one of them down.

import Testing
import WatchConfig
import WatchCore

@Suite struct SpansTests {
    private func span(_ service: String) -> String {
        "{ service: \(service), stop: { unit: stop, with: \(service), timeout: 1m }, "
            + "start: { unit: start, with: \(service), timeout: 1m } }"
    }

    private func config(
        _ spans: String, budget: String = "15m", probes: String = "[health]"
    ) -> String {
        """
        services:
          db:
            version: [ { symlink: /srv/db/current } ]
            probes: { health: { tcp: "127.0.0.1:5432", every: 10s } }
            rollback: { plan: back }
          api: { probes: { health: { http: "https://example.com/", every: 10s } } }
          web: { probes: { front: { http: "https://example.com/", every: 10s } } }
        plans:
          back:
            budget: \(budget)
            \(spans)
            methods: [ { name: m, steps: [ { unit: restore, timeout: 1m } ] } ]
            verify: { probes: \(probes) }
        """
    }

    @Test func whatIsWrittenIsWhatIsStopped() throws {
        let text = config(
            "spans: [ \(span("web")), \(span("api")) ]", probes: "[health, api/health, web/front]")
        let result = ConfigurationLoader.loadText(text)
        #expect(result.diagnostics.filter { $0.severity == .error } == [])
        let plan = try #require(result.configuration?.plan("back"))
        #expect(plan.spanned == ["web", "api"])
        #expect(plan.spansInStartOrder.map(\.service) == ["api", "web"])
        #expect(plan.stepsBefore.map(\.action.summary) == ["stop:web", "stop:api"])
        #expect(plan.stepsAfter.map(\.action.summary) == ["start:api", "start:web"])
        #expect(plan.verify.probes == ["health", "api/health", "web/front"])
        let declared = config(
            "spans: [ \(span("web")), \(span("api")) ]\n    start_order: [web, api]")
        let other = try #require(
            ConfigurationLoader.loadText(declared).configuration?.plan("back"))
        #expect(other.spansInStartOrder.map(\.service) == ["web", "api"])
        #expect(ConfigurationLoader.loadText(config("after: []")).configuration != nil)
    }

    @Test(arguments: [
        ("spans: [ SPAN(wep) ]", "no service 'wep'"),
        ("spans: [ SPAN(db) ]", "uses this plan"),
        ("spans: [ SPAN(web), SPAN(web) ]", "stopped twice"),
        ("spans: [ { service: web, stop: { unit: a, timeout: 1m } } ]", "start"),
        ("spans: [ { service: web, start: { unit: a, timeout: 1m } } ]", "stop"),
        ("spans: [ SPAN(web), SPAN(api) ]\n    start_order: [web]", "leaves out api"),
        ("spans: [ SPAN(web) ]\n    start_order: [web, web]", "started twice"),
        ("spans: [ SPAN(web) ]\n    start_order: [wbe]", "no service in spans 'wbe'"),
        ("start_order: [web]", "goes with spans"),
        ("spans: []", "is empty"),
    ])
    func whatWouldLeaveOneDownIsRefused(written: String, word: String) {
        let text = ["wep", "db", "web", "api"].reduce(written) {
            $0.replacing("SPAN(\($1))", with: span($1))
        }
        let found = errors(config(text))
        #expect(found.contains { $0.message.contains(word) }, "\(found.map(\.message))")
    }

    @Test(arguments: [
        ("[api/helth]", "no probe of service 'api' 'helth'"),
        ("[web/front]", "none of the services in spans"),
    ])
    func probesOfTheOthersMustBeThere(probes: String, word: String) {
        let found = errors(config("spans: [ \(span("api")) ]", probes: probes))
        #expect(found.contains { $0.message.contains(word) }, "\(found.map(\.message))")
    }

    @Test func stopsAndStartsCountInTheBudget() {
        // stops 1m + method 1m + starts 1m + verify (1m + 15s + 1m)
        let spans = "spans: [ \(span("api")) ]"
        #expect(errors(config(spans, budget: "315s")) == [])
        let found = errors(config(spans, budget: "314s"))
        #expect(found.count == 1)
        #expect(
            found.first?.message.hasSuffix(
                "stops 1m + method m 1m + starts 1m + verify 2m15s = 5m15s") ?? false)
    }
}
