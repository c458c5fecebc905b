// Taking out what nobody shall read: each match gives way to a mark.

import CPCRE2

extension Pattern {
    /// What stands in the place of a match.
    public static let mark = "***"

    /// The text with each match replaced.
    /// - Throws: `PatternLimitError` when it would take too long to know where they are.
    public func masked(_ text: String) throws(PatternLimitError) -> String {
        let subject = Array(text.utf8)
        let mark = Array(Self.mark.utf8)
        // An empty match can stand before each byte and at the end.
        var result = [UInt8](
            repeating: 0, count: subject.count + mark.count * (subject.count + 1) + 1)
        var length = result.count
        func replace(_ options: UInt32) -> Int32 {
            length = result.count
            return pcre2_substitute_8(
                code, subject, subject.count, 0, options, nil, context, mark, mark.count, &result,
                &length)
        }
        var count = replace(PCRE2_SUBSTITUTE_GLOBAL)
        // As for a single match: the interpreter has more room than the compiled code.
        if count == PCRE2_ERROR_JIT_STACKLIMIT {
            count = replace(PCRE2_SUBSTITUTE_GLOBAL | PCRE2_NO_JIT)
        }
        guard count >= 0 else { throw gaveUp(count) }
        return String(decoding: result[..<length], as: UTF8.self)
    }
}
