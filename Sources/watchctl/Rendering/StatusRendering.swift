// `watchctl status`: what a tired person needs first comes first.

import WatchCore

enum StatusRendering {
    static func lines(_ report: StatusReport, _ theme: Theme) -> [Line] {
        var theme = theme
        // The daemon's clock, not ours, is what its times are relative to.
        theme.now = report.time
        var lines = [header(report), arm(report.armed, scope: "", theme)]
        lines += QuietRendering.head(report, theme)
        if let problem = report.storeProblem {
            lines.append(
                Line("✖ store unavailable, so nothing is done: \(safe(problem, limit: 1000))", .bad)
            )
        }
        lines += storage(report, theme)
        if report.services.isEmpty { lines.append(Line("No service is configured.", .warning)) }
        for service in report.services {
            lines.append(.empty)
            lines += self.service(service, host: report.armed, theme)
        }
        lines += DrillRendering.standing(report.drills ?? [], theme)
        return lines
    }

    static func service(
        _ service: ServiceStatus, host: ArmStatus? = nil, _ theme: Theme
    ) -> [Line] {
        var lines = [
            Line([
                Span(safe(service.name), .strong), Span("  "),
                Span(mark(service.verdict), style(service.verdict)),
            ])
        ]
        lines += facts(service, host, theme)
        for table in [signals(service), triggers(service, theme)] where !table.rows.isEmpty {
            lines.append(.empty)
            lines += table.lines(theme)
        }
        if let notices = service.notices, !notices.isEmpty {
            lines.append(.empty)
            lines += notices.flatMap { notice in
                Table.wrap(safe(notice, limit: 1000), to: theme.width - 4).enumerated().map {
                    Line(($0 == 0 ? "  ! " : "    ") + $1, .warning)
                }
            }
        }
        return lines
    }

    // MARK: - The head

    private static func storage(_ report: StatusReport, _ theme: Theme) -> [Line] {
        (report.storage?.warnings(report.daemon.stateDirectory) ?? []).flatMap { warning in
            Table.wrap("! " + safe(warning, limit: 1000), to: theme.width - 2).enumerated().map {
                Line(($0 == 0 ? "" : "  ") + $1, .warning)
            }
        }
    }

    private static func header(_ report: StatusReport) -> Line {
        Line([
            Span("watchd \(safe(report.daemon.version))", .strong),
            Span(
                " · pid \(report.daemon.pid) · up "
                    + "\(Figures.age(report.daemon.started, at: report.time))"
                    + " · \(Figures.time(report.time))", .dim),
        ])
    }

    private static func arm(_ status: ArmStatus, scope: String, _ theme: Theme) -> Line {
        var text = " by \(safe(status.by))"
        if let since = status.since { text += " \(Figures.relative(since, to: theme.now))" }
        if let until = status.until, !status.armed {
            text +=
                ", until \(Figures.clock(until)) UTC (\(Figures.relative(until, to: theme.now)))"
        }
        if !status.reason.isEmpty { text += ": \(safe(status.reason))" }
        let mark =
            status.armed
            ? Span("● armed\(scope)", .good) : Span("○ DISARMED\(scope)", .warning)
        return Line([mark, Span(text)])
    }

    // MARK: - One service

    private static func facts(
        _ service: ServiceStatus, _ host: ArmStatus?, _ theme: Theme
    ) -> [Line] {
        var facts: [(String, [Span])] = []
        if !service.armed.armed, host?.armed != false {
            facts.append(("armed", arm(service.armed, scope: "", theme).spans))
        }
        facts += release(service, theme)
        facts.append(("last good", [lastGood(service)]))
        for source in service.sources {
            guard let problem = source.problem else { continue }
            facts.append(
                ("source", [Span("\(safe(source.label)): \(safe(problem, limit: 1000))", .warning)])
            )
        }
        facts.append(readiness(service.readiness))
        facts += plans(service.readiness, isGood: service.release?.standing == .good, theme)
        facts += work(service, theme)
        if let incident = service.incident { facts += self.incident(incident, theme) }
        if let incident = service.blindIncident { facts += self.incident(incident, theme) }
        return facts.map { name, spans in
            let padded = name + String(repeating: " ", count: max(0, 10 - name.count))
            return Line([Span("  \(padded) ", .dim)] + spans, overflow: .wraps(hanging: 13))
        }
    }

    /// What a rollback would go back to.
    private static func lastGood(_ service: ServiceStatus) -> Span {
        if let version = service.lastKnownGood { return Span(safe(version)) }
        guard let release = service.release, release.standing == .good else {
            return Span("none yet")
        }
        return Span("none but \(safe(release.version)), which runs")
    }

    private static func release(
        _ service: ServiceStatus, _ theme: Theme
    ) -> [(String, [Span])] {
        var facts: [(String, [Span])] = []
        if let release = service.release {
            let commit = release.commit.map { " (\(safe($0).prefix(9)))" } ?? ""
            let since = Figures.age(release.since, at: theme.now)
            facts.append(
                (
                    "release",
                    [
                        Span(safe(release.version) + commit, .strong), Span(" "),
                        standing(release), Span(" · for \(since) · \(safe(release.origin))", .dim),
                    ]
                ))
        }
        if let note = service.releaseNote {
            facts.append(
                (service.release == nil ? "release" : "", [Span(safe(note, limit: 1000), .warning)])
            )
        }
        return facts
    }

    private static func standing(_ release: ServiceStatus.ReleaseStatus) -> Span {
        switch release.standing {
        case .good: Span("good", .good)
        case .bad: Span("bad", .bad)
        case .baking:
            Span(
                "baking \(Figures.seconds(release.baked.rounded()))/"
                    + "\(Figures.seconds(release.bake))", .warning)
        }
    }

    private static func readiness(
        _ readiness: ServiceStatus.Readiness
    ) -> (String, [Span]) {
        var spans = [Span(safe(readiness.text, limit: 1000), readiness.ready ? .good : .warning)]
        if let reason = readiness.reason { spans.append(Span(" (\(safe(reason)))", .dim)) }
        if let problem = readiness.problem {
            spans.append(Span("; \(safe(problem, limit: 1000))", .warning))
        }
        return ("readiness", spans)
    }

    /// What people have under way, or want later.
    private static func work(
        _ service: ServiceStatus, _ theme: Theme
    ) -> [(String, [Span])] {
        var facts = (service.operations ?? []).map { operation in
            let estimate = operation.estimate.map { " of \(Figures.seconds($0))" } ?? ""
            let phase = operation.phases.last.map { ", at phase \(safe($0))" } ?? ""
            let age = Figures.age(operation.began, at: theme.now)
            return (
                "operation",
                [
                    Span(safe(operation.name), .strong),
                    Span(" · for \(age)\(estimate) · by \(safe(operation.by))\(phase)"),
                ]
            )
        }
        if let scheduled = service.scheduled {
            let to = scheduled.to.map { " to \(safe($0))" } ?? ""
            facts.append(
                (
                    "scheduled",
                    [
                        Span(
                            "rollback from \(safe(scheduled.from))\(to) at "
                                + "\(Figures.time(scheduled.at)) by \(safe(scheduled.by)); "
                                + "watchctl abort \(safe(scheduled.id))", .warning)
                    ]
                ))
        }
        return facts
    }

    /// Those that would not work though the service might act, and when gates were asked.
    private static func plans(
        _ readiness: ServiceStatus.Readiness, isGood: Bool, _ theme: Theme
    ) -> [(String, [Span])] {
        (readiness.plans ?? []).map { plan in
            let asked = plan.asked.map { " · asked \(Figures.relative($0, to: theme.now))" } ?? ""
            let reason = plan.reason.map { " (\(safe($0)))" } ?? ""
            let (mark, style): (String, Span.Style) =
                switch (plan.works, plan.unasked ?? false) {
                case (true, false): ("✔", .good)
                case (true, true): ("…", .plain)
                // As after each good rollback: there is nothing to go back to, and no need.
                case (false, _) where isGood && plan.reason == "no-known-good": ("·", .plain)
                case (false, _): ("✖", .warning)
                }
            return (
                "",
                [
                    Span("\(mark) plan \(safe(plan.plan)): "),
                    Span(safe(plan.text, limit: 1000), style),
                    Span(reason + asked, .dim),
                ]
            )
        }
    }

    private static func incident(
        _ incident: IncidentRecord, _ theme: Theme
    ) -> [(String, [Span])] {
        let name = Span(
            "\(safe(incident.id)) \(incident.state.rawValue)", incident.isBadNews ? .bad : .good)
        let opened = Figures.relative(incident.opened, to: theme.now)
        let text = Span(" · \(incident.severity.rawValue) · opened \(opened)")
        var facts = [("incident", [name, text])]
        if let decision = incident.decision {
            let reason = incident.reason.map { " because \(safe($0))" } ?? ""
            facts.append(("", [Span(safe(decision) + reason)]))
        }
        if let page = incident.undelivered {
            let since = Figures.relative(page.since, to: theme.now)
            let text =
                "✖ no channel takes its page (\(since)): \(safe(page.problems, limit: 1000)); "
                + "watchctl deliveries"
            facts.append(("", [Span(text, .bad)]))
        }
        facts += QuietRendering.incident(incident, theme).map { ("", $0) }
        if let until = incident.heldUntil {
            facts.append(("", [Span("held until \(Figures.time(until))", .warning)]))
        }
        if let offer = incident.offer {
            facts += OfferRendering.summary(offer, theme).map { ("", [Span($0, .warning)]) }
        }
        return facts
    }

    // MARK: - Tables

    private static func signals(_ service: ServiceStatus) -> Table {
        var table = Table([
            .init("signal", gives: true), .init("state"), .init("window", right: true),
            .init("count", right: true), .init("errors", right: true), .init("p50", right: true),
            .init("p95", right: true), .init("note", wraps: true),
        ])
        table.rows = service.signals.map { signal in
            [
                Span(safe(signal.name)), state(signal.state),
                Span(Figures.seconds(signal.window)), Span("\(signal.count)"),
                Span(Figures.percentage(signal.errorRate)), Span(Figures.latency(signal.p50)),
                Span(Figures.latency(signal.p95)), Span(signal.note.map { safe($0) } ?? "", .dim),
            ]
        }
        return table
    }

    private static func triggers(_ service: ServiceStatus, _ theme: Theme) -> Table {
        var table = Table([
            .init("trigger", gives: true, isLast: true), .init("verdict"),
            .init("for", right: true),
            .init("severity"), .init("mode"), .init("when", gives: true),
            .init("readings", wraps: true),
        ])
        // `explain` has it whole.
        table.columns[5].drops = true
        table.rows = service.triggers.map { trigger in
            let readings = trigger.note.map { safe($0) } ?? Figures.readings(trigger.readings)
            return [
                Span(safe(trigger.name)), Span(mark(trigger.verdict), style(trigger.verdict)),
                Span(Figures.age(trigger.since, at: theme.now)), Span(trigger.severity.rawValue),
                Span(trigger.mode.rawValue), Span(safe(trigger.when), .dim), Span(readings),
            ]
        }
        return table
    }

    private static func state(_ state: ServiceStatus.SignalState) -> Span {
        switch state {
        case .passing: Span("✔ passing", .good)
        case .failing: Span("✖ failing", .bad)
        case .blind: Span("? blind", .warning)
        case .waiting: Span("… waiting", .dim)
        }
    }

    static func mark(_ verdict: VerdictName) -> String {
        switch verdict {
        case .healthy: "✔ healthy"
        case .breached: "✖ breached"
        case .insufficient: "… insufficient"
        case .blind: "? blind"
        }
    }

    static func style(_ verdict: VerdictName) -> Span.Style {
        switch verdict {
        case .healthy: .good
        case .breached: .bad
        case .insufficient: .dim
        case .blind: .warning
        }
    }
}

extension IncidentRecord {
    /// Open, and neither recovered nor cleared, or something breached since it was cured: what
    /// makes `status` exit with 1.
    var isBadNews: Bool {
        if isDrill { return false }
        return switch state {
        // A breach in probation opens no other incident.
        case .recovered:
            breaches.contains { breach in
                breach.severity > .low && breach.cleared == nil
                    && cured.map { $0 < breach.began } ?? false
            }
        case .cleared, .closed: false
        case .open, .awaitingApproval, .rollingBack, .verifying, .handedOver, .superseded: true
        }
    }
}
