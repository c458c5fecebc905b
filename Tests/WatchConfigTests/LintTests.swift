// Rules that cannot do what they were written for.

import Testing
import WatchConfig
import WatchCore

@Suite struct LintTests {
    private func config(
        _ when: String, every: String = "60s", mode: String = "page", more: String = "",
        service: String = ""
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
                streams: { access: { file: /a.log, format: '$status $request_time' } }
                triggers: [{ name: t, severity: critical, mode: \(mode), when: "\(when)"\(more) }]
                rollback: { plan: back }
                \(service)
            \(planAndPeople)
            connectivity: ["tcp://192.0.2.1:53"]
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

    @Test func aReleaseThatIsTooOldWhenItsWindowsAnswerIsAWarning() {
        let young = "release_age() < 1m and error_rate(access, 5m) > 5%"
        #expect(severities(config(young)) == [.warning])
        #expect(config(young).first?.text.contains("warm_up (2m)") ?? false)
        #expect(config(young, more: ", warm_up: 30s") == [])
        #expect(config("release_age() < 10m and error_rate(access, 5m) > 5%") == [])
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

    // MARK: - Bounds of the whole language

    @Test func aBudgetCannotBurnFasterThanWhenAllFails() {
        let never = config("burn_rate(access, 1h) > 14.4", service: "slo: 90%")
        #expect(severities(never) == [.error])
        #expect(never.first?.message.contains("at most 10.0 times") ?? false, "\(never)")
        #expect(config("burn_rate(access, 1h) > 14.4", service: "slo: 99.9%") == [])
        #expect(config("burn_rate(access, 1h) > 9.9", service: "slo: 90%") == [])
    }

    @Test func aConfidenceThatTheWindowNeverReachesIsAnError() {
        // At most 3 samples: of 3 failures 52.6 % are sure.
        let never = config("error_rate(health, 2m) > 60%", more: ", confidence: 95%")
        #expect(severities(never) == [.error])
        #expect(never.first?.message.contains("with confidence 95%") ?? false)
        #expect(config("error_rate(health, 2m) > 50%", more: ", confidence: 95%") == [])
        #expect(config("error_rate(health, 10m) > 60%", more: ", confidence: 95%") == [])
        #expect(
            severities(config("error_rate(access, 2m) >= 100%", service: "confidence: 95%"))
                == [.error])
    }

    @Test func confidenceThatChangesNothingIsAWarning() {
        #expect(
            severities(config("errors(access, 2m) > 5", more: ", confidence: 95%")) == [.warning])
        #expect(config("errors(access, 2m) > 5", service: "confidence: 95%") == [])
    }

    @Test func aBaselineNeedsTenTimesMinSamples() {
        // 61 results an hour are enough, 13 are not.
        let rule = "p95(health, 1h) > 1.5 * baseline(p95(health, 1h))"
        #expect(config(rule) == [])
        let never = config(rule, every: "5m")
        #expect(severities(never) == [.error])
        #expect(never.first?.remedy?.hasPrefix("widen baseline_window to 2h30m") ?? false)
        #expect(config(rule, every: "5m", service: "baseline_window: 3h") == [])
    }

    // MARK: - Few failures, with all that keeps them from firing

    @Test func whatAnIntervalBringsBeforeWarmUpCounts() {
        // Every 10 s there are twelve results before the window answers, not three.
        #expect(config("error_rate(health, 5m) >= 90%", every: "10s", mode: "auto") == [])
        #expect(
            severities(
                config(
                    "error_rate(health, 5m) >= 90%", every: "10s", mode: "auto",
                    more: ", warm_up: 0s")) == [.warning])
    }

    @Test func confidenceKeepsFewFailuresFromFiring() {
        #expect(severities(config("error_rate(access, 2m) > 8%", mode: "auto")) == [.warning])
        #expect(
            config("error_rate(access, 2m) > 8%", mode: "auto", more: ", confidence: 95%") == [])
    }

    @Test func aBurnRateIsFiredByFewFailuresToo() {
        let found = config("burn_rate(access, 1h) > 14.4", mode: "auto", service: "slo: 99.9%")
        #expect(found.first?.message.hasPrefix("one failure fires") ?? false)
        #expect(
            config(
                "burn_rate(access, 1h) > 14.4 and errors(access, 1h) > 20", mode: "auto",
                service: "slo: 99.9%") == [])
    }

    @Test func forWantsFailuresAgainAndAgain() {
        #expect(severities(config("errors(access, 1m) >= 1", mode: "auto")) == [.warning])
        // In ten minutes a window of one must be filled nine times.
        #expect(config("errors(access, 1m) >= 1", mode: "auto", more: ", for: 10m") == [])
        #expect(
            severities(config("errors(access, 10m) >= 1", mode: "auto", more: ", for: 10m"))
                == [.warning])
        #expect(config("up(health) < 1", mode: "auto", more: ", for: 10m") == [])
        #expect(severities(config("up(health) < 1", mode: "auto", more: ", for: 1m")) == [.warning])
    }

    @Test func aRuleThatWantsMuchTrafficIsTriedWithMuch() {
        let found = config("rate(access, 1m) > 1 and error_rate(access, 1m) > 2%", mode: "auto")
        #expect(found.first?.message.hasPrefix("2 failures fire") ?? false, "\(found)")
        #expect(
            config("count(access, 1m) > 200 and error_rate(access, 1m) > 2%", mode: "auto") == [])
    }

    @Test func slowAnswersAreFailuresOfARuleOnLatency() {
        #expect(severities(config("max(access, 2m) > 2s", mode: "auto")) == [.warning])
        #expect(severities(config("p95(access, 2m) > 2s", mode: "auto")) == [.warning])
        #expect(config("p50(access, 2m) > 2s", mode: "auto") == [])
        #expect(
            severities(
                config("p95(access, 2m) > 1.5 * baseline(p95(access, 2m))", mode: "auto"))
                == [.warning])
    }

    @Test func whatNobodyForeseesIsTriedEitherWay() {
        #expect(
            severities(
                config("release_age() < 10m and error_rate(access, 2m) > 4%", mode: "auto"))
                == [.warning])
        #expect(
            severities(
                config("overrun(migration) > 2 and error_rate(access, 2m) > 4%", mode: "auto"))
                == [.warning])
        #expect(config("overrun(migration) > 2", mode: "auto") == [])
    }

    // MARK: - What a rule that acts must not be built on

    @Test func anAutomaticRuleNamesItsProbes() {
        let found = config("failing() > 60%", mode: "auto")
        #expect(severities(found) == [.error])
        #expect(found.first?.remedy == "write failing(health, other, third)")
        #expect(config("failing() > 60%") == [])
    }

    @Test func whatIsSustainedLongerThanAReleaseIsSuspectedNeverActs() {
        let found = config("error_rate(access, 2m) > 25%", mode: "auto", more: ", for: 3h")
        #expect(severities(found) == [.warning])
        #expect(found.first?.message.contains("suspect_for is 2h") ?? false)
        #expect(
            config("error_rate(access, 2m) > 25%", mode: "auto", more: ", for: 3h, suspect_for: 6h")
                == [])
    }

    @Test func warmUpIsTimeInWhichAReleaseIsSuspected() {
        let rule = "error_rate(access, 2h) > 25%"
        let found = config(rule, mode: "auto", more: ", warm_up: 2h")
        #expect(severities(found) == [.warning])
        #expect(found.first?.message.contains("its windows answer after 2h") ?? false, "\(found)")
        // A window that is full answers, however long warm_up is.
        #expect(config("error_rate(access, 1h) > 25%", mode: "auto", more: ", warm_up: 2h") == [])
        // Neither is too long, both are.
        let both = config(rule, mode: "auto", more: ", warm_up: 90m, for: 40m")
        #expect(severities(both) == [.warning])
        #expect(both.first?.message.contains("'for' is 40m") ?? false, "\(both)")
        #expect(config(rule, mode: "auto", more: ", warm_up: 90m, for: 30m") == [])
        #expect(config(rule, mode: "auto", more: ", warm_up: 2h, suspect_for: 3h") == [])
        // The other part needs no window of two hours.
        let other = "error_rate(access, 2h) > 25% or error_rate(access, 2m) > 50%"
        #expect(config(other, mode: "auto", more: ", warm_up: 2h") == [])
        // A probe's state waits for all of warm_up.
        #expect(
            severities(
                config(
                    "failing(health, other, third) > 60%", mode: "auto", more: ", warm_up: 2h"))
                == [.warning])
    }

    @Test func aConditionOfMoreThanIsKeptIsAnError() {
        #expect(severities(config("error_rate(access, 4d) > 25%")) == [.error])
        #expect(severities(config("error_rate(access, 2m) > 25%", more: ", for: 4d")) == [.error])
    }
}
