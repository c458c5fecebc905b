// A YAML value as JSON text, for request bodies. Placeholders stay as they are; what they stand
// for is put in later as it is.

import Yams

enum JSONText {
    static func render(_ value: Value) -> String {
        switch value.node {
        case .mapping:
            let members = value.entries("json_body").map {
                "\(quoted($0.name)):\(render($0.value))"
            }
            return "{\(members.joined(separator: ","))}"
        case .sequence:
            return "[\(value.list("json_body").map(render).joined(separator: ","))]"
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            if value.isNull { return "null" }
            if isPlain, ["true", "false"].contains(scalar.string) { return scalar.string }
            if isPlain, Double(scalar.string) != nil, scalar.string.first != "+",
                scalar.string.last != ".", scalar.string.first != "."
            {
                return scalar.string
            }
            return quoted(scalar.string)
        case .alias: return "null"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
