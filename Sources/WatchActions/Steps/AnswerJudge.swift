// Whether what a program printed is what was expected, and the values that later steps want of it.

import WatchCore
import WatchProbes

struct AnswerJudge: Sendable {
    let task: StepTask
    let redactor: Redactor

    /// - Parameters:
    ///   - ending: of the program itself.
    ///   - answer: its standard output; nil: it was more than is kept.
    func judge(_ ending: TaskResult.Ending, _ answer: [UInt8]?) -> TaskResult {
        guard case .exited(let status) = ending else { return TaskResult(ending: ending) }
        switch task.action {
        case .exec(_, let settings?):
            return judge(settings.filled(task.variables), status, answer)
        case .sql(var query) where status == 0:
            query.expectation = query.expectation.filled(task.variables)
            return judge(query, answer)
        case .exec, .sql, .unit, .http, .wait, .manual: return TaskResult(ending: ending)
        }
    }

    private func unexpected(_ why: String) -> TaskResult {
        TaskResult(ending: .unexpected(redactor.redact(why)))
    }

    /// It was understood, and is another than the expected one.
    private func no(_ why: String) -> TaskResult {
        var result = unexpected(why)
        result.isNo = true
        return result
    }

    private static let tooMuch = "it printed more than is kept, so it cannot be judged"

    private func judge(
        _ settings: ProgramSettings, _ status: Int, _ answer: [UInt8]?
    ) -> TaskResult {
        guard settings.exit.isEmpty ? status == 0 : settings.exit.contains(status) else {
            guard !settings.exit.isEmpty else { return TaskResult(ending: .exited(status)) }
            let wanted = settings.exit.map { "\($0)" }.joined(separator: " or ")
            return no("exit status \(status), expected \(wanted)")
        }
        var result = TaskResult(ending: .exited(0))
        guard settings.judgesOutput || !settings.saves.isEmpty else { return result }
        guard let answer else { return unexpected(Self.tooMuch) }
        let judge = OutputJudge(
            json: settings.json, contains: settings.contains, matches: settings.matches,
            redactor: redactor)
        if let complaint = judge.complaint(answer) { return no(complaint) }
        switch OutputJudge.values(settings.saves, in: answer) {
        case .failure(let problem): return unexpected(problem.message)
        case .success(let values):
            if let problem = Self.unfit(values) { return unexpected(problem) }
            if !values.isEmpty { result.saved = values }
        }
        return result
    }

    /// Values become arguments of later steps.
    static func unfit(_ values: [String: String]) -> String? {
        for (name, value) in values.sorted(by: { $0.key < $1.key })
        where !Identifier.isValid(value) {
            return "'\(name)' could not be saved: \(Identifier.refusal(value))"
        }
        return nil
    }

    // MARK: - Queries

    private func judge(_ query: SQLQuery, _ answer: [UInt8]?) -> TaskResult {
        guard let answer else { return unexpected(Self.tooMuch) }
        var text = String(decoding: answer, as: UTF8.self)
        if text.last == "\n" { text.removeLast() }
        if case .same(let name) = query.expectation, task.captures?[name] == nil {
            return unexpected(
                "nothing was captured as '\(name)'; did the step that captures it run?")
        }
        if let complaint = complaint(query.expectation, text) { return no(complaint) }
        var result = TaskResult(ending: .exited(0))
        if let name = query.capture {
            guard text.utf8.count <= TaskResult.captureLimit else {
                return unexpected(
                    "its result has \(text.utf8.count) bytes, and at most "
                        + "\(TaskResult.captureLimit) can be kept as '\(name)'; let the query "
                        + "count or hash")
            }
            result.captured = [name: text]
        }
        return result
    }

    private func complaint(_ expectation: SQLQuery.Expectation, _ text: String) -> String? {
        let rows = text.isEmpty ? [] : text.split(separator: "\n", omittingEmptySubsequences: false)
        switch expectation {
        case .any: return nil
        case .rows(let wanted):
            guard rows.map(String.init) != wanted else { return nil }
            return Self.difference(wanted, rows.map(String.init))
        case .same(let name):
            let before = task.captures?[name] ?? ""
            guard before != text else { return nil }
            let old = before.split(separator: "\n", omittingEmptySubsequences: false)
            return "it is not as captured in '\(name)': "
                + Self.difference(old.map(String.init), rows.map(String.init))
        case .value(let comparison):
            guard rows.count <= 1 else {
                return "\(rows.count) rows, expected one value; write a list to compare rows"
            }
            return OutputJudge(redactor: redactor).complaint(
                "the value", rows.first.map { Self.value(String($0), for: comparison) },
                comparison)
        }
    }

    /// The first row that differs.
    private static func difference(_ wanted: [String], _ found: [String]) -> String {
        let place =
            zip(wanted, found).enumerated().first { $1.0 != $1.1 }?.offset
            ?? min(wanted.count, found.count)
        func shown(_ rows: [String]) -> String {
            rows.indices.contains(place) ? "'\(printable(rows[place], limit: 120))'" : "no row"
        }
        let counts =
            wanted.count == found.count ? "" : " (\(found.count) rows, expected \(wanted.count))"
        return "row \(place + 1) is \(shown(found)), expected \(shown(wanted))\(counts)"
    }

    /// psql prints texts; a number or a truth value is compared as what it is.
    private static func value(
        _ text: String, for comparison: HTTPExpectation.Comparison
    ) -> JSONValue {
        switch comparison {
        case .less, .lessOrEqual, .greater, .greaterOrEqual, .equals(.number), .notEquals(.number):
            return Double(text).map(JSONValue.number) ?? .string(text)
        case .equals(.bool), .notEquals(.bool):
            if ["t", "true"].contains(text) { return .bool(true) }
            if ["f", "false"].contains(text) { return .bool(false) }
            return .string(text)
        case .equals(.string("true")), .notEquals(.string("true")):
            return .string(text == "t" ? "true" : text)
        case .equals(.string("false")), .notEquals(.string("false")):
            return .string(text == "f" ? "false" : text)
        case .equals, .notEquals, .exists, .absent, .contains, .matches, .semver:
            return .string(text)
        }
    }
}
