// A singular query of RFC 9535 §2.3.5.1: at most one value, so nothing but names and indexes.

public struct JSONPath: Hashable, Sendable, Codable, CustomStringConvertible {
    public enum Step: Hashable, Sendable {
        case member(String)
        case index(Int)
    }

    /// Why a text is no singular query; `offset` counts UTF-8 bytes from its start.
    public struct ParseError: Error, Hashable, Sendable {
        public var offset: Int
        public var message: String
    }

    public let description: String
    public let steps: [Step]

    public init(_ text: String) throws(ParseError) {
        description = text
        var parser = Parser(bytes: Array(text.utf8))
        steps = try parser.parse()
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(container.decode(String.self))
        } catch let error as ParseError {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: error.message)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension JSONPath {
    private struct Parser {
        let bytes: [UInt8]
        var at = 0

        mutating func parse() throws(ParseError) -> [Step] {
            guard bytes.first == UInt8(ascii: "$") else {
                throw error("a JSON path begins with '$', as in '$.version'")
            }
            at = 1
            var steps: [Step] = []
            while at < bytes.count {
                switch bytes[at] {
                case UInt8(ascii: "."): steps.append(try member())
                case UInt8(ascii: "["): steps.append(try bracket())
                default: throw error("expected '.name' or '[…]' here")
                }
            }
            return steps
        }

        private func error(_ message: String) -> ParseError {
            ParseError(offset: at, message: message)
        }

        private mutating func member() throws(ParseError) -> Step {
            at += 1
            if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
                throw error("'..' can name many values; name the one you mean")
            }
            if at < bytes.count, bytes[at] == UInt8(ascii: "*") {
                throw error("'*' can name many values; name the one you mean")
            }
            let start = at
            while at < bytes.count, Self.isNameByte(bytes[at], first: at == start) { at += 1 }
            guard at > start else {
                throw error("a name must follow '.'; quote unusual ones: ['like this']")
            }
            return .member(String(decoding: bytes[start..<at], as: UTF8.self))
        }

        private mutating func bracket() throws(ParseError) -> Step {
            at += 1
            guard at < bytes.count else { throw error("'[' without ']'") }
            let step: Step
            switch bytes[at] {
            case UInt8(ascii: "'"), UInt8(ascii: "\""): step = .member(try quoted())
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                step = .index(try index())
            case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: ":"):
                throw error("filters, slices and '*' can name many values; name the one you mean")
            default: throw error("expected an index or a quoted name after '['")
            }
            guard at < bytes.count, bytes[at] == UInt8(ascii: "]") else {
                throw error("expected ']' here")
            }
            at += 1
            return step
        }

        private mutating func index() throws(ParseError) -> Int {
            let start = at
            if bytes[at] == UInt8(ascii: "-") { at += 1 }
            while at < bytes.count, (48...57).contains(bytes[at]) { at += 1 }
            let text = String(decoding: bytes[start..<at], as: UTF8.self)
            // No `abs`: the least integer has none.
            guard let value = Int(text), (-999_999...999_999).contains(value),
                text == String(value)
            else {
                at = start
                throw error("'\(text)' is no index")
            }
            return value
        }

        private mutating func quoted() throws(ParseError) -> String {
            let quote = bytes[at]
            at += 1
            var name: [UInt8] = []
            while at < bytes.count, bytes[at] != quote {
                if bytes[at] == UInt8(ascii: "\\") {
                    at += 1
                    guard at < bytes.count else { break }
                    // RFC 9535 has more (`\n`, `\u0041`): taken for a letter they would name
                    // another member.
                    guard [quote, UInt8(ascii: "\\"), UInt8(ascii: "/")].contains(bytes[at])
                    else { throw error("only the quote, '/' and '\\' can follow '\\' here") }
                }
                name.append(bytes[at])
                at += 1
            }
            guard at < bytes.count else { throw error("the quoted name has no end") }
            at += 1
            return String(decoding: name, as: UTF8.self)
        }

        private static func isNameByte(_ byte: UInt8, first: Bool) -> Bool {
            switch byte {
            case 65...90, 97...122, UInt8(ascii: "_"), 128...: true
            case 48...57, UInt8(ascii: "-"): !first
            default: false
            }
        }
    }
}
