// `watchctl doctor`: what is wrong comes first, and below each what to do about it.

import WatchCore

enum DoctorRendering {
    static func lines(
        _ report: DoctorReport, onlyProblems: Bool = false, _ theme: Theme
    ) -> [Line] {
        let wrong = report.checks.filter { $0.state == .problem }
        let others = report.checks.filter { $0.state != .problem }
        var lines = wrong.flatMap { check($0, theme) }
        if !onlyProblems { lines += others.flatMap { check($0, theme) } }
        return lines + [summary(report, wrong.count)]
    }

    private static func check(_ check: DoctorReport.Check, _ theme: Theme) -> [Line] {
        var lines = wrapped(
            mark(check.state) + " \(safe(check.kind)) \(safe(check.name)): "
                + safe(check.text, limit: 500), style(check.state), theme)
        if let remedy = check.remedy, check.state != .ok {
            lines += wrapped("    → \(safe(remedy, limit: 500))", .plain, theme)
        }
        if check.state != .ok, !check.usedBy.isEmpty {
            let users = check.usedBy.prefix(8).map { safe($0) }.joined(separator: ", ")
            lines += wrapped("    needed by \(users)", .dim, theme)
        }
        return lines
    }

    private static func summary(_ report: DoctorReport, _ wrong: Int) -> Line {
        let unknown = report.checks.count { $0.state == .unknown }
        let rest = unknown == 0 ? "" : ", \(unknown) not known"
        return wrong == 0
            ? Line("\(report.checks.count) checks as \(safe(report.user)): fine\(rest)", .good)
            : Line(
                "\(report.checks.count) checks as \(safe(report.user)): "
                    + "\(wrong) problem\(wrong == 1 ? "" : "s")\(rest)", .bad)
    }

    private static func mark(_ state: DoctorReport.State) -> String {
        switch state {
        case .ok: "✔"
        case .problem: "✖"
        case .unknown: "?"
        }
    }

    private static func style(_ state: DoctorReport.State) -> Span.Style {
        switch state {
        case .ok: .plain
        case .problem: .bad
        case .unknown: .warning
        }
    }

    private static func wrapped(_ text: String, _ style: Span.Style, _ theme: Theme) -> [Line] {
        Table.wrap(text, to: theme.width - 6).enumerated().map { index, part in
            Line((index == 0 ? "" : "      ") + part, style)
        }
    }
}
