// The report of a replay, for a reader who doubts it: what was read, what each rule would have
// said and when, what would have been done and why not, and what would change the answer.

import WatchCore
import WatchReplay

struct ReplayRendering {
    let replay: [ReplayedInput]
    /// Of signals that could not be measured.
    let blind: [IncidentRecord]
    let request: ReplayRequest
    /// As it was configured, with signals that were not given.
    let configuration: Configuration
    let findings: ReplayFindings
    let theme: Theme

    /// Charts drawn; more decisions are listed only.
    static let chartLimit = 6
    /// Breaches listed of one trigger.
    static let breachLimit = 8

    var lines: [Line] {
        var lines = heading + record + assumptions
        for service in judgedServices {
            lines += [.empty, Line("service \(safe(service.name))", .strong)]
            lines +=
                releases(of: service) + triggers(of: service) + decisions(of: service)
                + blindness(of: service)
        }
        return lines + advice + [.empty, conclusion]
    }

    /// Those that anything was given of.
    private var judgedServices: [ServiceConfiguration] {
        configuration.services.filter { service in
            request.inputs.contains { $0.service == service.name }
        }
    }

    private var heading: [Line] {
        guard let begin = findings.begin, let end = findings.end else { return [] }
        return [
            Line([
                Span("Replay", .strong),
                Span(" of \(Figures.time(begin)) to \(Figures.time(end)), \((end - begin).text)"),
            ]),
            Line("Nothing was executed and nobody was paged. All times are UTC.", .dim),
        ]
    }

    // MARK: - What was read

    private var record: [Line] {
        var table = Table([
            .init("input"), .init("file", gives: true), .init("lines", right: true),
            .init("unparsed", right: true), .init("out of order", right: true),
            .init("late", right: true), .init("not used", right: true), .init("from"),
            .init("to"),
        ])
        table.rows = replay.map { read in
            let tally = read.tally
            return [
                Span(safe(read.input.name)), Span(safe(read.input.path)),
                Span(Figures.grouped(tally.lines)),
                count(tally.unparsed, .warning), count(tally.outOfOrder, .plain),
                count(tally.late, .warning), count(tally.skipped, .dim),
                Span(tally.first.map(moment) ?? "–"), Span(tally.last.map(moment) ?? "–"),
            ]
        }
        return [.empty, Line("What was read", .strong)] + table.lines(theme)
            + replay.flatMap(remarks)
    }

    private func count(_ number: Int, _ style: Span.Style) -> Span {
        number == 0 ? Span("") : Span(Figures.grouped(number), style)
    }

    private func remarks(_ read: ReplayedInput) -> [Line] {
        var texts: [(String, Span.Style)] = []
        let tally = read.tally
        let name = safe(read.input.name)
        if let first = tally.firstUnparsed {
            texts.append(
                (
                    "\(safe(read.input.path)), line \(first.number) is not of the format: "
                        + first.text, .warning
                ))
        }
        if tally.lines > 0, tally.late * 20 > tally.lines {
            texts.append(
                (
                    "\(name): so many lines are late that the answer is worth little; is a stamp "
                        + "far ahead of the others, or are files mixed up?", .warning
                ))
        }
        if tally.skipped > 0 {
            texts.append(
                (
                    "\(name): what is not used comes after an assumed rollback; it was recorded in "
                        + "a world without one.", .dim
                ))
        }
        return texts.flatMap { paragraph($0.0, first: "  ", rest: "  ", $0.1) }
    }

    // MARK: - What was assumed

    private var assumptions: [Line] {
        var facts = [
            "armed; every gate passes; nobody approves anything",
            "a rollback has succeeded \(request.rollbackTakes.text) after its decision",
        ]
        facts += request.knownGood.map(self.known) + request.releases.map(self.announced)
        for service in judgedServices {
            let absent = missing(service)
            guard !absent.isEmpty else { continue }
            facts.append(
                "not given, so what asks for it stays insufficient: \(safe(service.name)) "
                    + absent.map { safe($0) }.joined(separator: ", "))
        }
        return [.empty, Line("What was assumed", .strong)]
            + facts.flatMap { paragraph($0, first: "  - ", rest: "    ") }
    }

    private func known(_ known: ReplayRequest.Announcement) -> String {
        let fact = "\(safe(known.service)) \(known.version) is known to be good (--known-good)"
        let own = request.releases.filter { $0.service == known.service && isInTime($0) }
        if !own.isEmpty, own.allSatisfy({ $0.version == known.version }) {
            return fact + ", and it is what runs: nothing can be rolled back to it"
        }
        return fact + unasked(known)
    }

    private func announced(_ release: ReplayRequest.Announcement) -> String {
        let name = "\(safe(release.service)) \(release.version)"
        guard let time = release.time else {
            return "\(name) runs since before the record (--release)" + unasked(release)
        }
        guard isInTime(release) else {
            // With its day: it may be another one.
            return "\(name) was deployed after the end of the record, "
                + "\(Figures.time(time).dropLast(4)): that --release changes nothing"
        }
        return "\(name) was deployed at \(moment(time)) (--release)" + unasked(release)
    }

    private func isInTime(_ release: ReplayRequest.Announcement) -> Bool {
        guard let time = release.time, let end = findings.end else { return true }
        return time <= end
    }

    private func unasked(_ announcement: ReplayRequest.Announcement) -> String {
        request.inputs.contains { $0.service == announcement.service }
            ? ""
            : "; nothing of \(safe(announcement.service)) is given, so that it changes nothing"
    }

    /// Signals of `service` that some trigger asks for and that were not given.
    func missing(_ service: ServiceConfiguration) -> [String] {
        let given = Set(request.inputs.filter { $0.service == service.name }.map(\.signal))
        let asked = Set(service.triggers.flatMap(\.when.operands).flatMap(\.signals))
        return (service.probes.map(\.name) + service.streams.map(\.name)).filter {
            asked.contains($0) && !given.contains($0)
        }
    }

    // MARK: - Releases

    private func releases(of service: ServiceConfiguration) -> [Line] {
        let events = findings.events.filter { event in
            guard event.service == service.name else { return false }
            switch event.kind {
            case .detected, .good, .bad: return true
            case .breached, .cleared, .insufficient, .blind, .decision: return false
            }
        }
        guard !events.isEmpty else {
            return [
                Line("  releases: none is known; without one nothing is ever rolled back", .warning)
            ]
        }
        var table = Table([.init("time"), .init("release"), .init(""), .init("how", wraps: true)])
        table.rows = events.map { event in
            let (word, style): (String, Span.Style) =
                switch event.kind {
                case .good: ("good", .good)
                case .bad: ("bad", .bad)
                case .detected, .breached, .cleared, .insufficient, .blind, .decision:
                    ("runs", .plain)
                }
            return [
                Span(moment(event.time), .dim), Span(safe(event.release?.text ?? "")),
                Span(word, style), Span(safe(event.text, limit: 500)),
            ]
        }
        return table.lines(theme)
    }

    // MARK: - Helpers

    /// `09:30:00`, with the day where the record has several.
    func moment(_ time: WallTime) -> String {
        let text = String(Figures.time(time).dropLast(4))
        guard let begin = findings.begin, let end = findings.end,
            begin.text.prefix(10) == end.text.prefix(10), text.hasPrefix(begin.text.prefix(10))
        else { return text }
        return String(text.dropFirst(11))
    }

    func paragraph(
        _ text: String, first: String, rest: String, _ style: Span.Style = .plain
    ) -> [Line] {
        Table.wrap(text, to: max(20, theme.width - displayWidth(first))).enumerated().map {
            Line(($0.offset == 0 ? first : rest) + $0.element, style)
        }
    }

    private var conclusion: Line {
        let parts: [(ReplayEvent.Decision, String, String)] = [
            (.rollback, "rollback", "rollbacks"), (.page, "page", "pages"),
            (.hold, "rollback that waits for an approval", "rollbacks that wait for approvals"),
            (.record, "decision only recorded", "decisions only recorded"),
        ]
        var counted = parts.compactMap { decision, one, many -> String? in
            let number = findings.events.count { $0.decision == decision }
            return number == 0 ? nil : "\(number) \(number == 1 ? one : many)"
        }
        let unseen = blindPages.count
        if unseen > 0 {
            counted.append("\(unseen) page\(unseen == 1 ? "" : "s") about what cannot be measured")
        }
        let left = findings.eventsLeftOut > 0 ? " (\(findings.eventsLeftOut) events left out)" : ""
        let text = counted.isEmpty ? "nothing" : counted.joined(separator: ", ")
        let isBad = findings.events.contains { $0.decision == .rollback }
        return Line([
            Span("It would have decided: ", .strong), Span(text + left, isBad ? .bad : .plain),
        ])
    }
}

extension Operand {
    /// Probes and streams it asks.
    var signals: [String] {
        switch self {
        case .signal(_, let signal, _), .up(let signal), .burnRate(let signal, _),
            .restarts(let signal, _):
            [signal]
        case .failing(let names): names
        case .matches(let stream, _, _), .parseFailures(let stream, _),
            .failingRoutes(let stream, _), .affected(let stream, _, _):
            [stream]
        case .baseline(let operand): operand.signals
        case .overrun, .releaseAge: []
        }
    }
}
