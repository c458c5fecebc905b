// Patterns over bodies and files, by the engine of WatchPatterns: the only place here to know it.

import WatchPatterns

/// A pattern that cannot be used, or gave up at its limits; never the target's fault.
package struct PatternFailure: Error, Hashable, Sendable {
    package var message: String
}

enum PatternMatch {
    /// For what is looked at again and again.
    struct Compiled: Sendable {
        private let pattern: Pattern

        init(_ source: String) throws(PatternFailure) {
            do {
                pattern = try Pattern(source)
            } catch {
                throw PatternFailure(message: "the pattern is wrong: \(error.message)")
            }
        }

        var source: String { pattern.source }

        func isFound(in bytes: [UInt8]) throws(PatternFailure) -> Bool {
            try first(in: bytes) != nil
        }

        func first(in bytes: [UInt8]) throws(PatternFailure) -> String? {
            do {
                return try pattern.firstMatch(in: bytes)?.value
            } catch {
                throw PatternFailure(message: "\(error)")
            }
        }
    }

    /// What the first group captured in the first match, or the whole match of a pattern without
    /// groups; nil when nothing matches.
    static func first(
        of pattern: String, in bytes: [UInt8]
    ) throws(PatternFailure) -> String? {
        try Compiled(pattern).first(in: bytes)
    }
}
