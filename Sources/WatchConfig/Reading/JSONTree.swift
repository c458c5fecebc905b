// YAML trees that mean JSON: bodies of requests, and values that answers must have. Unquoted
// scalars are typed as in YAML's JSON schema (YAML 1.2 §10.2); quoted ones are texts.

import WatchCore

enum JSONTree {
    static func value(_ tree: YAMLValue, _ problems: Problems) -> JSONValue {
        switch tree.kind {
        case .scalar: scalar(tree)
        case .sequence(let items): .array(items.map { value($0, problems) })
        case .mapping(let entries):
            .object(
                Dictionary(
                    entries.map { ($0.key, value($0.value, problems)) },
                    uniquingKeysWith: { first, _ in first }))
        }
    }

    static func scalar(_ tree: YAMLValue) -> JSONValue {
        guard let plain = tree.plainText else { return .string(tree.text ?? "") }
        if tree.isNull { return .null }
        if plain == "true" { return .bool(true) }
        if plain == "false" { return .bool(false) }
        return number(plain).map(JSONValue.number) ?? .string(plain)
    }

    /// A number of RFC 8259 §6; `inf`, `nan` and hexadecimals are texts.
    static func number(_ text: some StringProtocol) -> Double? {
        guard let first = text.utf8.first, first == 45 || (48...57).contains(first),
            text.utf8.allSatisfy({ (48...57).contains($0) || "+-.eE".utf8.contains($0) }),
            let number = Double(text), number.isFinite
        else { return nil }
        return number
    }
}

/// Writes a YAML tree as JSON with its placeholders left in. Keys keep their order.
struct JSONBody {
    private let variables: Templates.Variables
    private let problems: Problems

    init(_ variables: Templates.Variables, _ problems: Problems) {
        self.variables = variables
        self.problems = problems
    }

    func template(_ tree: YAMLValue) -> Template? {
        guard check(tree) else { return nil }
        var text = ""
        write(tree, to: &text)
        return try? Template(text)
    }

    /// Placeholders are checked where they stand. A secret is pasted into the JSON as it is, so
    /// that one with a quote in it would break the body; that is found when it is sent. What a
    /// journey saved is inserted as the content of a string.
    private func check(_ tree: YAMLValue) -> Bool {
        switch tree.kind {
        case .scalar: Templates.template(tree, variables, problems) != nil
        case .sequence(let items): items.map(check).allSatisfy { $0 }
        case .mapping(let entries): entries.map(check).allSatisfy { $0 }
        }
    }

    private func check(_ entry: YAMLValue.Entry) -> Bool {
        let good = check(entry.value)
        guard entry.key.contains("${") else { return good }
        problems.error(
            entry.keyPlace, "a key cannot hold a placeholder", "write its text out")
        return false
    }

    private func write(_ tree: YAMLValue, to text: inout String) {
        switch tree.kind {
        case .scalar(let source, _):
            switch JSONTree.scalar(tree) {
            case .null: text += "null"
            case .bool(let value): text += value ? "true" : "false"
            case .number: text += source
            case .string(let value): Self.quote(value, to: &text)
            case .array, .object: break
            }
        case .sequence(let items):
            text += "["
            for (index, item) in items.enumerated() {
                if index > 0 { text += "," }
                write(item, to: &text)
            }
            text += "]"
        case .mapping(let entries):
            text += "{"
            for (index, entry) in entries.enumerated() {
                if index > 0 { text += "," }
                Self.quote(entry.key, to: &text)
                text += ":"
                write(entry.value, to: &text)
            }
            text += "}"
        }
    }

    private static func quote(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case _ where scalar.value < 32:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
