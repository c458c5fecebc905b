// A YAML document as the readers see it: scalars as written, lists and mappings in order, and each
// with its place. What a scalar means is for the reader to say: nothing is converted here.

struct YAMLValue {
    enum Style {
        case plain, singleQuoted, doubleQuoted, literal, folded
    }

    struct Entry {
        var key: String
        var keyPlace: Place
        var value: YAMLValue
    }

    enum Kind {
        case scalar(String, Style)
        case sequence([YAMLValue])
        case mapping([Entry])
    }

    var kind: Kind
    var place: Place

    /// The text of a scalar.
    var text: String? {
        if case .scalar(let text, _) = kind { text } else { nil }
    }

    /// The text of an unquoted scalar: only these can be numbers, booleans or null.
    var plainText: String? {
        if case .scalar(let text, .plain) = kind { text } else { nil }
    }

    /// Nothing after the colon, `~` or `null`.
    var isNull: Bool { plainText.map { ["", "~", "null", "Null", "NULL"].contains($0) } ?? false }

    var entries: [Entry]? {
        if case .mapping(let entries) = kind { entries } else { nil }
    }

    var items: [YAMLValue]? {
        if case .sequence(let items) = kind { items } else { nil }
    }

    /// What a person would call it.
    var kindName: String {
        switch kind {
        case .scalar: isNull ? "nothing" : "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}
