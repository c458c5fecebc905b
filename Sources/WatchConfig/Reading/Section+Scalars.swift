// Single values: durations, numbers, booleans, texts, choices.

import WatchCore

extension Section {
    /// - Parameter range: what makes sense; the default is not checked against it.
    func duration(
        _ key: String, _ standard: Duration,
        in range: ClosedRange<Duration> = .milliseconds(1)...Duration.days(3650)
    ) -> Duration {
        optionalDuration(key, in: range) ?? standard
    }

    func optionalDuration(
        _ key: String, in range: ClosedRange<Duration> = .milliseconds(1)...Duration.days(3650)
    ) -> Duration? {
        guard let value = value(key) else { return nil }
        guard let text = value.text, !value.isNull else {
            problems.error(
                value.place, "'\(key)' is a duration, this is \(value.kindName)",
                "write it as in 30s, 5m or 1h30m")
            return nil
        }
        guard let duration = Duration(text: text) else {
            problems.error(
                value.place, "'\(printable(text, limit: 40))' is no duration",
                Double(text) != nil
                    ? "give it a unit: write \(text.hasPrefix("-") ? "30" : text)s"
                    : "write it as in 500ms, 30s, 5m, 1h30m or 7d")
            return nil
        }
        guard duration >= .zero else {
            problems.error(
                value.place, "'\(key)' cannot be negative", "write \(text.dropFirst())")
            return nil
        }
        guard range.contains(duration) else {
            let tooShort = duration < range.lowerBound
            problems.error(
                value.place,
                "'\(key)' is \(duration.text), \(tooShort ? "too short" : "too long")",
                tooShort
                    ? "write \(range.lowerBound.text) or more"
                    : "write \(range.upperBound.text) or less")
            return nil
        }
        return duration
    }

    func integer(_ key: String, _ standard: Int) -> Int {
        guard let value = value(key), case .integer(let range)? = table.key(key)?.shape else {
            return standard
        }
        return Scalars.integer(value, key, range, problems) ?? standard
    }

    /// `99.9%` as 0.999.
    func percentage(_ key: String, in range: ClosedRange<Double>) -> Double? {
        guard let value = value(key) else { return nil }
        let text = value.text ?? value.kindName
        let digits = text.hasSuffix("%") ? text.dropLast() : Substring(text)
        let isPlain =
            !digits.isEmpty && digits.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard isPlain, Double(digits) != nil, let share = Double("\(digits)e-2") else {
            problems.error(
                value.place, "'\(key)' is a percentage, this is '\(printable(text, limit: 40))'",
                "write it as in \(key): 95%")
            return nil
        }
        guard text.hasSuffix("%") else {
            let meant = (Double(digits) ?? 0) <= 1 ? Percent.text(share * 100) : "\(digits)%"
            problems.error(
                value.place, "'\(key)' is \(text), without a percent sign",
                "write \(key): \(meant)")
            return nil
        }
        guard range.contains(share) else {
            let isLow = share < range.lowerBound
            problems.error(
                value.place, "'\(key)' is \(text), too \(isLow ? "low" : "high")",
                "write \(Percent.text(isLow ? range.lowerBound : range.upperBound)) or "
                    + (isLow ? "more" : "less"))
            return nil
        }
        return share
    }

    func boolean(_ key: String, _ standard: Bool) -> Bool {
        guard let value = value(key) else { return standard }
        switch value.plainText {
        case "true": return true
        case "false": return false
        default:
            problems.error(
                value.place, "'\(key)' is true or false", "write true or false, without quotes")
            return standard
        }
    }

    /// Any single value as text; empty ones are refused.
    func text(_ key: String, limit: Int = 4096) -> String? {
        guard let value = value(key) else { return nil }
        return Scalars.text(value, key, limit: limit, problems)
    }

    /// A text that goes into messages and reasons: one line, nothing unprintable.
    func title(_ key: String) -> String? {
        guard let text = text(key, limit: 100), let place = value(key)?.place else { return nil }
        guard printable(text) == text else {
            problems.error(
                place, "'\(key)' has characters that cannot be shown", "write plain text")
            return nil
        }
        return text
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, as type: Choice.Type
    ) -> Choice? where Choice.RawValue == String {
        guard let value = value(key) else { return nil }
        let all = Choice.allCases.map(\.rawValue)
        if let text = value.text, let choice = Choice(rawValue: text) { return choice }
        let text = value.text ?? value.kindName
        let near = Suggestion.nearest(to: text, among: all)
        problems.error(
            value.place, "'\(printable(text, limit: 40))' is no \(key)",
            near.map { "did you mean '\($0)'?" } ?? "write one of \(all.joined(separator: ", "))")
        return nil
    }

    /// An absolute path: the daemon's working directory is nobody's business.
    func path(_ key: String) -> String? {
        guard let text = text(key) else { return nil }
        guard text.hasPrefix("/"), printable(text, limit: 5000) == text else {
            problems.error(
                place(key), "'\(printable(text, limit: 60))' is no absolute path",
                "write the whole path, beginning with '/'")
            return nil
        }
        return text
    }

    /// A list of names or texts, each with its place.
    func texts(_ key: String) -> [Placed<String>] {
        guard let value = value(key) else { return [] }
        return Scalars.list(value, key, problems).compactMap { item in
            Scalars.text(item, key, limit: 4096, problems).map { Placed($0, item.place) }
        }
    }

    func list(_ key: String) -> [YAMLValue] {
        guard let value = value(key) else { return [] }
        return Scalars.list(value, key, problems)
    }

    /// The names of a mapping, silently.
    func names(_ key: String) -> [String] { value(key)?.entries?.map(\.key) ?? [] }

    /// The entries of a mapping from names.
    func named(_ key: String) -> [YAMLValue.Entry] {
        guard let value = value(key) else { return [] }
        guard let entries = value.entries else {
            problems.error(
                value.place, "'\(key)' is a mapping from names, this is \(value.kindName)",
                "give each a name: \(key): { NAME: … }")
            return []
        }
        return entries
    }
}

/// A value and where it stands.
struct Placed<Value> {
    var value: Value
    var place: Place

    init(_ value: Value, _ place: Place) {
        self.value = value
        self.place = place
    }
}

enum Percent {
    /// `99.9%`, without the noise of binary fractions.
    static func text(_ share: Double) -> String {
        let rounded = (share * 1e8).rounded() / 1e6
        return rounded == rounded.rounded() ? "\(Int(rounded))%" : "\(rounded)%"
    }
}

enum Scalars {
    static func integer(
        _ value: YAMLValue, _ key: String, _ range: ClosedRange<Int>, _ problems: Problems
    ) -> Int? {
        guard let text = value.plainText, let number = Int(text) else {
            problems.error(
                value.place,
                "'\(key)' is a whole number, this is "
                    + (value.text.map { "'\(printable($0, limit: 40))'" } ?? value.kindName),
                "write a number from \(range.lowerBound) to \(range.upperBound), without quotes")
            return nil
        }
        guard range.contains(number) else {
            problems.error(
                value.place, "'\(key)' is \(number), out of range",
                "write a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    static func text(
        _ value: YAMLValue, _ key: String, limit: Int, _ problems: Problems
    ) -> String? {
        guard let text = value.text, !value.isNull, !text.isEmpty else {
            let found = value.text?.isEmpty == true ? "nothing" : value.kindName
            problems.error(
                value.place, "'\(key)' is a text, this is \(found)",
                "write one value after '\(key):'")
            return nil
        }
        guard text.utf8.count <= limit else {
            problems.error(
                value.place, "'\(key)' is longer than \(limit) bytes", "make it shorter")
            return nil
        }
        return text
    }

    static func list(_ value: YAMLValue, _ key: String, _ problems: Problems) -> [YAMLValue] {
        guard let items = value.items else {
            problems.error(
                value.place, "'\(key)' is a list, this is \(value.kindName)",
                value.text.map { asList($0, key) }
                    ?? "put it in a list: '- ' before it, or [ … ] around it")
            return []
        }
        return items
    }

    /// How one text is written as the list that is wanted: a command line as its arguments.
    private static func asList(_ text: String, _ key: String) -> String {
        let whole = "write [ \(printable(text, limit: 60)) ]"
        guard ["exec", "command"].contains(key) else { return whole }
        let shown = printable(text, limit: 200)
        // Only a shell knows what these mean.
        if shown.contains(where: { "|&;<>()$`\\\"'*?~#{}[],".contains($0) }) {
            return "write its arguments as a list, as in [/usr/bin/ln, -s, a, b]; what needs a "
                + "shell goes into a script, or is [/bin/sh, -c, '…']"
        }
        return "write [\(shown.split(separator: " ").joined(separator: ", "))]"
    }
}
