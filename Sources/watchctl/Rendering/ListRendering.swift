// Releases, deliveries and explanations.

import WatchCore

enum ListRendering {
    static func releases(_ lists: [ReleaseList], _ theme: Theme) -> [Line] {
        guard !lists.isEmpty else { return [Line("No service is configured.")] }
        return Array(
            lists.map { releases($0, theme) }.joined(separator: [.empty]))
    }

    private static func releases(_ list: ReleaseList, _ theme: Theme) -> [Line] {
        var table = Table([
            .init("release", gives: true), .init("standing"), .init("last ran"), .init(""),
            .init("why", wraps: true),
        ])
        table.rows = list.releases.map { release in
            let version = release.identity.version
            let role =
                version == list.running
                ? "running" : version == list.lastKnownGood ? "last known good" : ""
            return [
                Span(safe(release.identity.text)), standing(release),
                Span(
                    version == list.running
                        ? "now" : Figures.relative(release.lastRan.wall, to: theme.now)),
                Span(role), Span(safe(release.standingReason), .dim),
            ]
        }
        let rows = table.lines(theme)
        return [Line(safe(list.service), .strong)]
            + (rows.isEmpty ? [Line("  no release was seen yet")] : rows)
    }

    private static func standing(_ release: Release) -> Span {
        switch release.standing {
        case .good: Span("good", .good)
        case .bad: Span("bad", .bad)
        case .baking: Span("baking \(release.baked.text)", .warning)
        }
    }

    static func deliveries(_ deliveries: [Delivery], _ theme: Theme) -> [Line] {
        guard !deliveries.isEmpty else { return [Line("Nothing was sent and nothing waits.")] }
        var table = Table([
            .init("state"), .init("channel", gives: true), .init("queued"),
            .init("tries", right: true), .init("message", gives: true),
            .init("note", wraps: true),
        ])
        table.rows = deliveries.map { delivery in
            [
                state(delivery.state), Span(safe(delivery.channel)),
                Span(Figures.relative(delivery.queued, to: theme.now)),
                Span("\(delivery.attempts)"), Span(safe(delivery.title)),
                Span(note(delivery, theme), .dim),
            ]
        }
        return table.lines(theme, indent: 0)
    }

    static func state(_ state: Delivery.State) -> Span {
        switch state {
        case .waiting: Span("… waiting", .warning)
        case .sent: Span("✔ sent", .good)
        case .failed: Span("✖ failed", .bad)
        }
    }

    private static func note(_ delivery: Delivery, _ theme: Theme) -> String {
        var parts: [String] = []
        if let error = delivery.lastError { parts.append(safe(error)) }
        if delivery.state == .waiting, let next = delivery.nextAttempt {
            parts.append("next try \(Figures.relative(next, to: theme.now))")
        }
        return parts.joined(separator: "; ")
    }

    static func explanation(_ explanation: Explanation, _ theme: Theme) -> [Line] {
        let trigger = explanation.trigger
        var lines = [
            Line([
                Span("\(safe(explanation.service))/\(safe(trigger.name))", .strong), Span("  "),
                Span(
                    StatusRendering.mark(trigger.verdict), StatusRendering.style(trigger.verdict)),
                Span(
                    " for \(Figures.age(trigger.since, at: theme.now)) · "
                        + "\(trigger.severity.rawValue) · \(trigger.mode.rawValue)", .dim),
            ])
        ]
        if let note = trigger.note, explanation.why.isEmpty {
            lines.append(Line("  \(safe(note))", .warning))
        }
        lines += Self.why(explanation.why, theme)
        lines += explanation.notices.flatMap { notice in
            Table.wrap(safe(notice, limit: 1000), to: theme.width - 4).enumerated().map {
                Line(($0 == 0 ? "  ! " : "    ") + $1, .warning)
            }
        }
        lines.append(.empty)
        var table = Table([
            .init("expression", gives: true), .init("value", right: true),
            .init("samples", right: true), .init("note", wraps: true),
        ])
        table.rows = explanation.lines.map { line in
            [
                Span(String(repeating: "  ", count: min(line.depth, 20)) + safe(line.text)),
                Span(safe(line.value), style(line.value)),
                Span(line.samples.map(String.init) ?? ""),
                Span(line.note.map { safe($0) } ?? "", .dim),
            ]
        }
        lines += table.lines(theme)
        lines += [
            .empty,
            Line([
                Span("  if it breached now: ", .dim), Span(safe(explanation.decision), .strong),
                Span(" (\(safe(explanation.reason)))"),
            ]),
            Line("  \(safe(explanation.text, limit: 1000))"),
        ]
        return lines
    }

    /// The verdict in a sentence, and what decided it below.
    static func why(_ sentences: [String], _ theme: Theme) -> [Line] {
        sentences.enumerated().flatMap { index, sentence in
            Table.wrap(safe(sentence, limit: 1000), to: theme.width - 4).enumerated().map {
                Line((index == 0 ? "  " : $0 == 0 ? "  · " : "    ") + $1)
            }
        }
    }

    private static func style(_ value: String) -> Span.Style {
        switch value {
        case "true": .bad
        case "unknown": .warning
        default: .plain
        }
    }
}
