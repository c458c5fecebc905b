// What is wrong with a request, for 400 answers.

import WatchCore

struct RequestProblem: Error, Hashable, Sendable {
    var message: String

    init(_ message: String) { self.message = message }

    static func unknown(_ name: String, of known: [String], what: String) -> RequestProblem {
        let list =
            known.isEmpty ? "none is known" : "known: \(known.sorted().joined(separator: ", "))"
        return RequestProblem("unknown \(what) '\(printable(name, limit: 60))'; \(list)")
    }
}
