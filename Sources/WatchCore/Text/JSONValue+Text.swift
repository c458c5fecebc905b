// JSON as a text in one line, which a terminal and a line-based reader can take: no control
// character and nothing invisible stands in it as itself.

/// `text` as a string of JSON (RFC 8259 §7).
public func jsonQuoted(_ text: String) -> String { "\"\(jsonEscaped(text))\"" }

/// What stands between the quotes of such a string.
func jsonEscaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        default:
            let isUnsafe =
                scalar.properties.generalCategory == .control
                || scalar.properties.generalCategory == .format
            if isUnsafe {
                for unit in Character(scalar).utf16 { result += jsonEscape(unit) }
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }
    return result
}

private func jsonEscape(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
}

extension JSONValue {
    /// Members in the order of their names.
    public var text: String {
        switch self {
        case .null, .bool, .number: scalarText ?? "null"
        case .string(let text): jsonQuoted(text)
        case .array(let items): "[" + items.map(\.text).joined(separator: ", ") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }
                .map { "\(jsonQuoted($0.key)): \($0.value.text)" }.joined(separator: ", ") + "}"
        }
    }
}
