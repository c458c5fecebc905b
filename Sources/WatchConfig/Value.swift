// One YAML value with its place. Reading it as something it is not is reported, and yields nil;
// reading goes on, so that one run finds all mistakes.

import WatchCore
import Yams

struct Value {
    let node: Node
    let file: SourceFile
    let report: Report

    var place: Place {
        let mark = node.mark
        return Place(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1)
    }

    /// Where the text of a scalar begins: inside its quotes.
    var textPlace: Place {
        guard case .scalar(let scalar) = node else { return place }
        switch scalar.style {
        case .singleQuoted, .doubleQuoted: return place.moved(by: 1)
        case .any, .plain, .literal, .folded: return place
        }
    }

    func error(_ message: String, remedy: String? = nil) {
        report.error(place, message, remedy: remedy)
    }

    /// What it is, for messages.
    var kind: String {
        switch node {
        case .scalar: isNull ? "nothing" : "a value"
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    var isNull: Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any else {
            return false
        }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    private func value(_ node: Node) -> Value { Value(node: node, file: file, report: report) }

    // MARK: - Containers

    /// The items of a list; a single value where `orSingle` allows it.
    func list(_ what: String, orSingle: Bool = false) -> [Value] {
        if case .sequence(let items) = node { return items.map(value) }
        if orSingle, !isNull { return [self] }
        error("\(what) is a list, but this is \(kind)", remedy: "write [ … ] or lines with '- '")
        return []
    }

    /// Entries in order, whatever their keys: names chosen by the user.
    func entries(_ what: String) -> [(name: String, key: Value, value: Value)] {
        guard case .mapping(let mapping) = node else {
            if !isNull { error("\(what) is a mapping of names, but this is \(kind)") }
            return []
        }
        return mapping.compactMap { key, item in
            guard let name = key.scalar?.string else {
                value(key).error("a name is wanted here")
                return nil
            }
            if name.hasPrefix(Keys.duplicate) { return nil }
            return (name, value(key), value(item))
        }
    }

    /// Fields with known keys; unknown ones are reported.
    func fields(_ what: String, _ keys: Keys) -> Fields? {
        guard case .mapping = node else {
            error(
                "\(what) is a mapping, but this is \(kind)",
                remedy:
                    "write { key: value, … } with keys among \(keys.built.joined(separator: ", "))")
            return nil
        }
        var found: [String: Value] = [:]
        for (name, key, item) in entries(what) {
            if keys.built.contains(name) {
                found[name] = item
            } else if keys.notBuilt.contains(name) {
                key.error(
                    "'\(name)' is not built yet",
                    remedy: "leave it out; \(what) takes \(keys.built.joined(separator: ", "))")
            } else {
                let near = Suggestion.nearest(to: name, among: keys.built)
                key.error(
                    "\(what) has no key '\(printable(name, limit: 60))'",
                    remedy: near.map { "did you mean '\($0)'?" }
                        ?? "it takes \(keys.built.joined(separator: ", "))")
            }
        }
        return Fields(owner: self, what: what, values: found)
    }

    // MARK: - Scalars

    var text: String? {
        guard case .scalar(let scalar) = node, !isNull else {
            error("a text is wanted here, but this is \(kind)")
            return nil
        }
        return scalar.string
    }

    func choice<T: RawRepresentable & CaseIterable>(_ what: String) -> T?
    where T.RawValue == String {
        guard let text else { return nil }
        if let choice = T(rawValue: text) { return choice }
        let known = T.allCases.map(\.rawValue)
        error(
            "'\(printable(text, limit: 40))' is no \(what)",
            remedy: Suggestion.nearest(to: text, among: known).map { "did you mean '\($0)'?" }
                ?? "it is one of \(known.joined(separator: ", "))")
        return nil
    }

    func bool() -> Bool? {
        guard let text else { return nil }
        switch text {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default:
            error("'\(printable(text, limit: 40))' is neither true nor false")
            return nil
        }
    }

    func int(_ range: ClosedRange<Int>) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text) else {
            error("'\(printable(text, limit: 40))' is no whole number")
            return nil
        }
        guard range.contains(number) else {
            error(
                "\(number) is out of range",
                remedy: "use \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// A duration of at least `least`.
    func duration(atLeast least: Duration = .nanoseconds(1)) -> Duration? {
        guard let text else { return nil }
        guard let duration = Duration(text: text) else {
            let remedy =
                Int(text) != nil
                ? "give it a unit: \(text)s, \(text)m" : "write it as 30s, 5m or 1h30m"
            error("'\(printable(text, limit: 40))' is no duration", remedy: remedy)
            return nil
        }
        if duration < .zero {
            error("a duration cannot be negative", remedy: "write \(text.dropFirst())")
            return nil
        }
        guard duration >= least else {
            error("\(duration.text) is too short", remedy: "use \(least.text) or more")
            return nil
        }
        return duration
    }

    func template() -> Template? {
        guard let text else { return nil }
        do {
            return try Template(text)
        } catch {
            report.error(textPlace.moved(by: error.offset), error.message)
            return nil
        }
    }

    func expression() -> Expression? {
        guard let text else { return nil }
        do {
            return try Expression(text)
        } catch {
            report.error(textPlace.moved(by: error.offset), error.message, remedy: error.remedy)
            return nil
        }
    }

    func path() -> String? {
        guard let text else { return nil }
        guard text.hasPrefix("/"), !text.contains("\0") else {
            error(
                "'\(printable(text, limit: 80))' is no absolute path",
                remedy: "a daemon has no working directory to speak of; begin with '/'")
            return nil
        }
        return text
    }

    func jsonPath() -> JSONPath? {
        guard let text else { return nil }
        do {
            return try JSONPath(text)
        } catch {
            report.error(textPlace.moved(by: error.offset), error.message)
            return nil
        }
    }
}

/// The fields of a mapping whose keys are known.
struct Fields {
    let owner: Value
    let what: String
    let values: [String: Value]

    subscript(key: String) -> Value? { values[key] }

    func has(_ key: String) -> Bool { values[key] != nil }

    /// Reported when it is missing.
    func required(_ key: String, remedy: String? = nil) -> Value? {
        if let value = values[key] { return value }
        owner.error("\(what) needs '\(key)'", remedy: remedy)
        return nil
    }

    /// The one of `keys` that is there; none or several are reported.
    func one(of keys: [String]) -> (key: String, value: Value)? {
        let present = keys.filter(has)
        guard present.count == 1, let key = present.first, let value = values[key] else {
            let list = keys.joined(separator: ", ")
            owner.error(
                present.isEmpty
                    ? "\(what) needs one of \(list)"
                    : "\(what) has \(present.joined(separator: " and ")); only one can hold",
                remedy: present.isEmpty ? nil : "keep one of them")
            return nil
        }
        return (key, value)
    }

    func duration(_ key: String, _ standard: Duration, atLeast least: Duration = .nanoseconds(1))
        -> Duration
    {
        guard let value = values[key] else { return standard }
        return value.duration(atLeast: least) ?? standard
    }

    func int(_ key: String, _ standard: Int, _ range: ClosedRange<Int>) -> Int {
        guard let value = values[key] else { return standard }
        return value.int(range) ?? standard
    }

    func bool(_ key: String, _ standard: Bool) -> Bool {
        guard let value = values[key] else { return standard }
        return value.bool() ?? standard
    }
}
