// Of each rule: how often it fired and when, or how near it came.

import WatchCore
import WatchReplay

extension ReplayRendering {
    struct Breach {
        var begin: ReplayEvent
        /// nil: it stood at the end.
        var end: ReplayEvent?
    }

    func triggers(of service: ServiceConfiguration) -> [Line] {
        var table = Table([
            .init("trigger", gives: true), .init("mode"), .init("severity"),
            .init("fired", right: true), .init("judged", right: true),
            .init("what was seen", wraps: true),
        ])
        table.rows = service.triggers.map { trigger in
            let fired = breaches(of: trigger.name, service.name).count
            let never: Span.Style = blindness(of: trigger, service).isEmpty ? .dim : .warning
            return [
                Span(safe(trigger.name), fired > 0 ? .strong : .plain),
                Span(trigger.mode.rawValue), Span(trigger.severity.rawValue),
                Span(fired == 0 ? "never" : "\(fired) ×", fired > 0 ? .bad : never),
                known(trigger, service), Span(seen(trigger, service)),
            ]
        }
        return [.empty] + table.lines(theme)
            + service.triggers.flatMap { list(of: $0, service) + unjudged($0, service) }
    }

    func breaches(of trigger: String, _ service: String) -> [Breach] {
        var result: [Breach] = []
        var isOpen = false
        for event in findings.events where event.service == service && event.trigger == trigger {
            switch event.kind {
            case .breached:
                result.append(Breach(begin: event))
                isOpen = true
            case .cleared, .insufficient, .blind:
                if isOpen, let last = result.indices.last { result[last].end = event }
                isOpen = false
            case .detected, .good, .bad, .decision: break
            }
        }
        return result
    }

    /// The share of the record in which there was something to judge.
    private func known(_ trigger: TriggerConfiguration, _ service: ServiceConfiguration) -> Span {
        guard let begin = findings.begin, let end = findings.end, end > begin else {
            return Span("")
        }
        let seconds = Double(findings.judged[service.name]?[trigger.name] ?? 0)
        let share = min(1, seconds / (end - begin).seconds)
        return Span(
            share > 0 && share < 0.01 ? "< 1 %" : "\(Int((share * 100).rounded())) %",
            share < 0.5 ? .warning : .plain)
    }

    private func seen(_ trigger: TriggerConfiguration, _ service: ServiceConfiguration) -> String {
        let highest = findings.highest[service.name]?[trigger.name] ?? [:]
        let lowest = findings.lowest[service.name]?[trigger.name] ?? [:]
        let absent = Set(missing(service)).intersection(trigger.when.operands.flatMap(\.signals))
        let rule = safe(trigger.when.source)
        guard !highest.isEmpty else {
            if !blindness(of: trigger, service).isEmpty { return "\(rule): could not be measured" }
            return absent.isEmpty
                ? "\(rule): never enough data"
                : "\(rule): \(absent.sorted().map { safe($0) }.joined(separator: ", ")) not given"
        }
        let ranges = highest.sorted { $0.key < $1.key }.map { operand, high -> String in
            let top = Figures.value(operand, high.reading.value ?? 0)
            let low = lowest[operand].map { Figures.value(operand, $0.reading.value ?? 0) } ?? top
            let name = highest.count > 1 ? "\(safe(operand)) " : ""
            return low == top
                ? "\(name)always \(top)" : "\(name)\(low) to \(top) (\(moment(high.time)))"
        }
        return "\(rule): \(ranges.joined(separator: "; "))"
    }

    private func list(
        of trigger: TriggerConfiguration, _ service: ServiceConfiguration
    ) -> [Line] {
        let all = breaches(of: trigger.name, service.name)
        guard !all.isEmpty else { return [] }
        var lines = [
            Line.empty,
            Line([Span("  \(safe(trigger.name))", .strong), Span(" would have fired")]),
        ]
        for breach in all.prefix(Self.breachLimit) {
            let how: String
            switch breach.end?.kind {
            case .cleared: how = "until \(length(breach)) later"
            case nil: how = "and still at the end"
            case .insufficient, .blind, .breached, .detected, .good, .bad, .decision:
                how = "until \(length(breach)) later, when \(ended(breach))"
            }
            lines.append(
                Line([
                    Span("    \(moment(breach.begin.time))  ", .dim),
                    Span(Figures.readings(breach.begin.readings ?? [:]), .bad), Span("  \(how)"),
                ]))
        }
        if all.count > Self.breachLimit {
            lines.append(Line("    … and \(all.count - Self.breachLimit) times more", .dim))
        }
        return lines
    }

    private func length(_ breach: Breach) -> String {
        breach.end.map { ($0.time - breach.begin.time).text } ?? ""
    }

    private func ended(_ breach: Breach) -> String {
        guard let end = breach.end else { return "" }
        if end.kind == .blind { return "it could not be measured any more" }
        let changed = findings.events.last {
            $0.service == end.service && $0.kind == .detected && $0.time <= end.time
        }
        return changed.map { "\(safe($0.release?.text ?? "another release")) ran" }
            ?? "there was too little data"
    }
}
