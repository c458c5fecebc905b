// What a report says, and in which order: what happened, when, why it was decided so, what was
// done, who had a say, whether it helped, who was told.

extension IncidentReport {
    var title: String { "Incident \(incident.id): \(incident.service)" }

    var blocks: [ReportBlock] {
        head + breaches + decisions + evidence + assessments + incident.rollbacks.flatMap(rollback)
            + verification + peopleBlocks + messageBlocks + timelineBlocks
    }

    // MARK: - What and when

    private var head: [ReportBlock] {
        var facts: [ReportBlock.Fact] = [
            .init("service", incident.service), .init("severity", incident.severity.rawValue),
            .init(
                "state", incident.state.rawValue + (incident.isFalseAlarm ? ", false alarm" : "")),
            .init("release", incident.release?.text ?? "unknown"),
        ]
        let account = account
        facts += account.milestones.map { moment in
            let parts = [moment.at?.text, moment.text.isEmpty ? nil : moment.text]
            return .init(moment.name, parts.compactMap { $0 }.joined(separator: ": "))
        }
        facts += [
            .init("detection", Self.duration(incident.detectionTime)),
            .init("execution", Self.duration(incident.executionTime)),
            .init("downtime", Self.duration(incident.downtime)),
            .init("data lost", account.lost),
        ]
        if let told = account.told { facts.append(.init("told", told)) }
        if let drill = incident.drill {
            facts.insert(
                .init("drill", "plan \(drill.plan) on \(drill.service), \(drill.summary)"), at: 0)
        }
        if let who = incident.acknowledgedBy { facts.append(.init("acknowledged by", who)) }
        if incident.leftOut > 0 {
            facts.append(.init("breaches not listed", "\(incident.leftOut), which came and went"))
        }
        if incident.muted > 0 {
            facts.append(
                .init("pages kept back", "\(incident.muted), by \(incident.mutedBy ?? "?")"))
        }
        return [.facts(facts)]
    }

    private var breaches: [ReportBlock] {
        var blocks: [ReportBlock] = []
        if !incident.breaches.isEmpty {
            blocks += [
                .heading("What broke"),
                .table(
                    ["rule", "severity", "condition", "began", "cleared", "readings and why"],
                    incident.breaches.map { breach in
                        let why =
                            [Self.readings(breach.readings)] + (breach.why ?? [])
                        return [
                            breach.trigger, breach.severity.rawValue, breach.when ?? "",
                            Self.time(breach.began), Self.time(breach.cleared),
                            why.filter { !$0.isEmpty }.joined(separator: "; "),
                        ]
                    }),
            ]
        }
        if !incident.blind.isEmpty {
            blocks += [
                .heading("What could not be measured"),
                .table(
                    ["signal", "reason", "began", "cleared", "what"],
                    incident.blind.map {
                        [$0.signal, $0.reason, Self.time($0.began), Self.time($0.cleared), $0.text]
                    }),
            ]
        }
        return blocks
    }

    private var decisions: [ReportBlock] {
        let events = account.decisions
        guard !events.isEmpty else { return [] }
        return [
            .heading("What was decided, and why"),
            .table(
                ["time", "decision", "reason", "why", "readings"],
                events.map {
                    [
                        Self.time($0.time), $0.decision ?? "", $0.reason ?? "", $0.text,
                        Self.readings($0.readings),
                    ]
                }),
        ]
    }

    // MARK: - What was seen

    private var evidence: [ReportBlock] {
        guard let evidence = incident.evidence else { return [] }
        var blocks: [ReportBlock] = [
            .heading("What was seen"),
            .text("Before anything was touched, at \(evidence.taken.text)."),
        ]
        let readings = evidence.readings.sorted { $0.key < $1.key }
            .map { [$0.key, Self.readings($0.value)] }
        if !readings.isEmpty { blocks.append(.table(["rule", "readings"], readings)) }
        if !evidence.probes.isEmpty {
            blocks.append(
                .table(
                    ["probe", "state", "why"],
                    evidence.probes.map { [$0.name, $0.state, $0.reason ?? ""] }))
        }
        for probe in evidence.probes {
            guard let body = probe.body else { continue }
            blocks += [.text("What \(probe.name) was answered:"), .output(body)]
        }
        if !evidence.routes.isEmpty {
            blocks.append(
                .table(
                    ["route", "stream", "requests", "errors"],
                    evidence.routes.map { [$0.route, $0.stream, "\($0.count)", "\($0.errors)"] }))
        }
        if !evidence.sources.isEmpty {
            blocks.append(
                .table(
                    ["version source", "read", "problem"],
                    evidence.sources.map { [$0.label, $0.version ?? "", $0.problem ?? ""] }))
        }
        let lines = (evidence.lines ?? []).map { "\($0.stream): \($0.text)" }
        if !lines.isEmpty {
            blocks += [.text("Lines of logs:"), .output(lines.joined(separator: "\n"))]
        }
        return blocks
    }

    private var assessments: [ReportBlock] {
        guard let all = incident.assessments, !all.isEmpty else { return [] }
        let table: [[String]] = all.map { one in
            let when =
                switch one.occasion {
                case .opened: "when it opened"
                case .beforeRollback: "before the first step"
                }
            return [one.name, when, one.began.text, one.command, one.line]
        }
        let outputs = all.flatMap { one -> [ReportBlock] in
            guard let output = one.result?.output, output.contains(where: \.isNewline) else {
                return []
            }
            return [.text("\(one.name), at \(one.began.text):"), .output(output)]
        }
        return [
            .heading("What was asked about the damage"),
            .table(["question", "asked", "at", "command", "answer"], table),
        ] + outputs
    }

    // MARK: - What was done

    private func rollback(_ rollback: RollbackRecord) -> [ReportBlock] {
        var facts: [ReportBlock.Fact] = [
            .init("plan", rollback.plan),
            .init("from and to", "\(rollback.from.text) → \(rollback.to.text)"),
            .init("asked by", rollback.askedBy), .init("began", Self.time(rollback.began)),
            .init("ended", Self.time(rollback.ended)), .init("state", rollback.state.rawValue),
            .init("method", rollback.method ?? "none"),
        ]
        let lost = rollback.losses ?? []
        facts.append(.init("data lost", lost.isEmpty ? "nothing" : lost.joined(separator: "; ")))
        if let note = rollback.note { facts.append(.init("note", note)) }
        var blocks: [ReportBlock] = [.heading("Rollback \(rollback.id)"), .facts(facts)]
        let isGate = { (step: RollbackRecord.StepRecord) in step.title.hasPrefix("gate ") }
        for (name, steps) in [
            ("gate", rollback.steps.filter(isGate)),
            ("step", rollback.steps.filter { !isGate($0) }),
        ] where !steps.isEmpty {
            blocks.append(
                .table(
                    [name, "what", "began", "took", "result"],
                    steps.map { step in
                        [
                            step.title, step.command, Self.time(step.began),
                            Self.took(step), step.result?.ending.text ?? "no answer",
                        ]
                    }))
        }
        if let part = rollback.timedValidation {
            blocks.append(.text("The \(part.text)\(part.late ? ": late" : "")."))
        }
        for step in rollback.steps {
            guard let output = step.result?.output, !output.isEmpty else { continue }
            blocks += [.text("\(step.title) said:"), .output(output)]
        }
        return blocks
    }

    /// With what it ought to take.
    private static func took(_ step: RollbackRecord.StepRecord) -> String {
        let target = step.target.map { " (\(step.isLate ? "late, " : "")target \($0.text))" } ?? ""
        return duration(step.took) + target
    }

    private var verification: [ReportBlock] {
        let events = timeline.filter {
            $0.kind.hasPrefix("verify.") || $0.kind == "method.next"
                || ["incident.recovered", "incident.handed-over", "release.bad"].contains($0.kind)
        }
        guard !events.isEmpty else { return [] }
        var blocks: [ReportBlock] = [.heading("Whether it helped"), Self.table(events)]
        if !incident.unconfirmed.isEmpty {
            blocks.append(
                .text("Never seen true: \(incident.unconfirmed.joined(separator: ", "))."))
        }
        return blocks
    }

    // MARK: - Who

    private var peopleBlocks: [ReportBlock] {
        [.heading("Who had a say")]
            + (people.isEmpty
                ? [.text("Nobody acknowledged, approved or refused anything.")]
                : [Self.table(people)])
    }

    private var messageBlocks: [ReportBlock] {
        guard !messages.isEmpty else {
            return [.heading("Who was told"), .text("No message was sent.")]
        }
        return [
            .heading("Who was told"),
            .table(
                ["queued", "channel", "message", "state", "sent", "tries", "problem"],
                messages.map {
                    [
                        Self.time($0.queued), $0.channel, $0.title, $0.state.rawValue,
                        Self.time($0.sent), "\($0.attempts)", $0.lastError ?? "",
                    ]
                }),
        ]
    }

    private var timelineBlocks: [ReportBlock] {
        [.heading("Timeline"), Self.table(timeline)]
    }

    // MARK: - Words

    private static func table(_ events: [EventRecord]) -> ReportBlock {
        .table(
            ["time", "event", "reason", "text"],
            events.map { [time($0.time), $0.kind, $0.reason ?? "", $0.text] })
    }

    private static func time(_ time: WallTime?) -> String { time?.text ?? "–" }
    private static func duration(_ duration: Duration?) -> String { duration?.text ?? "–" }

    private static func readings(_ readings: [String: Reading]) -> String {
        readings.sorted { $0.key < $1.key }.map { name, reading in
            let value = reading.value.map { Operand.shown($0, of: name) } ?? "unknown"
            return "\(name) = \(value) of \(reading.samples)"
        }.joined(separator: ", ")
    }
}
