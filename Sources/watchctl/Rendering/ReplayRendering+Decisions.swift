// What would have been done and why not, with the curves around it.

import WatchCore
import WatchReplay

extension ReplayRendering {
    func decisions(of service: ServiceConfiguration) -> [Line] {
        let decisions = findings.events.filter {
            $0.service == service.name && $0.kind == .decision
        }
        guard !decisions.isEmpty else {
            if blind.contains(where: { $0.service == service.name }) { return [] }
            let unjudged = findings.blindness.contains { $0.service == service.name }
            return [
                .empty,
                unjudged
                    ? Line("  Nothing would have been done; not all of it was judged.", .warning)
                    : Line("  Nothing would have been done.", .good),
            ]
        }
        var lines: [Line] = [.empty, Line("  What would have been done", .strong)]
        var charts = 0
        var lastChart: WallTime?
        for (number, decision) in decisions.enumerated() {
            guard number < 40 else {
                lines.append(Line("    … and \(decisions.count - number) more decisions", .dim))
                break
            }
            lines += sentence(decision)
            // One chart shows all decisions that lie within it.
            let isShown = lastChart.map { decision.time - $0 < .minutes(10) } ?? false
            if charts < Self.chartLimit, !isShown {
                lines += chart(decision, service)
                charts += 1
                lastChart = decision.time
            }
        }
        return lines
    }

    private func sentence(_ event: ReplayEvent) -> [Line] {
        let trigger = safe(event.trigger ?? "")
        let release = event.release.map { safe($0.text) } ?? "an unknown release"
        let (word, style): (String, Span.Style)
        switch event.decision {
        case .rollback: (word, style) = ("ROLLBACK", .bad)
        case .hold: (word, style) = ("HOLD", .warning)
        case .page: (word, style) = ("PAGE", .warning)
        case .record, nil: (word, style) = ("RECORD", .dim)
        }
        var lines = [
            Line.empty,
            Line([
                Span("  \(moment(event.time))  ", .dim), Span(word, style),
                Span("  '\(trigger)' while \(release) ran"),
            ]),
        ]
        lines += paragraph(why(event), first: "            ", rest: "            ")
        if let delay = delay(event) {
            lines += paragraph(delay, first: "            ", rest: "            ")
        }
        return lines
    }

    /// From trouble to decision: by the contract's first bad second, and from where the curve
    /// rises, since a single stray error is a bad second, too.
    private func delay(_ event: ReplayEvent) -> String? {
        guard let bad = event.firstBad, bad <= event.time else { return nil }
        let text =
            "decided \((event.time - bad).text) after the first bad second of the release, "
            + moment(bad)
        guard let onset = onset(of: event), onset > bad + .seconds(10), onset < event.time else {
            return text
        }
        return "decided \((event.time - onset).text) after it got worse at about \(moment(onset)) "
            + "(the first bad second of the release was \(moment(bad)))"
    }

    /// Where the curve that the rule looks at begins to rise.
    private func onset(of event: ReplayEvent) -> WallTime? {
        guard let service = configuration.service(event.service),
            let stream = stream(of: event, service),
            let trigger = service.triggers.first(where: { $0.name == event.trigger })
        else { return nil }
        let looksAtLatency = trigger.when.operands.contains { operand in
            guard case .signal(let function, _, _) = operand else { return false }
            return switch function {
            case .percentile, .mean, .max: true
            case .errorRate, .successRate, .count, .errors, .rate: false
            }
        }
        return findings.traffic[.init(service: event.service, signal: stream)]?
            .onset(of: looksAtLatency ? .latency : .errors, before: event.time)
    }

    private func why(_ event: ReplayEvent) -> String {
        let reason = event.reason ?? ""
        guard event.decision == .rollback else {
            return "\(safe(event.text, limit: 500)) (\(safe(reason)))"
        }
        let target = findings.events.first {
            $0.service == event.service && $0.kind == .detected && $0.time > event.time
                && $0.time - event.time <= request.rollbackTakes + .seconds(1)
        }
        let goal = target?.release.map { " to \(safe($0.text))" } ?? ""
        return "back\(goal), \(safe(event.text, limit: 500)) (\(safe(reason)))"
    }

    // MARK: - Charts

    private func chart(_ event: ReplayEvent, _ service: ServiceConfiguration) -> [Line] {
        guard let stream = stream(of: event, service), let first = findings.begin,
            let end = findings.end
        else { return [] }
        let from = max(first, event.time - .minutes(10))
        let to = min(end, event.time + .minutes(10))
        let labelWidth = 9
        let width = min(theme.width - labelWidth - 8, 96)
        guard to > from, width >= 20,
            let history = findings.traffic[.init(service: service.name, signal: stream)]
        else { return [] }
        let columns = history.columns(width, from: from, to: to)
        guard columns.contains(where: { $0 != nil }) else { return [] }
        func column(_ time: WallTime) -> Int {
            let share = (time - from).seconds / (to - from).seconds
            return min(width - 1, max(0, Int(share * Double(width))))
        }
        let begin = onset(of: event) ?? event.firstBad
        let bad = begin.map(column)
        let errors = Chart(
            values: columns.map { $0.map { Double($0.errors) / Double($0.count) } }, badFrom: bad)
        let latency = Chart(
            values: columns.map { $0.map { Double($0.p95) } }, badFrom: bad)
        var lines = [Line.empty, Line("      errors of \(safe(stream))", .dim)]
        lines += errors.lines(label: Figures.percent(errors.highest), labelWidth: labelWidth)
        if latency.highest > 0 {
            lines += [Line("      P95 of \(safe(stream))", .dim)]
            lines += latency.lines(label: Figures.seconds(latency.highest), labelWidth: labelWidth)
        }
        var marks = [(column(event.time), "decided")]
        if let bad { marks.insert((bad, "it got worse"), at: 0) }
        return (lines + axis(width, labelWidth, marks, from: from, to: to)).map { $0.indented(2) }
    }

    /// The stream of the rule; of several the first that was given, and of none the first given.
    private func stream(of event: ReplayEvent, _ service: ServiceConfiguration) -> String? {
        let given = request.inputs.filter { $0.kind == .stream && $0.service == service.name }
            .map(\.signal)
        let asked =
            service.triggers.first { $0.name == event.trigger }?
            .when.operands.flatMap(\.signals) ?? []
        return asked.first { given.contains($0) } ?? given.first
    }

    private func axis(
        _ width: Int, _ labelWidth: Int, _ marks: [(column: Int, name: String)], from: WallTime,
        to: WallTime
    ) -> [Line] {
        let margin = String(repeating: " ", count: labelWidth + 1)
        var rule = Array(String(repeating: "─", count: width))
        for mark in marks { rule[mark.column] = "┴" }
        let left = moment(from)
        let right = moment(to)
        let gap = max(1, width - displayWidth(left) - displayWidth(right))
        let times = left + String(repeating: " ", count: gap) + right
        var lines = [
            Line("\(margin)└\(String(rule))", .dim, overflow: .cut),
            Line("\(margin) \(times)", .dim, overflow: .cut),
        ]
        for mark in marks {
            let text = "▲ \(mark.name)"
            let room = max(0, min(mark.column, width - displayWidth(text)))
            let isTight = room < mark.column
            let shown = isTight ? "\(mark.name) ▲" : text
            let indent = isTight ? max(0, mark.column + 1 - displayWidth(shown)) : mark.column
            lines.append(
                Line(
                    "\(margin) \(String(repeating: " ", count: indent))\(shown)", .dim,
                    overflow: .cut))
        }
        return lines
    }
}
