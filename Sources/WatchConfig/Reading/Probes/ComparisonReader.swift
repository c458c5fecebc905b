// `"< 100"`, `exists`, `"matches ^1\."`, `"semver ^1.4"`: what a value is compared with.

import WatchCore

struct ComparisonReader {
    private static let signs = ["<=", ">=", "==", "!=", "<", ">"]

    private let problems: Problems
    private let texts: ExpectedTexts

    init(_ problems: Problems, _ variables: Templates.Variables = .none) {
        self.problems = problems
        texts = ExpectedTexts(problems: problems, variables: variables)
    }

    /// A path, and what is to be found there.
    func field(_ entry: YAMLValue.Entry) -> HTTPExpectation.JSONField? {
        let path = Paths.read(entry.key, entry.keyPlace, problems)
        let comparison = json(entry.value)
        guard let path, let comparison else { return nil }
        return HTTPExpectation.JSONField(path: path, comparison: comparison)
    }

    /// Of a value in JSON: what is not quoted is typed, whole trees are compared too.
    func json(_ value: YAMLValue) -> HTTPExpectation.Comparison? {
        guard let text = value.text else {
            texts.check(value)
            return .equals(JSONTree.value(value, problems))
        }
        check(text, value)
        if let known = common(text, value) { return known.value }
        for sign in Self.signs where text.hasPrefix(sign) {
            let rest = text.dropFirst(sign.count).drop { $0 == " " }
            guard sign == "==" || sign == "!=" else { return order(sign, rest, value) }
            let plain = YAMLValue(kind: .scalar(String(rest), .plain), place: value.place)
            let wanted = JSONTree.scalar(plain)
            return sign == "==" ? .equals(wanted) : .notEquals(wanted)
        }
        return .equals(JSONTree.scalar(value))
    }

    /// Of a header: always a text, which may be a number's.
    func text(_ value: YAMLValue, _ key: String) -> HTTPExpectation.Comparison? {
        guard let text = Scalars.text(value, key, limit: 4096, problems) else { return nil }
        check(text, value)
        if let known = common(text, value) { return known.value }
        for sign in Self.signs where text.hasPrefix(sign) {
            let rest = text.dropFirst(sign.count).drop { $0 == " " }
            guard sign == "==" || sign == "!=" else { return order(sign, rest, value) }
            return sign == "==" ? .equals(.string(String(rest))) : .notEquals(.string(String(rest)))
        }
        return .equals(.string(text))
    }

    /// Of a number that was calculated; `5%` is 0.05.
    func number(_ value: YAMLValue) -> HTTPExpectation.Comparison? {
        guard let text = Scalars.text(value, "value", limit: 40, problems) else { return nil }
        let sign = Self.signs.first { text.hasPrefix($0) } ?? "=="
        var digits = text.hasPrefix(sign) ? text.dropFirst(sign.count) : text[...]
        digits = digits.drop { $0 == " " }
        let isShare = digits.hasSuffix("%")
        guard let found = JSONTree.number(isShare ? digits.dropLast() : digits) else {
            problems.error(
                value.place, "'\(printable(text, limit: 40))' compares with no number",
                "write it as in value: \"< 100\", \"< 5%\" or \"== 1\"")
            return nil
        }
        let number = isShare ? found / 100 : found
        switch sign {
        case "<=": return .lessOrEqual(number)
        case ">=": return .greaterOrEqual(number)
        case "<": return .less(number)
        case ">": return .greater(number)
        case "!=": return .notEquals(.number(number))
        default: return .equals(.number(number))
        }
    }

    /// Of a size in bytes.
    func size(_ value: YAMLValue) -> HTTPExpectation.Comparison? {
        guard let text = Scalars.text(value, "size", limit: 40, problems) else { return nil }
        for sign in Self.signs where text.hasPrefix(sign) && sign != "==" && sign != "!=" {
            return order(sign, text.dropFirst(sign.count).drop { $0 == " " }, value)
        }
        problems.error(
            value.place, "'\(printable(text, limit: 40))' is no bound of a size",
            "write it in bytes, as in size: \"> 100\" or size: [\"> 100\", \"< 50000\"]")
        return nil
    }

    private func check(_ text: String, _ value: YAMLValue) {
        if text.hasPrefix("matches ") {
            texts.checkPattern(value)
        } else if !text.hasPrefix("semver ") {
            texts.check(value)
        }
    }

    /// Found, whether or not it could be read.
    private struct Found { var value: HTTPExpectation.Comparison? }

    private func common(_ text: String, _ value: YAMLValue) -> Found? {
        if value.plainText == "exists" { return Found(value: .exists) }
        if value.plainText == "absent" { return Found(value: .absent) }
        if text.hasPrefix("contains ") {
            return Found(value: .contains(String(text.dropFirst("contains ".count))))
        }
        if text.hasPrefix("matches ") {
            let pattern = String(text.dropFirst("matches ".count))
            let isGood = PatternCheck.check(pattern, value, problems)
            return Found(value: isGood ? .matches(pattern) : nil)
        }
        guard text.hasPrefix("semver ") else { return nil }
        let range = String(text.dropFirst("semver ".count))
        if let range = SemanticRange(range) { return Found(value: .semver(range)) }
        problems.error(
            value.place, "'\(printable(range, limit: 60))' is no range of versions",
            range.contains("${")
                ? "a range is written out; to have one version, write \"${to.version}\" alone"
                : "write it as in \"semver ^1.4\", \"semver >=1.4 <2\" or \"semver ~1.4.2 || ^2\"")
        return Found(value: nil)
    }

    private func order(
        _ sign: String, _ rest: Substring, _ value: YAMLValue
    ) -> HTTPExpectation.Comparison? {
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
