// Secrets that went out with a request may come back in the answer, or be part of the URL. No
// reason and no message is shown before they are taken out.

import WatchCore

struct Redactor: Sendable {
    private let secrets: [String]

    init(secrets: [String]) {
        // The longest first, for one may be part of another. A character or two is no secret that
        // could be told from ordinary text.
        self.secrets = Set(secrets).filter { $0.utf8.count >= 3 }
            .sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
    }

    func clean(_ text: String) -> String {
        var text = text
        for secret in secrets where text.contains(secret) {
            text = text.split(separator: secret, omittingEmptySubsequences: false)
                .joined(separator: "***")
        }
        return text
    }

    /// The beginning of a text from outside, without secrets, for one line of a message.
    func excerpt(_ text: String, limit: Int = 80) -> String {
        printable(clean(text), limit: limit)
    }

    /// The same of a body, which may be anything.
    func excerpt(body: [UInt8]) -> String {
        let text = clean(String(decoding: body.prefix(4096), as: UTF8.self))
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return printable(words, limit: 80)
    }
}
