// `replay --suggest`: thresholds with the figures they come from, ready to be pasted.

import WatchCore
import WatchReplay

enum AdviceRendering {
    static func lines(
        _ advice: [ThresholdAdvice], _ findings: ReplayFindings, _ theme: Theme
    ) -> [Line] {
        var lines = [Line.empty, Line("Suggested thresholds", .strong)]
        guard !advice.isEmpty else {
            return lines + [
                Line(
                    "  There is too little quiet data: at least ten minutes without a breach are "
                        + "needed.", .warning)
            ]
        }
        var table = Table([
            .init("measured"), .init("values", right: true), .init("median", right: true),
            .init("1 % beyond", right: true), .init("extreme", right: true),
            .init("threshold is", wraps: true),
        ])
        table.rows = advice.map { item in
            [
                Span(safe("\(item.service) \(item.operand)")), Span(Figures.grouped(item.values)),
                Span(Figures.value(item.operand, item.median)),
                Span(Figures.value(item.operand, item.p99)),
                Span(Figures.value(item.operand, item.extreme)), Span(item.why),
            ]
        }
        lines += table.lines(theme)
        for (service, items) in grouped(advice) {
            lines += [
                .empty, Line("  # services: { \(safe(service)): { triggers: [ … ] } }", .dim),
            ]
            lines += items.map {
                Line(
                    "  - { name: \($0.name), when: \"\($0.when)\", severity: high, mode: shadow }",
                    overflow: .whole)
            }
        }
        return lines + [.empty] + remarks(findings, theme)
    }

    private static func grouped(
        _ advice: [ThresholdAdvice]
    ) -> [(service: String, items: [ThresholdAdvice])] {
        var order: [String] = []
        for item in advice where !order.contains(item.service) { order.append(item.service) }
        return order.map { service in (service, advice.filter { $0.service == service }) }
    }

    private static func remarks(_ findings: ReplayFindings, _ theme: Theme) -> [Line] {
        var texts = [
            "Begin in shadow mode and replay them over days on which something went wrong."
        ]
        if let begin = findings.begin, let end = findings.end, end - begin < .days(7) {
            texts.append(
                "The record is \((end - begin).text) long: what comes once a week (backups, peaks "
                    + "of a weekday) is not in it.")
        }
        if findings.events.contains(where: { $0.kind == .breached }) {
            texts.append(
                "Rules were breached in it. Those times are left out, but what led to them is not; "
                    + "a quieter record makes better thresholds.")
        }
        return texts.flatMap { text in
            Table.wrap(text, to: max(20, theme.width - 4)).enumerated().map {
                Line(($0.offset == 0 ? "  - " : "    ") + $0.element)
            }
        }
    }
}
