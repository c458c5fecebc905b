// One probe phase by phase, as it went: what took how long, who answered with which certificate,
// what was said and what came back, and at the end the verdict.

import WatchCore
import WatchHTTP
import WatchProbes

struct ProbeRendering {
    /// Lines of a header or a body; more is what a browser is for.
    private static let lineLimit = 40
    private static let bodyLines = 12

    let name: String
    let probe: ProbeConfiguration
    let report: ProbeReport

    private var timings: PhaseTimings? { report.result.timings }

    func lines(_ theme: Theme) -> [Line] {
        [Line([Span(safe(name), .strong), Span("  \(probe.kind.name)", .dim)]), .empty]
            + (report.steps.isEmpty ? phases(theme) : steps(theme)) + [.empty] + verdict(theme)
    }

    private func steps(_ theme: Theme) -> [Line] {
        var lines: [Line] = []
        for step in report.steps {
            var head = [Span("  " + safe(step.title), .strong)]
            if step.times > 1 { head.append(Span("  asked \(step.times) times", .dim)) }
            if let note = step.note { head.append(Span("  not asked: \(safe(note))", .dim)) }
            guard let report = step.report else {
                lines += [Line(head), .empty]
                continue
            }
            head.append(report.result.outcome.mark)
            lines.append(Line(head))
            lines += ProbeRendering(name: step.name, probe: probe, report: report).phases(theme)
            lines.append(.empty)
        }
        return lines + row("all of it", report.result.took.seconds, [])
    }

    private func phases(_ theme: Theme) -> [Line] {
        var lines = phase(.name, timings?.name, [])
        lines += phase(.connect, timings?.connect, [report.trace.peer ?? ""])
        lines += phase(.tls, timings?.tls, certificate(theme))
        if !report.trace.asked.isEmpty { lines += row("request", nil, report.trace.asked) }
        lines += phase(.firstByte, timings?.firstByte, report.trace.answered)
        lines += phase(.body, timings?.body, [])
        return lines + row("total", timings?.total ?? report.result.took.seconds, [])
    }

    /// Nothing of a phase that was not reached, but the one that was left in the middle.
    private func phase(
        _ phase: HTTPFailure.Phase, _ took: Double?, _ details: [String]
    ) -> [Line] {
        let details = details.filter { !$0.isEmpty }
        let isWhereItEnded = report.trace.failedIn == phase
        guard took != nil || isWhereItEnded || (phase != .connect && !details.isEmpty) else {
            return []
        }
        return row(phase.title, took, details, endedHere: isWhereItEnded)
    }

    /// Name, time, and what was seen, each detail on a line of its own.
    private func row(
        _ title: String, _ took: Double?, _ details: [String], endedHere: Bool = false
    ) -> [Line] {
        let time = took.map { Figures.milliseconds($0) } ?? ""
        let head = [Span("  " + title.padded(12), .strong), Span(time.paddedLeft(10))]
        let margin = [Span(String(repeating: " ", count: 24))]
        var rest = details.prefix(Self.lineLimit).map {
            Span("  " + safe($0, limit: 500), .dim)
        }
        if endedHere { rest.insert(Span("  ✖ it ended here", .bad), at: 0) }
        if details.count > Self.lineLimit {
            rest.append(Span("  … \(details.count - Self.lineLimit) more", .dim))
        }
        guard !rest.isEmpty else { return [Line(head)] }
        return rest.enumerated().map {
            Line(($0 == 0 ? head : margin) + [$1], overflow: .wraps(hanging: 28))
        }
    }

    private func certificate(_ theme: Theme) -> [String] {
        guard let info = report.trace.tls else { return [] }
        let agreed = [info.version, info.cipher].compactMap { $0 }.joined(separator: ", ")
        return [agreed]
            + info.chain.enumerated().flatMap { place, certificate -> [String] in
                let end = WallTime(nanoseconds: certificate.notAfter * 1_000_000_000)
                let start = WallTime(nanoseconds: certificate.notBefore * 1_000_000_000)
                let left =
                    end < theme.now
                    ? "EXPIRED \(Figures.time(end)), \(Figures.relative(end, to: theme.now))"
                    : start > theme.now
                        ? "NOT YET GOOD, from \(Figures.time(start))"
                        : "good until \(Figures.time(end)), \(Figures.relative(end, to: theme.now))"
                let names = certificate.names.prefix(8).joined(separator: ", ")
                let more = certificate.names.count > 8 ? ", …" : ""
                return [
                    "\(place == 0 ? "certificate" : "signed by") \(certificate.subject), \(left)"
                ]
                    + (place == 0 && !names.isEmpty ? ["for \(names)\(more)"] : [])
            }
    }

    private func verdict(_ theme: Theme) -> [Line] {
        let result = report.result
        switch result.outcome {
        case .pass:
            guard let degraded = result.degraded else { return [Line("✔ pass", .good)] }
            return said("✔ pass, but degraded: \(degraded)", .warning, theme)
        case .fail(let reason): return said("✖ fail: \(reason)", .bad, theme) + body(result)
        case .error(let reason):
            return said("? error: \(reason)", .warning, theme)
                + [Line("  it could not be asked; that says nothing about the target", .dim)]
        }
    }

    /// All of it: this is what people came for.
    private func said(_ text: String, _ style: Span.Style, _ theme: Theme) -> [Line] {
        Table.wrap(safe(text, limit: 2000), to: theme.width - 2).enumerated().map {
            Line([Span($0 == 0 ? "" : "  "), Span($1, style)])
        }
    }

    private func body(_ result: ProbeResult) -> [Line] {
        guard let body = result.body else { return [] }
        let all = body.split(whereSeparator: \.isNewline)
        return all.prefix(Self.bodyLines).map { Line("  │ \(safe($0, limit: 300))", .dim) }
            + (all.count > Self.bodyLines ? [Line("  │ …", .dim)] : [])
    }
}

extension ProbeResult.Outcome {
    fileprivate var mark: Span {
        switch self {
        case .pass: Span("  ✔", .good)
        case .fail: Span("  ✖", .bad)
        case .error: Span("  ?", .warning)
        }
    }
}

extension HTTPFailure.Phase {
    fileprivate var title: String {
        switch self {
        case .name: "name"
        case .connect: "connect"
        case .tls: "tls"
        case .firstByte: "first byte"
        case .body: "body"
        }
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }

    fileprivate func paddedLeft(_ width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}

extension Figures {
    /// `12.3 ms`, `1.2 s`: to be compared with the others in its column.
    fileprivate static func milliseconds(_ seconds: Double) -> String {
        seconds < 10 ? "\(decimal(seconds * 1000)) ms" : "\(decimal(seconds)) s"
    }
}
