// The journal, one line an event.

import WatchCore

enum EventRendering {
    /// For a list; the columns line up.
    static func table(_ events: [EventRecord]) -> Table {
        var table = Table([
            .init("time (UTC)"), .init("event"), .init("what", wraps: true),
        ])
        table.rows = events.map { event in
            [Span(clock(event), .dim), kind(event), Span(text(event))]
        }
        return table
    }

    static func lines(_ events: [EventRecord], _ theme: Theme) -> [Line] {
        events.isEmpty ? [Line("No events.")] : events.map { line($0) }
    }

    /// For a list that grows, where no column can wait for the next event.
    static func line(_ event: EventRecord) -> Line {
        let service = event.service.map { "\(safe($0))  " } ?? ""
        let kind = kind(event)
        let padding = String(repeating: " ", count: max(1, 22 - displayWidth(kind.text)))
        return Line([
            Span(clock(event) + "  ", .dim), kind, Span(padding), Span(service, .strong),
            Span(text(event)),
        ])
    }

    private static func clock(_ event: EventRecord) -> String {
        String(Figures.time(event.time).dropLast(4))
    }

    private static func text(_ event: EventRecord) -> String {
        guard let reason = event.reason, !event.text.contains(reason) else {
            return safe(event.text, limit: 500)
        }
        return "\(safe(event.text, limit: 500)) (\(safe(reason)))"
    }

    private static func kind(_ event: EventRecord) -> Span {
        let style: Span.Style =
            switch event.kind {
            case "trigger.breached", "release.bad": .bad
            case "trigger.cleared", "release.good": .good
            case "trigger.blind": .warning
            default: .plain
            }
        return Span(safe(event.kind), style)
    }
}
