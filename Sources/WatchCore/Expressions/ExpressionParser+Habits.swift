// What people write out of habit, and what they would have to write here.

extension ExpressionParser {
    /// `0,25`: nowhere do two numbers follow one another with a comma between them.
    mutating func refuseDecimalCommas() throws(ExpressionError) {
        var place = 0
        while place + 2 < tokens.count {
            defer { place += 1 }
            guard case .number(let whole, "") = tokens[place].kind,
                tokens[place + 1].kind == .symbol(","),
                case .number(let part, let unit) = tokens[place + 2].kind,
                tokens[place + 1].offset == tokens[place].end,
                tokens[place + 2].offset == tokens[place + 1].end
            else { continue }
            let value = "\(whole).\(part)"
            // Between 0 and 1 it is mostly a ratio, which is written with its sign.
            let percent = whole.allSatisfy { $0 == "0" } ? Double("\(value)e2") : nil
            let ratio = percent.map { ", as a ratio \(Self.short($0))%" } ?? ""
            let length = tokens[place + 2].end - tokens[place].offset
            try note(
                ExpressionError(
                    offset: tokens[place].offset, length: length,
                    message: "'\(whole),\(part)\(unit)' has a decimal comma",
                    remedy: "write a decimal point: \(value)\(unit)\(unit.isEmpty ? ratio : "")"))
            let meant = ExpressionToken(
                kind: .number(value, unit: unit), offset: tokens[place].offset, length: length)
            tokens.replaceSubrange(place...place + 2, with: [meant])
        }
    }

    private static func short(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(value))" : "\(value)"
    }

    /// `… > 25% for 5m`, as in other languages.
    var sustained: ExpressionError {
        var span = "5m"
        if at + 1 < tokens.count, case .number(let digits, let unit) = tokens[at + 1].kind,
            !unit.isEmpty
        {
            span = digits + unit
        }
        return ExpressionError(
            offset: current.offset, length: current.length,
            message: "'for' is a key of the rule, not a part of its condition",
            remedy: "write for: \(printable(span, limit: 20)) beside when:")
    }
}

extension ExpressionToken {
    fileprivate var end: Int { offset + length }
}
