// What was seen at the last decision, before anything was touched: probes that did not pass and
// what they were told, routes that fail, lines that were errors, sources that do not answer.

import WatchCore

enum EvidenceRendering {
    /// Lines of a body that are shown; all of it is in the JSON.
    private static let bodyLines = 8

    static func lines(_ evidence: Evidence, _ theme: Theme) -> [Line] {
        let parts =
            evidence.probes.flatMap { probe($0, theme) } + routes(evidence, theme)
            + evidence.sources.flatMap { source($0, theme) } + logs(evidence, theme)
        guard !parts.isEmpty else { return [] }
        return [
            .empty, Line("evidence", .strong),
            Line("  seen at \(Figures.time(evidence.taken))", .dim),
        ]
            + parts
    }

    /// What the service's own questions found: the beginning, all of it is in the JSON.
    static func assessments(_ assessments: [Assessment], _ theme: Theme) -> [Line] {
        var occasion: Assessment.Occasion?
        return assessments.flatMap { one -> [Line] in
            defer { occasion = one.occasion }
            let when =
                switch one.occasion {
                case .opened: "assessed when it opened, at"
                case .beforeRollback: "assessed before the rollback's first step, at"
                }
            let head =
                one.occasion == occasion
                ? [] : [.empty, Line("\(when) \(Figures.time(one.began))", .strong)]
            let lines = wrapped("\(safe(one.name)): \(safe(one.line, limit: 300))", theme)
            return head + lines + rest(of: one, theme)
        }
    }

    /// What else it printed.
    private static func rest(of one: Assessment, _ theme: Theme) -> [Line] {
        let all = (one.result?.output ?? "").split(whereSeparator: \.isNewline)
            .filter { $0.contains { !$0.isWhitespace } }.dropFirst()
        let shown = all.prefix(bodyLines).map { quoted(String($0), theme) }
        guard all.count > bodyLines else { return shown }
        return shown + [Line("    … \(all.count - bodyLines) lines more, see --json", .dim)]
    }

    private static func probe(_ probe: Evidence.Probe, _ theme: Theme) -> [Line] {
        guard probe.reason != nil || probe.body != nil else { return [] }
        let reason = probe.reason.map { ": \(safe($0, limit: 1000))" } ?? ""
        var lines = wrapped("\(safe(probe.name)) \(safe(probe.state))\(reason)", theme)
        guard let body = probe.body else { return lines }
        let all = body.split(whereSeparator: \.isNewline)
        lines += all.prefix(bodyLines).map { quoted(String($0), theme) }
        if all.count > bodyLines {
            lines.append(Line("    … \(all.count - bodyLines) lines more, see --json", .dim))
        }
        return lines
    }

    private static func routes(_ evidence: Evidence, _ theme: Theme) -> [Line] {
        guard !evidence.routes.isEmpty else { return [] }
        var table = Table([
            .init("failing route", gives: true), .init("stream"), .init("errors", right: true),
            .init("of", right: true),
        ])
        table.rows = evidence.routes.map {
            [
                Span(safe($0.route)), Span(safe($0.stream)), Span("\($0.errors)"),
                Span("\($0.count)"),
            ]
        }
        return table.lines(theme)
    }

    private static func source(_ source: Evidence.Source, _ theme: Theme) -> [Line] {
        guard let problem = source.problem else { return [] }
        return wrapped("\(safe(source.label)): \(safe(problem, limit: 1000))", theme)
    }

    private static func logs(_ evidence: Evidence, _ theme: Theme) -> [Line] {
        var last: String?
        return (evidence.lines ?? []).flatMap { line -> [Line] in
            defer { last = line.stream }
            let head =
                line.stream == last ? [] : [Line("  last errors of \(safe(line.stream)):", .dim)]
            return head + [quoted(line.text, theme)]
        }
    }

    private static func wrapped(_ text: String, _ theme: Theme) -> [Line] {
        Table.wrap(text, to: theme.width - 2).map { Line("  \($0)") }
    }

    /// One line, cut where the terminal ends: it is looked at, not copied.
    private static func quoted(_ text: String, _ theme: Theme) -> Line {
        var shown = safe(text, limit: 2000)
        if theme.isTerminal, displayWidth(shown) > theme.width - 4 {
            while displayWidth(shown) > theme.width - 5 { shown.removeLast() }
            shown += "…"
        }
        return Line("    \(shown)", overflow: .cut)
    }
}
