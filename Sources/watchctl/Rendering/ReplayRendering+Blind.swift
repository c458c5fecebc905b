// What could not be measured, and so was not judged: "never fired" says nothing of that time, and
// live somebody is paged about it.

import WatchCore
import WatchReplay

extension ReplayRendering {
    typealias Blindness = ReplayFindings.Blindness

    func blindness(
        of trigger: TriggerConfiguration, _ service: ServiceConfiguration
    ) -> [Blindness] {
        findings.blindness.filter { $0.service == service.name && $0.trigger == trigger.name }
    }

    /// Of one rule: since when, for how long, and why.
    func unjudged(_ trigger: TriggerConfiguration, _ service: ServiceConfiguration) -> [Line] {
        let all = blindness(of: trigger, service)
        guard !all.isEmpty else { return [] }
        var lines = [
            Line.empty,
            Line([
                Span("  \(safe(trigger.name))", .strong),
                Span(" could not be judged, whatever happened meanwhile", .warning),
            ]),
        ]
        for one in all.prefix(Self.breachLimit) {
            let time = moment(one.begin)
            let lasted = length(one).map { "blind for \($0)" } ?? "blind"
            let end = one.end == nil ? ", and still at the end" : ""
            lines.append(
                Line(
                    [
                        Span("    \(time)  ", .dim), Span("\(lasted)\(end)", .warning),
                        Span(": \(safe(one.why, limit: 500))"),
                    ], overflow: .wraps(hanging: 6 + displayWidth(time))))
        }
        if all.count > Self.breachLimit {
            lines.append(Line("    … and \(all.count - Self.breachLimit) times more", .dim))
        }
        return lines
    }

    private func length(_ blindness: Blindness) -> String? {
        (blindness.end ?? findings.end).map { ($0 - blindness.begin).text }
    }

    // MARK: - What people would have been told

    /// One that is told, or only recorded.
    struct BlindPage {
        var service: String
        var signal: IncidentRecord.BlindSignal
        var release: ReleaseIdentity?
        /// When people were told.
        var time: WallTime
        var isRecord: Bool
    }

    var blindPages: [BlindPage] { allBlind.filter { !$0.isRecord } }

    private var allBlind: [BlindPage] {
        blind.flatMap { incident -> [BlindPage] in
            // How long it is waited is the engine's to say: the first of them opened the incident.
            let first = incident.blind.map(\.began).min() ?? incident.opened
            let wait = incident.opened - first
            return incident.blind.map { signal in
                BlindPage(
                    service: incident.service, signal: signal, release: incident.release,
                    time: signal.began + wait, isRecord: incident.decision == "record")
            }
        }
    }

    func blindness(of service: ServiceConfiguration) -> [Line] {
        let pages = allBlind.filter { $0.service == service.name }
        guard !pages.isEmpty else { return [] }
        let head = [Line.empty, Line("  What could not be measured", .strong)]
        let shown = pages.prefix(Self.breachLimit).flatMap { lines(of: $0, service) }
        guard pages.count > Self.breachLimit else { return head + shown }
        return head + shown
            + [Line("    … and \(pages.count - Self.breachLimit) times more", .dim)]
    }

    private func lines(of page: BlindPage, _ service: ServiceConfiguration) -> [Line] {
        let release = page.release.map { " while \(safe($0.text)) ran" } ?? ""
        let signal = safe(page.signal.signal)
        let end = page.signal.cleared.map { ", until \(moment($0))" } ?? ", and still at the end"
        let wait = (page.time - page.signal.began).text
        let told =
            page.isRecord
            ? "Live, that is only recorded, after \(wait) (no_data, or the policy)"
            : "Live, somebody is paged about it after \(wait)"
        let users = users(of: page.signal.signal, service)
        let meanwhile =
            users.isEmpty ? "" : "; nothing is judged or rolled back by \(users) meanwhile"
        let text =
            "blind since \(moment(page.signal.began))\(end): "
            + "\(safe(page.signal.text, limit: 500)). " + told + meanwhile
        return [
            .empty,
            Line([
                Span("  \(moment(page.time))  ", .dim),
                Span(page.isRecord ? "RECORD" : "PAGE", page.isRecord ? .dim : .warning),
                Span("  \(signal) cannot be measured\(release)"),
            ]),
        ] + paragraph(text, first: "            ", rest: "            ")
    }

    private func users(of signal: String, _ service: ServiceConfiguration) -> String {
        service.triggers.filter { $0.when.operands.flatMap(\.signals).contains(signal) }
            .map { "'\(safe($0.name))'" }.joined(separator: ", ")
    }

    // MARK: - What to do about it

    /// One for each signal and cause.
    var blindAdvice: [String] {
        configuration.services.flatMap { service -> [String] in
            var rules: [[String]: [String]] = [:]
            for one in findings.blindness where one.service == service.name {
                guard let (signal, reason) = cause(one, service) else { continue }
                let name = "'\(safe(one.trigger))'"
                if !(rules[[signal, reason]] ?? []).contains(name) {
                    rules[[signal, reason], default: []].append(name)
                }
            }
            return rules.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { key, names in
                let (signal, reason) = (key[0], key[1])
                let was = names.count == 1 ? "was" : "were"
                return "\(safe(service.name)): \(safe(signal)) could not be measured "
                    + "(\(safe(reason))), so \(names.joined(separator: ", ")) \(was) not judged, "
                    + "here and live; " + remedy(reason, service.name, signal)
            }
        }
    }

    /// `error_rate(access, 2m): unparsed: 8 of …` names the operand, and then the reason.
    private func cause(
        _ blindness: Blindness, _ service: ServiceConfiguration
    ) -> (signal: String, reason: String)? {
        let trigger = service.triggers.first { $0.name == blindness.trigger }
        for operand in trigger?.when.operands ?? [] {
            let head = "\(operand.text): "
            guard blindness.why.hasPrefix(head), let signal = operand.signals.first else {
                continue
            }
            let isProbe = service.probe(signal) != nil
            let reason = blindness.why.dropFirst(head.count).prefix { $0 != ":" }
            return (signal, isProbe ? "connectivity" : String(reason))
        }
        return nil
    }

    private func remedy(_ reason: String, _ service: String, _ signal: String) -> String {
        switch reason {
        case "unparsed":
            let path = request.inputs.first { $0.service == service && $0.signal == signal }?.path
            return "`watchctl stream \(safe("\(service)/\(signal)")) --config FILE --input "
                + "\(safe(path ?? "FILE"))` shows the lines that do not fit its format: write "
                + "format: as they are, or ignore: what is none of its lines."
        case "clock":
            return "are the stamps of the record right, and of one zone?"
        case "no-data":
            return
                "was there no traffic, or is part of the record missing? no_data_after: says how "
                + "long it may be silent."
        default: return "see to it that it can be measured."
        }
    }
}
