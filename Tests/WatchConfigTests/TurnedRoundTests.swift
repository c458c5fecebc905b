// Rules that are true while all is well: always, or because a comparison is turned round. Such an
// automatic rule rolls back each release that is deployed.

import Testing
import WatchConfig

@Suite struct TurnedRoundTests {
    private func config(
        _ when: String, mode: String = "auto", more: String = ""
    ) -> [Diagnostic] {
        problems(
            """
            services:
              shop:
                version: [{ symlink: /srv/shop/current }]
                slo: 99.9%
                probes:
                  health: { http: "http://127.0.0.1/", every: 10s, failures: 4 }
                  ready: { http: "http://127.0.0.1/ready", every: 10s, failures: 4 }
                  unit: { unit: shop.service, every: 10s }
                streams:
                  access: { file: /a.log, format: '$status $request_time' }
                  app: { file: /b.log, patterns: { panic: panic, done: done } }
                triggers: [{ name: t, severity: critical, mode: \(mode), when: "\(when)"\(more) }]
                rollback: { plan: back }
            \(planAndPeople)
            """)
    }

    @Test(arguments: [
        "error_rate(access, 2m) >= 0%", "count(access, 2m) >= 0", "1 > 0",
        "success_rate(access, 5m) <= 100%", "not (error_rate(access, 2m) > 100%)",
        "count(access, 2m) >= 0 or error_rate(access, 2m) > 25%",
    ])
    func whatCannotBeFalseIsAnError(_ when: String) {
        let found = config(when)
        #expect(found.map(\.severity) == [.error], "\(found)")
        #expect(found.first?.message == "'t' is always true: its condition cannot be false")
        #expect(found.first?.remedy?.contains("25%") ?? false)
    }

    /// They roll nothing back; a daemon that starts is worth more than a rule that is right.
    @Test(arguments: ["page", "shadow", "veto"])
    func ofOtherModesItIsAWarning(_ mode: String) {
        #expect(config("1 > 0", mode: mode).map(\.severity) == [.warning])
    }

    /// Three results are never surely fewer than 10 %, which makes nothing true.
    @Test func confidenceMakesNothingAlwaysTrue() {
        #expect(
            config(
                "error_rate(health, 30s) > 10%", mode: "page",
                more: ", confidence: 95%, warm_up: 20s") == [])
    }

    @Test(arguments: [
        "success_rate(access, 5m) > 90%", "up(health)", "error_rate(access, 2m) < 25%",
        "failing(health, ready) < 60%", "p95(access, 5m) < 800ms", "mean(access, 5m) < 1s",
        "restarts(unit, 5m) < 3", "errors(access, 2m) < 5", "burn_rate(access, 1h) < 14.4",
        "not (error_rate(access, 2m) > 25%)", "matches(app.panic, 5m) >= 0 and up(health)",
        "p95(access, 5m) < 1.5 * baseline(p95(access, 5m))",
        "rate(access, 2m) > 1 and success_rate(access, 2m) > 90%",
        "count(access, 5m) > 100 and error_rate(access, 5m) < 25%",
        "release_age() < 10m and error_rate(access, 5m) < 25%",
        "error_rate(access, 2m) > 25% or up(health)",
    ])
    func whatIsTrueWhileAllIsWellIsAWarning(_ when: String) {
        for mode in ["auto", "shadow"] {
            let found = config(when, mode: mode)
            #expect(found.map(\.severity) == [.warning], "\(when): \(found)")
            #expect(
                found.first?.message.contains("'t' is true while all is well") ?? false, "\(found)")
            #expect(found.first?.remedy == "is the comparison turned round?", "\(found)")
        }
        // A veto may well say: not while the customers' requests are fine.
        #expect(config(when, mode: "veto") == [])
    }

    /// True at some time, but not because all is well: traffic that is gone, a young release, a
    /// line that ought to come, latencies that only the service can know.
    @Test(arguments: [
        "count(access, 5m) < 10", "count(access, 5m) < 1000", "rate(access, 5m) < 0.5",
        "rate(access, 5m) < 0.5 * baseline(rate(access, 5m))",
        "count(access, 5m) < 10 and error_rate(health, 5m) < 10%",
        "count(access, 5m) < 500 and up(health)", "count(app, 5m) > 10", "count(access, 2m) > 25",
        "release_age() < 10m", "release_age() > 1m and count(access, 5m) < 10",
        "matches(app.done, 10m) < 1", "matches(app.done, 10m) < 1 and up(health)",
        "matches(app.panic, 10m) > 5", "p50(access, 5m) > 50ms", "mean(access, 5m) > 10ms",
        "restarts(unit, 5m) >= 5", "not up(health)", "overrun(migration) > 2",
        "overrun(migration) > 2 and error_rate(access, 2m) < 1%",
        "error_rate(access, 2m) > 25% or count(access, 5m) < 10",
        "parse_failures(access, 5m) > 20%",
        "error_rate(access, 2m) > 25% and p50(access, 2m) < 1s",
    ])
    func whatIsNotIsNoWarning(_ when: String) {
        let found = config(when).filter { !$0.message.contains("it is not full") }
        #expect(found == [], "\(when)")
    }

    /// A job's nightly line is not missing because watchd has looked for two minutes.
    @Test(arguments: [
        "matches(app.done, 1d) < 1", "matches(app.done, 1d) == 0", "1 > matches(app.done, 1d)",
        "not (matches(app.done, 1d) > 0)", "up(health) and matches(app.done, 1d) <= 1",
    ])
    func fewInAWindowThatIsNotFullAreAWarning(_ when: String) {
        let found = config(when, mode: "page")
        #expect(found.map(\.severity) == [.warning], "\(found)")
        #expect(found.first?.message.contains("until 1d after a start") ?? false, "\(found)")
        #expect(found.first?.remedy == "set warm_up: 1d for this rule", "\(found)")
        #expect(config(when, mode: "page", more: ", warm_up: 1d") == [])
        #expect(config(when, mode: "veto") == [])
    }

    /// "No critical line for a quarter of an hour" is `clear_for`, and not the window.
    @Test func conditionsOfVerificationAreBelievedAfterClearFor() {
        func config(_ verify: String) -> [Diagnostic] {
            problems(
                """
                services:
                  shop:
                    version: [{ symlink: /srv/shop/current }]
                    streams: { app: { file: /b.log, format: lines, patterns: { bad: bad } } }
                    triggers:
                      - { name: t, severity: high, mode: page, when: "matches(app.bad, 2m) > 3" }
                    rollback: { plan: careful }
                plans:
                  careful:
                    methods:
                      - { name: m, steps: [{ unit: watchd-rollback@x.service }] }
                    verify: { \(verify), timeout: 1h, when: ["matches(app.bad, 15m) == 0"] }
                channels: { chat: { slack: "https://example.com/" } }
                routes: { oncall: [{ to: [chat] }] }
                """)
        }
        let found = config("clear_for: 1m").filter { $0.message.contains("clear_for") }
        #expect(found.map(\.severity) == [.warning], "\(found)")
        #expect(found.first?.remedy?.contains("clear_for: 15m") ?? false)
        #expect(!config("clear_for: 15m").contains { $0.message.contains("clear_for") })
    }

    @Test func aRateIsOfTheTimeThatItCovers() {
        let found = config("count(access, 5m) < 10", mode: "page")
        #expect(found.first?.remedy?.contains("rate()") ?? false, "\(found)")
        #expect(config("rate(access, 5m) < 0.1", mode: "page") == [])
        #expect(config("count(access, 2m) < 10", mode: "page") == [])
        #expect(config("count(access, 5m) > 10", mode: "page") == [])
    }
}
