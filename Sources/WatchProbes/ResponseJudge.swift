// Whether an answer is the good one, and if not, in one sentence why not.

import WatchCore
import WatchHTTP

struct ResponseJudge: Sendable {
    let expectation: HTTPExpectation
    let redactor: Redactor

    /// The first expectation that does not hold; nil when all do.
    func complaint(_ response: HTTPResponse) throws(PatternFailure) -> String? {
        if let complaint = status(response.status) { return complaint }
        if !expectation.json.isEmpty {
            guard let value = JSONValue(body: response.body) else {
                return "the body is not JSON (\(described(response)))"
            }
            for field in expectation.json {
                if let complaint = complaint(field, value) { return complaint }
            }
        }
        if let text = expectation.contains, !response.body.contains(text: text) {
            return "the body does not contain '\(redactor.excerpt(text))' "
                + "(\(described(response)))"
        }
        if let pattern = expectation.matches {
            guard try PatternMatch.first(of: pattern, in: response.body) != nil else {
                return "the body does not match '\(redactor.excerpt(pattern))' "
                    + "(\(described(response)))"
            }
        }
        return nil
    }

    private func status(_ status: Int) -> String? {
        let wanted = expectation.status.isEmpty ? [.hundreds(2)] : expectation.status
        guard !wanted.contains(where: { $0.matches(status) }) else { return nil }
        let names = wanted.map {
            switch $0 {
            case .exactly(let code): "\(code)"
            case .hundreds(let digit): "\(digit)xx"
            }
        }
        return "status \(status), expected \(names.joined(separator: " or "))"
    }

    private func complaint(_ field: HTTPExpectation.JSONField, _ document: JSONValue) -> String? {
        let found = document[field.path]
        guard !holds(field.comparison, found) else { return nil }
        let value = found.map { "is \(shown($0))" } ?? "is missing"
        return "\(field.path) \(value), expected \(wanted(field.comparison))"
    }

    /// Values are compared as what they are: the text `"1"` is not the number 1.
    private func holds(_ comparison: HTTPExpectation.Comparison, _ found: JSONValue?) -> Bool {
        guard let found else { return false }
        let number: Double? = if case .number(let value) = found { value } else { nil }
        return switch comparison {
        case .equals(let value): found == value
        case .notEquals(let value): found != value
        case .less(let bound): number.map { $0 < bound } ?? false
        case .lessOrEqual(let bound): number.map { $0 <= bound } ?? false
        case .greater(let bound): number.map { $0 > bound } ?? false
        case .greaterOrEqual(let bound): number.map { $0 >= bound } ?? false
        case .exists: true
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
        }
    }

    private func shown(_ value: JSONValue) -> String {
        if case .string(let text) = value { return "'\(redactor.excerpt(text))'" }
        if let text = value.scalarText { return redactor.excerpt(text) }
        return value.kindName
    }

    private func described(_ response: HTTPResponse) -> String {
        redactor.description(of: response)
    }
}

extension Redactor {
    /// Content type and beginning: `text/html: '<!doctype html>…'`.
    func description(of response: HTTPResponse) -> String {
        let type = response.header("Content-Type").map { excerpt($0, limit: 60) }
        guard !response.body.isEmpty else { return "it is empty" }
        return "\(type ?? "no content type"): '\(excerpt(body: response.body))'"
    }
}

extension [UInt8] {
    /// Bytes are compared, so that a body in whatever encoding can be searched.
    func contains(text: String) -> Bool {
        let needle = Array(text.utf8)
        guard let first = needle.first else { return true }
        var rest = self[...]
        while let start = rest.firstIndex(of: first) {
            rest = rest[start...]
            if rest.starts(with: needle) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
