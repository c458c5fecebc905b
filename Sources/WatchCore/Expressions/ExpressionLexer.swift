// Splits an expression into tokens, each with its place.

struct ExpressionToken: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case name(String)
        /// Digits and unit as written: `25` `%`, `1.5` `s`, `1` `h30m`, `3` and nothing.
        case number(String, unit: String)
        /// An operator, a parenthesis or a comma.
        case symbol(String)
        case end
    }

    var kind: Kind
    var offset: Int
    var length: Int
}

struct ExpressionLexer {
    /// Longer ones are refused.
    static let sourceLimit = 4096

    static let tooLong = ExpressionError(
        offset: 0, message: "the expression is longer than \(sourceLimit) bytes")

    private let bytes: [UInt8]
    private var at = 0

    static func tokens(_ source: String) throws(ExpressionError) -> [ExpressionToken] {
        guard source.utf8.count <= sourceLimit else { throw tooLong }
        var lexer = ExpressionLexer(source)
        var tokens: [ExpressionToken] = []
        while true {
            let token = try lexer.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    init(_ source: String) { bytes = Array(source.utf8) }

    /// What other languages write, and what it is here: a word or a sign.
    private static let meant = [
        "&": "and", "|": "or", "!": "not", "=": "==", "≥": ">=", "≤": "<=", "≠": "!=",
        "×": "*", "÷": "/", "−": "-",
    ]

    /// Goes on behind what is wrong.
    /// - Returns: what was meant; nil: it cannot be said.
    mutating func skip(_ mistake: ExpressionError) -> ExpressionToken.Kind? {
        if Self.isDigit(bytes[mistake.offset]) || bytes[mistake.offset] == UInt8(ascii: ".") {
            return .number("1", unit: unit())
        }
        let end = mistake.offset + mistake.length
        let text = String(decoding: bytes[mistake.offset..<end], as: UTF8.self)
        at = end
        let meant = Self.meant[text] ?? Self.meant[String(text.prefix(1))]
        return meant.map { Self.isNameStart($0.utf8.first ?? 0) ? .name($0) : .symbol($0) }
    }

    mutating func next() throws(ExpressionError) -> ExpressionToken {
        while at < bytes.count, [32, 9, 10, 13].contains(bytes[at]) { at += 1 }
        guard at < bytes.count else { return ExpressionToken(kind: .end, offset: at, length: 0) }
        let start = at
        let byte = bytes[at]
        if Self.isDigit(byte) || byte == UInt8(ascii: ".") { return try number() }
        if Self.isNameStart(byte) {
            // A hyphen inside a name belongs to it: signals are called like `sign-in`. To
            // subtract, leave a space.
            while at < bytes.count, Self.isNameByte(bytes[at]) || isDotInName { at += 1 }
            let name = String(decoding: bytes[start..<at], as: UTF8.self)
            return ExpressionToken(kind: .name(name), offset: start, length: at - start)
        }
        return try symbol()
    }

    private mutating func number() throws(ExpressionError) -> ExpressionToken {
        let start = at
        while at < bytes.count, Self.isDigit(bytes[at]) || bytes[at] == UInt8(ascii: ".") {
            at += 1
        }
        let digits = String(decoding: bytes[start..<at], as: UTF8.self)
        guard let value = Double(digits), value.isFinite else {
            throw ExpressionError(
                offset: start, length: at - start,
                message: "'\(printable(digits, limit: 40))' is no number")
        }
        let unit = unit()
        return ExpressionToken(
            kind: .number(digits, unit: unit), offset: start, length: at - start)
    }

    /// `%`, also after a space; or letters, and for `1h30m` what comes after them.
    private mutating func unit() -> String {
        var ahead = at
        while ahead < bytes.count, bytes[ahead] == 32 { ahead += 1 }
        if ahead < bytes.count, bytes[ahead] == UInt8(ascii: "%") {
            at = ahead + 1
            return "%"
        }
        let start = at
        while at < bytes.count, Self.isLetter(bytes[at]) || (at > start && isNumeric(at)) {
            at += 1
        }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    /// As in `app.data_loss`, a pattern of a stream.
    private var isDotInName: Bool {
        bytes[at] == UInt8(ascii: ".") && at + 1 < bytes.count && Self.isNameStart(bytes[at + 1])
    }

    private func isNumeric(_ index: Int) -> Bool {
        Self.isDigit(bytes[index]) || bytes[index] == UInt8(ascii: ".")
    }

    private mutating func symbol() throws(ExpressionError) -> ExpressionToken {
        let start = at
        let pair = String(decoding: bytes[start..<Swift.min(start + 2, bytes.count)], as: UTF8.self)
        if ["<=", ">=", "==", "!="].contains(pair) {
            at += 2
            return ExpressionToken(kind: .symbol(pair), offset: start, length: 2)
        }
        // A character outside of ASCII is several bytes.
        let width = bytes[start] < 0x80 ? 1 : bytes[start] < 0xE0 ? 2 : bytes[start] < 0xF0 ? 3 : 4
        let one = String(
            decoding: bytes[start..<Swift.min(start + width, bytes.count)], as: UTF8.self)
        guard "<>+-*/(),".contains(one) else {
            let length = pair == "&&" || pair == "||" ? 2 : one.utf8.count
            throw ExpressionError(
                offset: start, length: length,
                message: "'\(printable(one))' means nothing in an expression",
                remedy: Self.meant[one].map { "write '\($0)'" })
        }
        at += 1
        return ExpressionToken(kind: .symbol(one), offset: start, length: 1)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (65...90).contains(byte) || (97...122).contains(byte)
    }

    private static func isNameStart(_ byte: UInt8) -> Bool {
        isLetter(byte) || byte == UInt8(ascii: "_")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isNameStart(byte) || isDigit(byte) || byte == UInt8(ascii: "-")
    }
}
