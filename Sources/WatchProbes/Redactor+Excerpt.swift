// The beginning of a text from outside, for one line of a message.

import WatchCore

extension Redactor {
    /// Printable, without secrets, at most `limit` characters.
    func excerpt(_ text: String, limit: Int = 80) -> String {
        printable(redact(text), limit: limit)
    }

    /// The same of a body, which may be anything.
    func excerpt(body: [UInt8]) -> String {
        let text = String(decoding: redact(Array(body.prefix(4096))), as: UTF8.self)
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return printable(words, limit: 80)
    }

    /// The beginning of a body, line by line, to be kept as evidence; nil: there is nothing in it.
    func evidence(body: [UInt8]) -> String? {
        // More than is kept, so that a secret at the cut is known for one.
        let clean = redact(Array(body.prefix(2 * Evidence.bodySize)))
        let text = String(decoding: clean.prefix(Evidence.bodySize), as: UTF8.self)
        // CR LF is one character, and ends a line too.
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map {
            printable($0, limit: Evidence.bodySize)
        }
        let kept = lines.joined(separator: "\n")
        let isCut = clean.count > Evidence.bodySize || body.count > 2 * Evidence.bodySize
        return kept.contains { !$0.isWhitespace } ? kept + (isCut ? "…" : "") : nil
    }
}
