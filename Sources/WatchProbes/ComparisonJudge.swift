// Whether one value is what it is compared with, and how both are told.

import WatchCore

struct ComparisonJudge: Sendable {
    let redactor: Redactor

    /// Why `found` does not hold, as in `$.status is 'x', expected 'ok'`; nil: it does.
    func complaint(
        _ name: String, _ found: JSONValue?, _ comparison: HTTPExpectation.Comparison
    ) throws(PatternFailure) -> String? {
        guard try !holds(comparison, found) else { return nil }
        let value = found.map { "is \(shown($0))" } ?? "is missing"
        return "\(name) \(value), expected \(wanted(comparison))"
    }

    /// Values are compared as what they are: the text `"1"` is not the number 1.
    private func holds(
        _ comparison: HTTPExpectation.Comparison, _ found: JSONValue?
    ) throws(PatternFailure) -> Bool {
        guard let found else {
            if case .absent = comparison { return true }
            return false
        }
        let number: Double? = if case .number(let value) = found { value } else { nil }
        let text: String? = if case .string(let value) = found { value } else { nil }
        switch comparison {
        case .equals(let value): return found == value
        case .notEquals(let value): return found != value
        case .less(let bound): return number.map { $0 < bound } ?? false
        case .lessOrEqual(let bound): return number.map { $0 <= bound } ?? false
        case .greater(let bound): return number.map { $0 > bound } ?? false
        case .greaterOrEqual(let bound): return number.map { $0 >= bound } ?? false
        case .exists: return true
        case .absent: return false
        case .contains(let part): return text?.contains(part) ?? false
        case .matches(let pattern):
            guard let text else { return false }
            return try PatternMatch.first(of: pattern, in: Array(text.utf8)) != nil
        case .semver(let range):
            return text.flatMap { SemanticVersion($0) }.map(range.contains) ?? false
        }
    }

    private func wanted(_ comparison: HTTPExpectation.Comparison) -> String {
        switch comparison {
        case .equals(let value): shown(value)
        case .notEquals(let value): "anything but \(shown(value))"
        case .less(let bound): "< \(shown(.number(bound)))"
        case .lessOrEqual(let bound): "<= \(shown(.number(bound)))"
        case .greater(let bound): "> \(shown(.number(bound)))"
        case .greaterOrEqual(let bound): ">= \(shown(.number(bound)))"
        case .exists: "any value"
        case .absent: "none"
        case .contains(let part): "a text with '\(redactor.excerpt(part))'"
        case .matches(let pattern): "a match of '\(redactor.excerpt(pattern))'"
        case .semver(let range): "a version in \(range)"
        }
    }

    private func shown(_ value: JSONValue) -> String {
        if case .string(let text) = value { return "'\(redactor.excerpt(text))'" }
        if let text = value.scalarText { return redactor.excerpt(text) }
        return value.kindName
    }
}
