// The head of `watchctl incident ID`: what happened, when and why, what it cost, and who was told;
// then who had a say, and what became of each message.

import WatchCore

enum AccountRendering {
    private typealias Fact = (name: String, text: String)

    static func summary(
        _ incident: IncidentRecord, _ account: IncidentAccount, _ theme: Theme
    ) -> [Line] {
        let release = incident.release.map { " \(safe($0.text))" } ?? ""
        var lines = [
            Line([
                Span(safe(incident.id), .strong), Span("  "), IncidentRendering.state(incident),
                Span("  \(incident.severity.rawValue)  \(safe(incident.service))\(release)"),
            ])
        ]
        if let page = incident.undelivered {
            lines.append(
                Line(
                    "  ✖ no channel takes '\(safe(page.title))' since \(Figures.time(page.since)): "
                        + safe(page.problems, limit: 1000), .bad, overflow: .wraps(hanging: 4)))
        }
        let moments = account.milestones.map { moment -> Fact in
            let at = moment.at.map(Figures.time)
            let ago = moment.at.flatMap {
                moment.name == "detected" ? "(\(Figures.relative($0, to: theme.now)))" : nil
            }
            let when = [at, ago].compactMap { $0 }.joined(separator: " ")
            let text = safe(moment.text, limit: 1000)
            return (
                moment.name,
                when.isEmpty ? text : text.isEmpty ? when : "\(when): \(text)"
            )
        }
        let facts =
            moments + figures(incident, account) + answers(incident, theme) + kept(account)
        lines += facts.map { name, text in
            let padded = name + String(repeating: " ", count: max(0, 11 - name.count))
            return Line(
                [Span("  \(padded) ", .dim), Span(text)], overflow: .wraps(hanging: 14))
        }
        return lines
    }

    /// Who had a say, and what became of each message.
    static func sections(
        _ account: IncidentAccount, _ messages: [Delivery], _ theme: Theme
    ) -> [Line] {
        IncidentRendering.section(
            "who had a say", EventRendering.table(account.people).lines(theme))
            + IncidentRendering.section("who was told", table(messages).lines(theme))
    }

    // MARK: - Parts

    private static func figures(
        _ incident: IncidentRecord, _ account: IncidentAccount
    ) -> [Fact] {
        if let drill = incident.drill {
            return [
                ("drill", "plan \(safe(drill.plan)): \(safe(drill.summary, limit: 1000))"),
                ("data lost", safe(account.lost, limit: 1000)),
            ]
        }
        let times = [
            ("detection", account.times.detection), ("execution", account.times.execution),
            ("downtime", account.times.downtime),
        ].map { name, time in "\(name) \(time.map(Figures.seconds) ?? "–")" }
        return [
            ("took", times.joined(separator: " · ")),
            ("data lost", safe(account.lost, limit: 1000)),
        ]
    }

    private static func answers(_ incident: IncidentRecord, _ theme: Theme) -> [Fact] {
        var facts: [Fact] = []
        if let by = incident.acknowledgedBy { facts.append(("answered", "by \(safe(by))")) }
        if let until = incident.heldUntil {
            facts.append(
                ("held", "until \(Figures.time(until)) (\(Figures.relative(until, to: theme.now)))")
            )
        }
        if incident.offer == nil, let answer = incident.answer {
            let by = answer.by.map { " by \(safe($0))" } ?? ""
            facts.append(
                (
                    "approval",
                    "\(answer.kind.rawValue)\(by) at \(Figures.clock(answer.at)): "
                        + safe(answer.text, limit: 300)
                ))
        }
        if incident.isFalseAlarm { facts.append(("mark", "false alarm")) }
        return facts
    }

    private static func kept(_ account: IncidentAccount) -> [Fact] {
        var facts: [Fact] = []
        if let told = account.told { facts.append(("told", safe(told, limit: 2000))) }
        for place in account.evidence ?? [] {
            let isFirst = !facts.contains { $0.name == "evidence" }
            facts.append((isFirst ? "evidence" : "", safe(place)))
        }
        return facts
    }

    private static func table(_ messages: [Delivery]) -> Table {
        var table = Table([
            .init("queued"), .init("channel", gives: true), .init("state"), .init("at"),
            .init("tries", right: true), .init("message", wraps: true),
        ])
        table.rows = messages.map { message in
            let problem = message.state == .sent ? nil : message.lastError
            let note = problem.map { " (\(safe($0)))" } ?? ""
            return [
                Span(Figures.clock(message.queued)), Span(safe(message.channel)),
                ListRendering.state(message.state),
                Span(message.sent.map(Figures.clock) ?? ""), Span("\(message.attempts)"),
                Span(safe(message.title) + note),
            ]
        }
        return table
    }
}
