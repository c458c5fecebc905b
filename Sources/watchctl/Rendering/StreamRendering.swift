// The report of `watchctl stream`: figures first, then what could not be read and why.

import WatchCore
import WatchReplay

struct StreamRendering {
    let name: String
    let input: String
    let stream: StreamConfiguration
    let report: StreamReport
    let theme: Theme

    var lines: [Line] {
        let file = input == "-" ? "standard input" : safe(input)
        var lines = [
            Line([Span(safe(name), .strong), Span(" in \(file): \(lineCount(report.lines))")])
        ]
        if let first = report.first, let last = report.last {
            lines.append(
                Line("  \(Figures.time(first)) to \(Figures.time(last))", .dim))
        }
        return lines + [.empty] + figures + statuses + latency + patterns + complaints + remark
    }

    private func lineCount(_ count: Int) -> String {
        "\(Figures.grouped(count)) line\(count == 1 ? "" : "s")"
    }

    private func row(_ title: String, _ text: String, _ style: Span.Style = .plain) -> Line {
        let padding = String(repeating: " ", count: max(1, 12 - displayWidth(title)))
        return Line([Span("  " + title, .dim), Span(padding), Span(text, style)])
    }

    private func share(_ count: Int, of whole: Int) -> String {
        let text = Figures.grouped(count)
        return whole == 0 || count == 0
            ? text : "\(text) (\(Figures.percent(Double(count) / Double(whole))))"
    }

    private var figures: [Line] {
        let read = report.lines - report.ignored
        var lines = [row("parsed", share(report.parsed, of: read))]
        lines.append(
            row(
                "unparsed", share(report.unparsed, of: read),
                report.unparsed == 0 ? .plain : isBlind ? .bad : .warning))
        if report.ignored > 0 {
            lines.append(
                row("left out", "\(share(report.ignored, of: report.lines)) by only and ignore"))
        }
        if report.late > 0 {
            lines.append(row("late", share(report.late, of: report.parsed), .warning))
        }
        if stream.tellsErrors {
            lines.append(row("errors", share(report.errors, of: report.parsed)))
        }
        return lines
    }

    /// DESIGN §5, "No data": of a live stream.
    private var isBlind: Bool { report.unparsed * 5 > report.lines - report.ignored }

    private var statuses: [Line] {
        let counts = report.byStatus.sorted { $0.key < $1.key }
        guard !counts.isEmpty else { return [] }
        var table = Table([.init("status"), .init("lines", right: true)])
        table.rows = counts.map { status, count in
            [
                Span(status == 0 ? "none" : "\(status)", status >= 500 ? .bad : .plain),
                Span(Figures.grouped(count)),
            ]
        }
        return [.empty] + table.lines(theme)
    }

    private var latency: [Line] {
        guard report.latency.count > 0 else { return [] }
        let figures = [50.0, 95, 99].map { p in
            "p\(Int(p)) \(Figures.latency(report.latency.percentile(p)))"
        }
        let all = figures + ["max \(Figures.latency(report.latency.max))"]
        return [
            .empty,
            row(
                "latency",
                all.joined(separator: ", ") + " of \(lineCount(report.latency.count))"),
        ]
    }

    private var patterns: [Line] {
        guard !report.patterns.isEmpty else { return [] }
        var table = Table([.init("pattern", gives: true), .init("lines", right: true)])
        table.rows = report.patterns.sorted { $0.key < $1.key }.map { name, count in
            [Span(safe(name)), Span(Figures.grouped(count), count == 0 ? .dim : .plain)]
        }
        return [.empty] + table.lines(theme)
    }

    private var complaints: [Line] {
        guard !report.complaints.isEmpty else { return [] }
        var lines = [Line.empty, Line("Did not parse", .strong)]
        for complaint in report.complaints {
            lines.append(
                Line([
                    Span("  line \(complaint.line.number): ", .dim),
                    Span(complaint.reason, .warning),
                ]))
            if !complaint.line.text.isEmpty { lines.append(Line("    " + complaint.line.text)) }
        }
        let more = report.unparsed - report.complaints.count
        if more > 0 { lines.append(Line("  and \(Figures.grouped(more)) more", .dim)) }
        return lines
    }

    private var remark: [Line] {
        let text: String
        if report.lines == 0 {
            text = "The log is empty."
        } else if report.parsed + report.unparsed == 0 {
            text = "Every line is left out by only or ignore."
        } else if isBlind {
            text = "So many lines that do not parse make a running stream blind (over 20 %)."
        } else {
            return []
        }
        return [.empty, Line(text, .warning)]
    }
}
