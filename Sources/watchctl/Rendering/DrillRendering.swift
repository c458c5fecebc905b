// Drills: the table of the playbooks ("Recovery Time Objectives") with its last column filled in.

import WatchCore

enum DrillRendering {
    static func lines(_ record: DrillRecord, _ theme: Theme) -> [Line] {
        var table = Table([
            .init("component", gives: true), .init("took", right: true),
            .init("target", right: true), .init("", gives: true),
        ])
        table.rows = record.components.map { part in
            [
                Span(safe(part.name)),
                Span(part.took.map(RollbackRecord.Component.text) ?? "never ended"),
                Span(part.target.map(RollbackRecord.Component.text) ?? ""),
                part.target == nil || part.took == nil
                    ? Span("") : part.late ? Span("over", .bad) : Span("within", .good),
            ]
        }
        let style: Span.Style =
            switch record.outcome {
            case .passed: .good
            case .running: .plain
            case .failed, .aborted, .withdrawn: .bad
            }
        var lines: [Line] = record.components.isEmpty ? [] : table.lines(theme)
        lines.append(
            Line([
                Span("drill \(safe(record.id)) of plan \(safe(record.plan)): "),
                Span(safe(record.summary, limit: 1000), style),
            ]))
        if record.outcome != .passed, let text = record.text {
            lines += Table.wrap(safe(text, limit: 1000), to: theme.width - 2).map {
                Line("  \($0)")
            }
        }
        for loss in record.losses ?? [] {
            lines.append(Line("  lost on \(safe(record.service)): \(safe(loss))", .warning))
        }
        return lines
    }

    /// How long a step ought to take.
    static func target(_ seconds: Double?, late: Bool) -> Span {
        guard let seconds else { return Span("") }
        let text = RollbackRecord.Component.text(seconds)
        return late ? Span("\(text), late", .bad) : Span(text, .dim)
    }

    /// The drills of each plan, for `status`.
    static func standing(_ drills: [DrillStatus], _ theme: Theme) -> [Line] {
        guard !drills.isEmpty else { return [] }
        return [.empty, Line("drills", .strong)]
            + drills.flatMap { drill in
                let text =
                    "plan \(safe(drill.plan)) on \(safe(drill.service)): "
                    + safe(drill.text, limit: 1000)
                return Table.wrap(text, to: theme.width - 4).enumerated().map {
                    Line(
                        ($0 == 0 ? (drill.overdue ? "  ! " : "  ✔ ") : "    ") + $1,
                        drill.overdue ? .warning : .plain)
                }
            }
    }
}
