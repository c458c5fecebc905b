// How a value that came from the target goes into the next request: always as one value of the
// place where it stands, so that nobody can add a header, a field or a path of their own with it.
// What the configuration's own secrets say is not looked at: whoever writes them is trusted.

import WatchCore

enum Insertion: Sendable {
    /// Percent-encoded but for what RFC 3986 §2.3 calls unreserved.
    case url
    /// As it is; one line.
    case header
    /// As the content of a string (RFC 8259 §7).
    case json
    /// As the value of a field in application/x-www-form-urlencoded.
    case form
    /// As it is: of other bodies, and where what comes of it is encoded as a whole.
    case plain

    /// Why a value cannot stand there; nil: it can.
    func refusal(_ value: String) -> String? {
        switch self {
        case .url:
            // Neither is encoded by anybody, and either leads to another path (RFC 3986 §5.2.4).
            let isDots = value == "." || value == ".."
            return isDots ? "is '\(value)', which would change the path" : nil
        case .header:
            let isLine = value.utf8.allSatisfy { ($0 >= 0x20 || $0 == 0x09) && $0 != 0x7F }
            return isLine ? nil : "holds a line break or control character, as no header may"
        case .json, .form, .plain: return nil
        }
    }

    func inserted(_ value: String) -> String {
        switch self {
        case .url: Self.percentEncoded(value)
        case .json: Self.escapedForJSON(value)
        case .form: FormBody.encoded(value)
        case .header, .plain: value
        }
    }

    static func percentEncoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }

    static func escapedForJSON(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 32:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension HTTPRequestSpec {
    /// What values are inserted into when they go into its body.
    var bodyInsertion: Insertion {
        let type = headers.first { $0.name.lowercased() == "content-type" }?.value.source
            .lowercased()
        if let type {
            if type.contains("json") { return .json }
            if type.contains("x-www-form-urlencoded") { return .form }
        }
        // What looks like JSON is, whatever it is called.
        let first = body?.source.first { !$0.isWhitespace }
        return first == "{" || first == "[" || first == "\"" ? .json : .plain
    }
}
