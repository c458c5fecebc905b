// Which answer is good: status, headers, body, size, times.

import WatchCore

struct HTTPExpectationReader {
    private let problems: Problems
    private let variables: Templates.Variables

    init(_ problems: Problems, _ variables: Templates.Variables = .none) {
        self.problems = problems
        self.variables = variables
    }

    func read(_ value: YAMLValue) -> HTTPExpectation? {
        guard let section = Section(value, .expectation, problems) else { return nil }
        let comparisons = ComparisonReader(problems, variables)
        section.checkExpectedTexts(variables)
        var expectation = HTTPExpectation(
            status: section.value("status").map(statuses) ?? [],
            json: section.named("json").compactMap(comparisons.field),
            contains: section.text("contains"), matches: section.pattern("matches"))
        expectation.headers = section.named("headers").compactMap { entry in
            guard HeaderName.isValid(entry.key) else {
                problems.error(
                    entry.keyPlace, "'\(printable(entry.key, limit: 60))' is no header name",
                    "header names are letters, digits and '-'")
                return nil
            }
            return comparisons.text(entry.value, entry.key).map {
                HTTPExpectation.HeaderField(name: entry.key, comparison: $0)
            }
        }
        expectation.size =
            section.value("size").map {
                ($0.items ?? [$0]).compactMap(comparisons.size)
            } ?? []
        expectation.time = times(section)
        return expectation
    }

    private func statuses(_ value: YAMLValue) -> [HTTPExpectation.Status] {
        if let items = value.items {
            if items.isEmpty {
                problems.error(value.place, "'status' is an empty list", "write 200 or 2xx")
            }
            return items.compactMap(status)
        }
        return status(value).map { [$0] } ?? []
    }

    private func status(_ value: YAMLValue) -> HTTPExpectation.Status? {
        if let text = value.text {
            if let code = Int(text), (100...599).contains(code) { return .exactly(code) }
            let bytes = Array(text.lowercased().utf8)
            if bytes.count == 3, bytes[1] == 120, bytes[2] == 120, (49...53).contains(bytes[0]) {
                return .hundreds(Int(bytes[0]) - 48)
            }
        }
        problems.error(
            value.place,
            "\(value.text.map { "'\(printable($0, limit: 40))'" } ?? value.kindName) is no status",
            "write 200, 2xx, or a list such as [200, 204]")
        return nil
    }

    private func times(_ section: Section) -> [HTTPExpectation.TimeLimit] {
        guard let value = section.value("time"), let times = Section(value, .times, problems) else {
            return []
        }
        return HTTPExpectation.Phase.allCases.compactMap { phase in
            guard let text = times.text(phase.rawValue, limit: 40) else { return nil }
            let rest = text.drop { $0 == "<" || $0 == "=" }.drop { $0 == " " }
            guard text.hasPrefix("<"), let limit = Duration(text: String(rest)), limit > .zero
            else {
                problems.error(
                    times.place(phase.rawValue),
                    "'\(printable(text, limit: 40))' is no limit of a time",
                    "write it as in \(phase.rawValue): \"< 200ms\"")
                return nil
            }
            return HTTPExpectation.TimeLimit(phase: phase, below: limit)
        }
    }
}

extension Section {
    /// What a body, or what a program printed, must contain or match.
    func checkExpectedTexts(_ variables: Templates.Variables) {
        let texts = ExpectedTexts(problems: problems, variables: variables)
        value("contains").map(texts.check)
        value("matches").map(texts.checkPattern)
    }
}
