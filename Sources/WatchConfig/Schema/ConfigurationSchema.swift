// The JSON Schema that editors check and complete with, made of the readers' own tables, so that
// the two cannot differ.

/// JSON Schema, draft 2020-12, of what is built.
public enum ConfigurationSchema {
    /// As it stands in `etc/watchd.schema.json`; the same bytes each time.
    public static func json() -> String {
        var root = section(.top)
        root.insert(
            contentsOf: [
                ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
                ("$id", .text("watchd.schema.json")),
                ("title", .text("watchd configuration")),
            ], at: 0)
        root.append(
            (
                "$defs",
                .object([
                    (
                        "duration",
                        .object([
                            ("type", .text("string")),
                            (
                                "pattern",
                                .text(#"^(0|([0-9]+(\.[0-9]+)?(d|h|ms|us|m|s))+)$"#)
                            ),
                            ("description", .text("As in 500ms, 30s, 5m, 1h30m or 7d.")),
                        ])
                    ),
                    (
                        "percentage",
                        .object([
                            ("type", .text("string")),
                            ("pattern", .text(#"^[0-9]+(\.[0-9]+)?%$"#)),
                            ("description", .text("As in 95% or 99.9%.")),
                        ])
                    ),
                ])
            ))
        return SchemaJSON.object(root).text(indent: 0) + "\n"
    }

    private static func section(_ table: KeyTable) -> [(String, SchemaJSON)] {
        var members: [(String, SchemaJSON)] = [
            ("type", .text("object")), ("additionalProperties", .boolean(false)),
        ]
        let required = table.keys.filter(\.isRequired).map { SchemaJSON.text($0.name) }
        if !required.isEmpty { members.append(("required", .array(required))) }
        let properties = table.keys.map { key in
            (key.name, SchemaJSON.object([("description", .text(key.note))] + value(key.shape)))
        }
        members.append(("properties", .object(properties)))
        return members
    }

    private static func value(_ shape: Shape) -> [(String, SchemaJSON)] {
        switch shape {
        case .duration: return [("$ref", .text("#/$defs/duration"))]
        case .integer(let range):
            return [
                ("type", .text("integer")), ("minimum", .number(range.lowerBound)),
                ("maximum", .number(range.upperBound)),
            ]
        case .boolean: return [("type", .text("boolean"))]
        case .percentage: return [("$ref", .text("#/$defs/percentage"))]
        case .text:
            return [("type", .array([.text("string"), .text("number"), .text("boolean")]))]
        case .choice(let all): return [("enum", .array(all.map { .text($0) }))]
        case .list(let item):
            return [("type", .text("array")), ("items", .object(value(item)))]
        case .section(let table): return section(table)
        case .named(let item):
            return [
                ("type", .text("object")), ("additionalProperties", .object(value(item))),
            ]
        case .json: return []
        case .either(let shapes):
            return [("anyOf", .array(shapes.map { .object(value($0)) }))]
        }
    }
}

/// JSON whose members keep their order.
private indirect enum SchemaJSON {
    case text(String)
    case number(Int)
    case boolean(Bool)
    case array([SchemaJSON])
    case object([(String, SchemaJSON)])

    func text(indent: Int) -> String {
        let inner = String(repeating: " ", count: indent + 2)
        let outer = String(repeating: " ", count: indent)
        switch self {
        case .text(let text): return Self.quoted(text)
        case .number(let number): return "\(number)"
        case .boolean(let value): return value ? "true" : "false"
        case .array(let items):
            if items.allSatisfy(\.isScalar) {
                return "[" + items.map { $0.text(indent: 0) }.joined(separator: ", ") + "]"
            }
            let lines = items.map { inner + $0.text(indent: indent + 2) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            let lines = members.map {
                inner + Self.quoted($0.0) + ": " + $0.1.text(indent: indent + 2)
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
        }
    }

    private var isScalar: Bool {
        switch self {
        case .text, .number, .boolean: true
        case .array, .object: false
        }
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.flatMap { character -> String in
            switch character {
            case "\"": "\\\""
            case "\\": "\\\\"
            default: String(character)
            }
        }
        return "\"\(String(escaped))\""
    }
}
