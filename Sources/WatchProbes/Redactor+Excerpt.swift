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
}
