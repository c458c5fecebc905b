// What keeps watchd quiet: in the head of the status only what is on, in lists all.

import WatchCore

enum QuietRendering {
    /// For the status: one line for each that is on.
    static func head(_ report: StatusReport, _ theme: Theme) -> [Line] {
        var lines: [Line] = []
        if let fault = report.ownNetwork {
            lines.append(
                Line(
                    "? this host's own network fails, so nothing is judged: "
                        + safe(fault, limit: 1000),
                    .bad))
        }
        for quiet in report.quiet ?? [] where quiet.isOn {
            lines.append(Line([Span("○ \(what(quiet))", .warning), Span(details(quiet, theme))]))
        }
        return lines
    }

    static func list(_ all: [QuietStatus], _ theme: Theme) -> [Line] {
        guard !all.isEmpty else { return [Line("There is none.")] }
        var table = Table([
            .init("name", gives: true), .init("now"), .init("of", gives: true), .init("until"),
            .init("muted", right: true), .init("by"), .init("when and why", wraps: true),
        ])
        table.rows = all.map { quiet in
            let next = quiet.since.map { "from \(Figures.relative($0, to: theme.now))" } ?? ""
            let why = [quiet.time, quiet.reason].compactMap { $0 }.filter { !$0.isEmpty }
            return [
                Span(safe(quiet.name)), quiet.isOn ? Span("on", .warning) : Span("off", .dim),
                Span(scope(quiet)),
                Span(
                    quiet.isOn
                        ? quiet.until.map { Figures.relative($0, to: theme.now) } ?? "" : next),
                Span("\(quiet.muted)"), Span(safe(quiet.by ?? "configuration")),
                Span(safe(why.joined(separator: "; ")), .dim),
            ]
        }
        return table.lines(theme, indent: 0)
    }

    private static func what(_ quiet: QuietStatus) -> String {
        switch quiet.kind {
        case .maintenance: "MAINTENANCE \(safe(quiet.name)) of \(scope(quiet))"
        case .silence: "SILENCED \(scope(quiet)) (\(safe(quiet.name)))"
        }
    }

    private static func scope(_ quiet: QuietStatus) -> String {
        var parts = [quiet.services.isEmpty ? "all services" : list(quiet.services)]
        if !quiet.triggers.isEmpty { parts.append(list(quiet.triggers)) }
        if !quiet.severities.isEmpty { parts.append(list(quiet.severities.map(\.rawValue))) }
        return parts.joined(separator: ", ")
    }

    private static func list(_ names: [String]) -> String {
        names.map { safe($0) }.joined(separator: " ")
    }

    private static func details(_ quiet: QuietStatus, _ theme: Theme) -> String {
        var text = quiet.by.map { " by \(safe($0))" } ?? ""
        if let until = quiet.until {
            text +=
                ", until \(Figures.clock(until)) UTC (\(Figures.relative(until, to: theme.now)))"
        }
        if !quiet.reason.isEmpty { text += ": \(safe(quiet.reason))" }
        if quiet.muted > 0 { text += " · \(quiet.muted) pages kept back" }
        return text
    }

    /// What of an incident was kept back, and of signals that cannot be measured.
    static func incident(_ incident: IncidentRecord, _ theme: Theme) -> [[Span]] {
        var lines = incident.blind.filter { $0.cleared == nil }.map { blind in
            [
                Span(
                    "\(safe(blind.signal)) cannot be measured: \(safe(blind.text, limit: 1000))",
                    .warning)
            ]
        }
        if incident.muted > 0, let by = incident.mutedBy {
            lines.append([Span("\(incident.muted) pages kept back (\(safe(by)))", .warning)])
        }
        return lines
    }
}
