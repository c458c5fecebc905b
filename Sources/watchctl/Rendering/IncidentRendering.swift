// `watchctl incident ID`: what happened, what was decided and why, what was done, how long it
// took.

import WatchCore

enum IncidentRendering {
    static func lines(_ detail: IncidentDetail, _ theme: Theme) -> [Line] {
        let incident = detail.incident
        let account =
            detail.account
            ?? IncidentAccount(incident, timeline: detail.timeline, messages: detail.messages)
        var lines = AccountRendering.summary(incident, account, theme)
        if let offer = incident.offer { lines += OfferRendering.lines(offer, incident.id, theme) }
        if let advice = detail.advice {
            lines.append(
                Line(
                    [Span("  roll back   ", .dim), Span(safe(advice, limit: 1000))],
                    overflow: .wraps(hanging: 14)))
        }
        lines += section("breaches", breaches(incident, theme).lines(theme))
        if incident.leftOut > 0 {
            lines.append(Line("  and \(incident.leftOut) more that came and went", .dim))
        }
        lines += incident.breaches.flatMap { why($0, theme) }
        if let evidence = incident.evidence { lines += EvidenceRendering.lines(evidence, theme) }
        lines += EvidenceRendering.assessments(incident.assessments ?? [], theme)
        for rollback in incident.rollbacks {
            lines.append(.empty)
            lines += self.rollback(rollback, theme)
        }
        lines += AccountRendering.sections(account, detail.messages ?? [], theme)
        lines += section(
            "timeline", EventRendering.table(detail.timeline).lines(theme))
        return lines
    }

    static func list(_ incidents: [IncidentRecord], _ theme: Theme) -> [Line] {
        guard !incidents.isEmpty else { return [Line("No incidents.")] }
        var table = Table([
            .init("incident"), .init("state"), .init("severity"), .init("opened"),
            .init("release", gives: true), .init("decision", wraps: true),
        ])
        table.rows = incidents.map { incident in
            let decision = [incident.decision, incident.reason].compactMap { $0.map { safe($0) } }
            return [
                Span(safe(incident.id)), state(incident), Span(incident.severity.rawValue),
                Span(Figures.relative(incident.opened, to: theme.now)),
                Span(incident.release.map { safe($0.text) } ?? "unknown"),
                Span(decision.joined(separator: ": ")),
            ]
        }
        return table.lines(theme, indent: 0)
    }

    // MARK: - Parts

    static func section(_ title: String, _ lines: [Line]) -> [Line] {
        lines.isEmpty ? [] : [.empty, Line(title, .strong)] + lines
    }

    private static func breaches(_ incident: IncidentRecord, _ theme: Theme) -> Table {
        var table = Table([
            .init("trigger", gives: true), .init("severity"), .init("began"), .init("cleared"),
            .init("readings", wraps: true),
        ])
        table.rows = incident.breaches.map { breach in
            [
                Span(safe(breach.trigger)), Span(breach.severity.rawValue),
                Span(Figures.clock(breach.began)),
                Span(breach.cleared.map(Figures.clock) ?? "not yet"),
                Span(Figures.readings(breach.readings)),
            ]
        }
        return table
    }

    /// What made it a breach.
    private static func why(_ breach: IncidentRecord.Breach, _ theme: Theme) -> [Line] {
        guard let when = breach.when, let why = breach.why, !why.isEmpty else { return [] }
        let head = "'\(safe(breach.trigger))' wants \(safe(when, limit: 1000))"
        return [.empty] + ListRendering.why([head] + why, theme)
    }

    private static func rollback(_ rollback: RollbackRecord, _ theme: Theme) -> [Line] {
        let took = rollback.ended.map { " · took \(($0 - rollback.began).text)" } ?? ""
        var lines = [
            Line([
                Span("rollback \(safe(rollback.id))", .strong), Span("  "), state(rollback),
                Span("  \(safe(rollback.from.text)) → \(safe(rollback.to.text))"),
            ]),
            Line(
                "  plan \(safe(rollback.plan)) · asked by \(safe(rollback.askedBy))" + took, .dim),
        ]
        if let note = rollback.note {
            lines += Table.wrap(safe(note, limit: 1000), to: theme.width - 2)
                .map { Line("  \($0)", .warning) }
        }
        var table = Table([
            .init("step", gives: true), .init("result"), .init("took", right: true),
            .init("target"), .init("command", wraps: true),
        ])
        table.rows = rollback.steps.map { step in
            [
                Span(safe(step.title)), result(step.result),
                Span(step.took?.text ?? Figures.age(step.began, at: theme.now)),
                DrillRendering.target(step.target?.seconds, late: step.isLate),
                Span(safe(step.command), .dim),
            ]
        }
        lines += table.lines(theme)
        if let part = rollback.timedValidation {
            lines.append(
                Line("  \(safe(part.text))\(part.late ? ", late" : "")", part.late ? .bad : .dim))
        }
        return lines + outputs(rollback, theme)
    }

    /// Why steps failed, and the last lines of what they printed.
    private static func outputs(_ rollback: RollbackRecord, _ theme: Theme) -> [Line] {
        rollback.steps.flatMap { step -> [Line] in
            guard let result = step.result else { return [] }
            guard !result.succeeded else { return gate(step.title, result, theme) }
            var lines: [Line] = []
            switch result.ending {
            case .couldNotStart(let why), .unexpected(let why), .unknown(let why):
                lines.append(Line("  \(safe(step.title)):", .dim))
                lines += Table.wrap(safe(why, limit: 1000), to: theme.width - 4)
                    .map { Line("    \($0)") }
            case .exited, .signalled, .timedOut, .cancelled: break
            }
            guard !result.output.isEmpty else { return lines }
            let tail = result.output.split(whereSeparator: \.isNewline).suffix(5)
            return lines + [Line("  \(safe(step.title)) said:", .dim)]
                + tail.map { Line("    \(safe($0))") }
        }
    }

    /// What a gate says is for whoever decides, also where it says go.
    private static func gate(_ title: String, _ result: TaskResult, _ theme: Theme) -> [Line] {
        let said = result.output.split(whereSeparator: \.isNewline).suffix(3)
        guard title.hasPrefix("gate "), !said.isEmpty else { return [] }
        return [Line("  \(safe(title)) said:", .dim)]
            + said.flatMap { Table.wrap(safe($0, limit: 1000), to: theme.width - 4) }
            .map { Line("    \($0)") }
    }

    private static func result(_ result: TaskResult?) -> Span {
        switch result?.ending {
        case nil: Span("… running", .warning)
        case .exited(0): Span("✔ done", .good)
        case .exited(let code): Span("✖ exit \(code)", .bad)
        case .signalled(let signal): Span("✖ signal \(signal)", .bad)
        case .timedOut: Span("✖ timed out", .bad)
        case .cancelled: Span("✖ cancelled", .bad)
        case .unexpected: Span("✖ not as expected", .bad)
        case .couldNotStart: Span("✖ not started", .bad)
        case .unknown: Span("? unknown", .warning)
        }
    }

    static func state(_ incident: IncidentRecord) -> Span {
        Span(incident.state.rawValue, incident.isBadNews ? .bad : .good)
    }

    private static func state(_ rollback: RollbackRecord) -> Span {
        switch rollback.state {
        case .recovered: Span("recovered", .good)
        case .failed, .aborted: Span(rollback.state.rawValue, .bad)
        case .gates, .before, .methods, .after, .landing, .curing:
            Span(rollback.method.map { "method \(safe($0))" } ?? rollback.state.rawValue, .warning)
        }
    }
}
