// The tree as YAML that reads back as what it was, and as JSON.

import WatchCore

extension ShownTree {
    var yaml: String {
        var lines: [String] = []
        write(to: &lines, indent: 0)
        return lines.map { $0 + "\n" }.joined()
    }

    private func write(to lines: inout [String], indent: Int) {
        let margin = String(repeating: "  ", count: indent)
        switch self {
        case .scalar: lines.append(margin + inline)
        case .list(let items):
            for item in items {
                if item.isInline {
                    lines.append("\(margin)- \(item.inline)")
                } else {
                    let start = lines.count
                    item.write(to: &lines, indent: indent + 1)
                    // The first line of what is in it stands beside the dash.
                    lines[start] = "\(margin)- " + lines[start].dropFirst(margin.count + 2)
                }
            }
        case .mapping(let entries):
            for entry in entries {
                let key = Self.key(entry.key)
                let note = entry.isDefault ? "  # default" : ""
                if entry.value.isInline {
                    lines.append("\(margin)\(key): \(entry.value.inline)\(note)")
                } else {
                    lines.append("\(margin)\(key):\(note)")
                    entry.value.write(to: &lines, indent: indent + 1)
                }
            }
        }
    }

    /// Short enough for the line of its key.
    private var isInline: Bool {
        switch self {
        case .scalar: true
        case .list(let items): items.isEmpty
        case .mapping(let entries): entries.isEmpty
        }
    }

    private var inline: String {
        switch self {
        case .scalar(let text, let isText): Self.scalar(text, isText: isText)
        case .list: "[]"
        case .mapping: "{}"
        }
    }

    private static func key(_ key: String) -> String {
        let isPlain =
            !key.isEmpty
            && key.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            } && key.first?.isLetter ?? false
        return isPlain ? key : quoted(key)
    }

    private static func scalar(_ text: String, isText: Bool) -> String {
        if isText { return quoted(text) }
        if text.isEmpty { return "null" }
        // It was plain once, so it is plain still, unless it had several lines.
        return text.unicodeScalars.contains(where: isHidden) ? quoted(text) : text
    }

    /// What a terminal might obey, or nobody would see.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// YAML 1.2 §5.7.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default:
                if isHidden(scalar) {
                    let digits = String(scalar.value, radix: 16, uppercase: true)
                    result += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }

    var json: JSONValue {
        switch self {
        case .scalar(let text, let isText): isText ? .string(text) : Self.value(text)
        case .list(let items): .array(items.map(\.json))
        case .mapping(let entries):
            .object(Dictionary(entries.map { ($0.key, $0.value.json) }) { $1 })
        }
    }

    /// As the readers take it; what is a duration or a share there is a text here.
    private static func value(_ text: String) -> JSONValue {
        switch text {
        case "", "~", "null": .null
        case "true": .bool(true)
        case "false": .bool(false)
        default: Int64(text).map { .number(Double($0)) } ?? .string(text)
        }
    }
}
