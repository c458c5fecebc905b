// An http probe: the request, and which answer is good.

import WatchCore

struct HTTPProbeReader {
    private let problems: Problems

    init(_ problems: Problems) { self.problems = problems }

    func read(_ section: Section) -> ProbeConfiguration.Kind? {
        let request = section.request(bodyAsJSON: "json")
        let expectation = section.value("expect").flatMap(expectation) ?? HTTPExpectation()
        return request.map { .http($0, expectation) }
    }

    private func expectation(_ value: YAMLValue) -> HTTPExpectation? {
        guard let section = Section(value, .expectation, problems) else { return nil }
        return HTTPExpectation(
            status: section.value("status").map(statuses) ?? [],
            json: section.named("json").compactMap(field),
            contains: section.text("contains"), matches: section.pattern("matches"))
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

    private func field(_ entry: YAMLValue.Entry) -> HTTPExpectation.JSONField? {
        let path = Paths.read(entry.key, entry.keyPlace, problems)
        let comparison = comparison(entry.value)
        guard let path, let comparison else { return nil }
        return HTTPExpectation.JSONField(path: path, comparison: comparison)
    }

    private func comparison(_ value: YAMLValue) -> HTTPExpectation.Comparison? {
        guard let text = value.text else { return .equals(JSONTree.value(value, problems)) }
        if value.plainText == "exists" { return .exists }
        for sign in ["<=", ">=", "==", "!=", "<", ">"] where text.hasPrefix(sign) {
            let rest = text.dropFirst(sign.count).drop { $0 == " " }
            return compare(sign, rest, value)
        }
        return .equals(JSONTree.scalar(value))
    }

    private func compare(
        _ sign: String, _ rest: Substring, _ value: YAMLValue
    ) -> HTTPExpectation.Comparison? {
        if sign == "==" || sign == "!=" {
            let plain = YAMLValue(kind: .scalar(String(rest), .plain), place: value.place)
            let wanted = JSONTree.scalar(plain)
            return sign == "==" ? .equals(wanted) : .notEquals(wanted)
        }
        guard let number = JSONTree.number(rest) else {
            problems.error(
                value.place, "'\(sign)' compares numbers, '\(printable(rest, limit: 40))' is none",
                "write a number as in the answer, without a unit: \"\(sign) 100\"")
            return nil
        }
        switch sign {
        case "<=": return .lessOrEqual(number)
        case ">=": return .greaterOrEqual(number)
        case "<": return .less(number)
        default: return .greater(number)
        }
    }
}
