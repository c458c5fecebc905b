// A form as a browser sends it (https://url.spec.whatwg.org/#urlencoded-serializing).

import WatchCore

enum FormBody {
    static func text(
        _ fields: [HTTPRequestSpec.Header], _ filling: RequestBuilder.Filling
    ) throws(RequestBuilder.Failure) -> String {
        var parts: [String] = []
        for field in fields {
            parts.append("\(encoded(field.name))=\(encoded(try filling.text(field.value)))")
        }
        return parts.joined(separator: "&")
    }

    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 42, 45, 46, 95:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case 32: result += "+"
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }
}
