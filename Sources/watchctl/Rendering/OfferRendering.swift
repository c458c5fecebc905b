// A rollback that waits for somebody's word: what would run, what it may lose, what speaks against
// it, who may say yes, until when, and what to type.

import WatchCore

enum OfferRendering {
    static func lines(_ offer: ApprovalOffer, _ incident: String, _ theme: Theme) -> [Line] {
        var lines: [Line] = [
            .empty,
            Line([
                Span("approval", .strong),
                Span(
                    "  \(safe(offer.from.text)) → \(safe(offer.to.text)) with plan "
                        + safe(offer.plan)),
            ]),
        ]
        for way in offer.ways { lines += self.way(way, theme) }
        for condition in offer.conditions {
            lines += wrapped("against", safe(condition, limit: 500), .warning, theme)
        }
        if let who = offer.forcedBy {
            let what = "\(safe(who)) asked for it in spite of gates that say no: none holds it up"
            lines += wrapped("forced", what, .warning, theme)
        }
        if let first = offer.ways.first, !offer.isPerMethod {
            lines += wrapped("who", safe(first.approvers), .plain, theme)
        }
        lines += wrapped("until", until(offer, theme), .plain, theme)
        let approve =
            offer.isPerMethod ? offer.ways.map(\.command) : ["watchctl approve \(incident)"]
        for command in approve + ["watchctl deny \(incident)"] {
            lines += wrapped("type", safe(command, limit: 200), .strong, theme)
        }
        return lines
    }

    /// For `watchctl status`: what, and what to type; short, because nothing of it may be cut.
    static func summary(_ offer: ApprovalOffer, _ theme: Theme) -> [String] {
        let losses = offer.ways.compactMap(\.loses)
        let loses = losses.isEmpty ? "loses nothing" : "loses: \(safe(losses[0], limit: 500))"
        let until = offer.until.map { " (until \(Figures.clock($0)) UTC)" } ?? ""
        return [
            "offered: \(safe(offer.from.text)) → \(safe(offer.to.text)), \(loses)",
            safe(offer.ways.first?.command ?? "", limit: 200) + until,
        ]
    }

    private static func way(_ way: ApprovalOffer.Way, _ theme: Theme) -> [Line] {
        let loses = way.loses.map { "loses: \(safe($0, limit: 500))" } ?? "loses nothing"
        var lines = wrapped(
            "method", "\(safe(way.method)), \(loses)", way.loses == nil ? .plain : .bad, theme)
        for step in way.steps { lines += wrapped("", safe(step), .dim, theme) }
        if way.loses != nil { lines += wrapped("who", safe(way.approvers), .plain, theme) }
        return lines
    }

    private static func until(_ offer: ApprovalOffer, _ theme: Theme) -> String {
        guard let until = offer.until else { return "no deadline" }
        let then =
            switch offer.onTimeout {
            case .escalate, nil: "the next step of the route is told"
            case .rollback: "watchd rolls back by itself, if nothing forbids it"
            case .hold: "the offer ends"
            }
        return "\(Figures.time(until)) (\(Figures.relative(until, to: theme.now))), then \(then)"
    }

    private static func wrapped(
        _ name: String, _ text: String, _ style: Span.Style, _ theme: Theme
    ) -> [Line] {
        Table.wrap(text, to: max(20, theme.width - 14)).enumerated().map { index, part in
            let shown = index == 0 ? name : ""
            let padded = shown + String(repeating: " ", count: max(0, 11 - shown.count))
            return Line([Span("  \(padded) ", .dim), Span(part, style)])
        }
    }
}
