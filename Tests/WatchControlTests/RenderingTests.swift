// What people see, compared with files that people have looked at. After a wanted change:
// RECORD_GOLDEN=1 swift test --filter RenderingTests, then read the difference.

import Foundation
import Testing
import WatchCore

@testable import watchctl

@Suite struct RenderingTests {
    private func check(
        _ name: String, width: Int, colour: Bool = false, _ render: (Theme) -> [Line]
    ) throws {
        let theme = Theme(width: width, colour: colour, now: Fixtures.now)
        let lines = render(theme).flatMap { line in
            line.text(theme).split(separator: "\n", omittingEmptySubsequences: false)
        }
        if !colour {
            for line in lines { #expect(displayWidth(String(line)) <= width, "\(line)") }
        }
        let text = lines.map { $0 + "\n" }.joined()
        let file = "\(name)-\(width)\(colour ? "-colour" : "").txt"
        if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] != nil {
            let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            try Data(text.utf8).write(to: source.appendingPathComponent("Golden/" + file))
            return
        }
        let golden = try #require(Bundle.module.resourceURL)
            .appendingPathComponent("Golden/" + file)
        #expect(text == (try String(contentsOf: golden, encoding: .utf8)), "\(file)")
    }

    @Test(arguments: [80, 100, 140]) func status(width: Int) throws {
        try check("status", width: width) { StatusRendering.lines(Fixtures.report, $0) }
    }

    @Test func statusInColour() throws {
        try check("status", width: 100, colour: true) {
            StatusRendering.lines(Fixtures.report, $0)
        }
    }

    @Test func statusOfADisarmedHostWithoutStore() throws {
        try check("status-trouble", width: 100) { theme in
            var report = Fixtures.report
            report.services = []
            report.storeProblem = "write /var/lib/watchd/watchd.db: No space left on device"
            report.armed = ArmStatus(
                armed: false, by: "alice", reason: "migration", since: Fixtures.ago(.minutes(5)),
                until: Fixtures.now + .minutes(55))
            return StatusRendering.lines(report, theme)
        }
    }

    @Test func statusTellsOfTheDisk() {
        var report = Fixtures.report
        var storage = StorageStatus(free: 2 << 20, hasReserve: false)
        storage.checkpointProblem = "write /var/lib/watchd/checkpoint.new: No space left on device"
        storage.checkpointsFailSince = Fixtures.ago(.minutes(5))
        report.storage = storage
        let theme = Theme(width: 200, colour: false, now: Fixtures.now)
        let text = StatusRendering.lines(report, theme).map { $0.text(theme) }
        #expect(text.contains { $0.hasPrefix("! only 2 MiB are free") }, "\(text)")
        #expect(text.contains { $0.hasPrefix("! the reserve of 1 MB") })
        #expect(text.contains { $0.hasPrefix("! no checkpoint was written since ") })
    }

    /// What nobody has asked yet is only hoped for.
    @Test func gatesThatWereNotAskedHaveNoTick() {
        var report = Fixtures.report
        var plan = ServiceStatus.PlanReadiness(
            plan: "shop", works: true, reason: nil, text: "its gates have not been asked yet",
            target: nil)
        plan.unasked = true
        report.services[0].readiness.plans = [plan]
        let theme = Theme(width: 200, colour: false, now: Fixtures.now)
        let text = StatusRendering.lines(report, theme).map { $0.text(theme) }
        #expect(text.contains { $0.contains("… plan shop: its gates") }, "\(text)")
    }

    /// What is overdue stands out also without colours.
    @Test(arguments: [false, true]) func statusWithDrills(colour: Bool) throws {
        try check("status-drills", width: 80, colour: colour) { theme in
            var report = Fixtures.report
            report.services = []
            report.drills = [
                DrillStatus(
                    plan: "shop", service: "copy", every: 7_776_000, overdue: true,
                    text: "overdue: the last one that passed was 121d ago (copy-7-r1, within its "
                        + "targets), and one is wanted every 90d",
                    age: 10_454_400, last: nil, passed: nil),
                DrillStatus(
                    plan: "api", service: "api-copy", every: nil, overdue: false,
                    text: "passed 3d ago (api-copy-4-r1)", age: 259_200, last: nil, passed: nil),
            ]
            return StatusRendering.lines(report, theme)
        }
    }

    @Test(arguments: [80, 100, 140]) func incident(width: Int) throws {
        try check("incident", width: width) {
            IncidentRendering.lines(
                IncidentDetail(
                    incident: Fixtures.incident,
                    timeline: [Fixtures.event(1), Fixtures.event(60)]), $0)
        }
    }

    @Test func incidentWithEvidence() throws {
        var incident = Fixtures.recovered
        incident.evidence = Evidence(
            taken: Fixtures.ago(.seconds(40)), readings: [:],
            probes: [
                .init(name: "front", state: "passing", reason: nil),
                .init(
                    name: "health", state: "failing", reason: "status 500, expected 2xx",
                    body: "{\n  \"error\": \"no \u{1B}[31mdatabase\"\n}"
                        + String(repeating: "\nmore", count: 20)),
            ],
            routes: [.init(stream: "access", route: "/api/cart", count: 120, errors: 60)],
            sources: [
                .init(label: "symlink:/srv/shop/current", version: "2.0.0", problem: nil),
                .init(label: "command:/usr/bin/shop", version: nil, problem: "exit status 3"),
            ],
            lines: [
                .init(
                    stream: "access",
                    text: "GET /api/cart 500 " + String(repeating: "x", count: 200)),
                .init(stream: "access", text: "GET /api/cart 502"),
                .init(stream: "app", text: "panic: no such table"),
            ])
        try check("incident-evidence", width: 80) {
            IncidentRendering.lines(IncidentDetail(incident: incident, timeline: []), $0)
        }
    }

    @Test func incidentWithAssessments() throws {
        var incident = Fixtures.recovered
        let at = Fixtures.ago(.seconds(40))
        incident.assessments = [
            Assessment(
                name: "open sessions", occasion: .opened, command: "/usr/lib/shop/sessions",
                began: at,
                result: TaskResult(
                    ending: .exited(0),
                    output: "312 sessions\n\n"
                        + (0..<10).map { "client \u{1B}[31m\($0)" }.joined(separator: "\n"))),
            Assessment(
                name: "queue", occasion: .opened, command: "/usr/lib/shop/queue", began: at,
                result: TaskResult(ending: .timedOut)),
            Assessment(
                name: "open sessions", occasion: .beforeRollback,
                command: "/usr/lib/shop/sessions", began: at + .seconds(5)),
        ]
        try check("incident-assessed", width: 80) {
            IncidentRendering.lines(IncidentDetail(incident: incident, timeline: []), $0)
        }
    }

    @Test(arguments: [80, 100]) func incidentThatOffersARollback(width: Int) throws {
        for (name, perMethod) in [("incident-offer", false), ("incident-offer-method", true)] {
            try check(name, width: width) {
                IncidentRendering.lines(
                    IncidentDetail(
                        incident: Fixtures.offering(perMethod: perMethod), timeline: []), $0)
            }
        }
    }

    @Test func statusThatOffersARollback() throws {
        try check("status-offer", width: 100) { theme in
            var report = Fixtures.report
            report.services[0].incident = Fixtures.offering(perMethod: false)
            return StatusRendering.lines(report, theme)
        }
    }

    @Test func incidentWhoseOfferWasAnswered() {
        var incident = Fixtures.offering(perMethod: false)
        incident.offer = nil
        incident.answer = ApprovalAnswer(
            kind: .denied, by: "alice", at: Fixtures.now, text: "denied by alice: it is the CDN")
        incident.heldUntil = Fixtures.now + .minutes(5)
        let theme = Theme(width: 100, colour: false, now: Fixtures.now)
        let text = IncidentRendering.lines(
            IncidentDetail(incident: incident, timeline: []), theme
        ).map { $0.text(theme) }.joined(separator: "\n")
        #expect(text.contains("denied by alice at"))
        #expect(text.contains("it is the CDN"))
        #expect(text.contains("(in 5m)"))
    }

    @Test func incidentThatIsOver() throws {
        try check("incident-over", width: 100) {
            IncidentRendering.lines(
                IncidentDetail(incident: Fixtures.recovered, timeline: []), $0)
        }
    }

    /// Everything that people ask for the next morning, also where the terminal is narrow.
    @Test(arguments: [60, 100]) func incidentAsItIsAskedAbout(width: Int) throws {
        var incident = Fixtures.recovered
        incident.rollbacks[0].landed = Fixtures.ago(.seconds(15))
        incident.rollbacks[0].losses = ["orders since the last backup"]
        incident.evidence = Evidence(
            taken: Fixtures.ago(.seconds(40)), readings: [:], probes: [], routes: [], sources: [])
        try check("incident-account", width: width) {
            IncidentRendering.lines(
                IncidentDetail(
                    incident: incident, timeline: Fixtures.story, messages: Fixtures.pages,
                    directory: "/var/lib/watchd"), $0)
        }
    }

    @Test func howToRollBackIsShownWhereNothingIsOffered() {
        var detail = IncidentDetail(incident: Fixtures.incident, timeline: [])
        detail.advice = "`watchctl rollback shop`, which would roll 2.0.0 back to 1.9.0"
        let theme = Theme(width: 200, colour: false, now: Fixtures.now)
        let lines = IncidentRendering.lines(detail, theme).map { $0.text(theme) }
        #expect(
            lines.contains(
                "  roll back   `watchctl rollback shop`, which would roll 2.0.0 back to 1.9.0"))
    }

    @Test func whatNoChannelTookStandsOut() throws {
        var incident = Fixtures.incident
        incident.undelivered = UndeliveredPage(
            since: Fixtures.ago(.seconds(30)), title: "shop: 5xx storm",
            channels: [.init(channel: "ops-chat", problem: "HTTP 503")])
        let theme = Theme(width: 200, colour: false, now: Fixtures.now)
        let lines = IncidentRendering.lines(
            IncidentDetail(incident: incident, timeline: []), theme
        ).map { $0.text(theme) }
        #expect(
            lines[1]
                == "  ✖ no channel takes 'shop: 5xx storm' since 2026-11-21 09:29:30 UTC: "
                + "ops-chat: HTTP 503")
        var report = Fixtures.report
        report.services[0].incident = incident
        let status = StatusRendering.lines(report, theme).map { $0.text(theme) }
        #expect(
            status.contains {
                $0.contains(
                    "✖ no channel takes its page (30s ago): ops-chat: HTTP 503; watchctl "
                        + "deliveries")
            })
    }

    @Test func lists() throws {
        try check("incidents", width: 100) {
            IncidentRendering.list([Fixtures.incident, Fixtures.recovered], $0)
        }
        try check("releases", width: 100) { ListRendering.releases([Fixtures.releases], $0) }
        try check("deliveries", width: 100) { ListRendering.deliveries([Fixtures.delivery], $0) }
        try check("explain", width: 100) { ListRendering.explanation(Fixtures.explanation, $0) }
        try check("events", width: 100) { EventRendering.lines([Fixtures.event(1)], $0) }
    }

    @Test func anExplanationSaysWhyInSentencesThatAreNeverCut() {
        var explanation = Fixtures.explanation
        let reason =
            "error_rate(access, 2m) is 31.2 % of 2400 samples (surely at least 29.6 %), "
            + "more than 25%"
        explanation.why = ["breached for 40s: the condition is true", reason]
        explanation.notices = [
            "pattern 'app.panik' has matched no line since watchd began to watch"
        ]
        let theme = Theme(width: 60, colour: false, now: Fixtures.now)
        let lines = ListRendering.explanation(explanation, theme).map { $0.text(theme) }
        #expect(lines[1] == "  breached for 40s: the condition is true")
        #expect(lines[2].hasPrefix("  · error_rate(access, 2m) is 31.2 %"))
        #expect(lines.contains { $0.hasPrefix("  ! pattern 'app.panik'") })
        let words = lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(words.contains(reason))
        #expect(lines.allSatisfy { displayWidth($0) <= 60 && !$0.contains("…") })
    }

    @Test func anIncidentSaysWhatMadeItABreach() {
        var incident = Fixtures.incident
        incident.breaches[0].when = Fixtures.expression
        incident.breaches[0].why = [
            "error_rate(access, 2m) is 31.2 % of 2400 samples, more than 25%"
        ]
        let theme = Theme(width: 100, colour: false, now: Fixtures.now)
        let detail = IncidentDetail(incident: incident, timeline: [])
        let lines = IncidentRendering.lines(detail, theme).map { $0.text(theme) }
        #expect(lines.contains("  '5xx storm' wants error_rate(access, 2m) > 25%"))
        #expect(
            lines.contains("  · error_rate(access, 2m) is 31.2 % of 2400 samples, more than 25%"))
    }

    @Test func statusShowsWhatNeverCame() {
        var report = Fixtures.report
        report.services[0].notices = ["stream 'access' has had no line since watchd began"]
        let theme = Theme(width: 100, colour: false, now: Fixtures.now)
        let lines = StatusRendering.lines(report, theme).map { $0.text(theme) }
        #expect(lines.contains("  ! stream 'access' has had no line since watchd began"))
    }

    @Test func nothingIsSaidToBeNothing() {
        let theme = Theme(width: 80, colour: false, now: Fixtures.now)
        #expect(IncidentRendering.list([], theme).first?.text(theme) == "No incidents.")
        #expect(ListRendering.deliveries([], theme).count == 1)
        #expect(EventRendering.lines([], theme).count == 1)
    }

    @Test func noControlCharacterOfTheDaemonReachesTheTerminal() {
        let attack = "x\u{1B}[2Jy\u{9B}31m\nz\u{202E}"
        var report = Fixtures.report
        report.armed.by = attack
        report.armed.reason = attack
        report.storeProblem = attack
        report.daemon.version = attack
        report.services[0].name = attack
        report.services[0].releaseNote = attack
        report.services[0].readiness.text = attack
        report.services[0].triggers[0].name = attack
        report.services[0].triggers[0].when = attack
        report.services[0].triggers[0].readings = [attack: Reading(gap: .blind(attack))]
        report.services[0].triggers[1].note = attack
        report.services[0].signals[0].note = attack
        report.services[0].incident?.reason = attack
        let theme = Theme(width: 400, colour: false, now: Fixtures.now)
        for line in StatusRendering.lines(report, theme) {
            let text = line.text(theme)
            #expect(
                !text.unicodeScalars.contains {
                    [.control, .format].contains($0.properties.generalCategory)
                }, "\(text)")
        }
    }

    @Test func wideCharactersTakeTwoColumnsAndMarksNone() {
        #expect(displayWidth("shop") == 4)
        #expect(displayWidth("店舗") == 4)
        #expect(displayWidth("e\u{301}") == 1)
        #expect(displayWidth("🔥") == 2)
        #expect(cut("店舗です", to: 5) == "店舗…")
        #expect(cut("shop", to: 4) == "shop")
        #expect(cut("shop", to: 3) == "sh…")
    }

    @Test func figuresAreForPeople() {
        #expect(Figures.percent(0.312) == "31.2 %")
        #expect(Figures.percent(0) == "0 %")
        #expect(Figures.decimal(-0.04) == "0")
        #expect(Figures.decimal(-1.25) == "-1.3")
        #expect(Figures.relative(Fixtures.ago(.seconds(90)), to: Fixtures.now) == "1m30s ago")
        #expect(Figures.relative(Fixtures.now + .seconds(8), to: Fixtures.now) == "in 8s")
        #expect(Figures.relative(Fixtures.now, to: Fixtures.now) == "now")
        #expect(Figures.reading("p95(a, 5m)", Reading(value: 0.42, samples: 7)) == "420ms of 7")
        #expect(Figures.reading("count(a, 5m)", Reading(value: 42, samples: 42)) == "42")
        #expect(Figures.reading("x", Reading(gap: .noData)) == "no data")
        let of = { (name: String, value: Double) in
            Figures.reading(name, Reading(value: value, samples: 9))
        }
        #expect(of("parse_failures(a, 5m)", 0.5) == "50 % of 9")
        #expect(of("baseline(p95(a, 5m))", 0.42) == "420ms of 9")
        #expect(of("overrun(migration)", 2.5) == "2.5")
        #expect(of("release_age()", 5400) == "1h30m")
        #expect(of("matches(app.panic, 1m)", 3) == "3")
    }
}
