// Patterns over bodies and files, by the engine of WatchPatterns: the only place here to know it.

import WatchPatterns

/// A pattern that cannot be used, or gave up at its limits; never the target's fault.
struct PatternFailure: Error, Hashable, Sendable {
    var message: String
}

enum PatternMatch {
    /// What the first group captured in the first match, or the whole match of a pattern without
    /// groups; nil when nothing matches.
    static func first(
        of pattern: String, in bytes: [UInt8]
    ) throws(PatternFailure) -> String? {
        do {
            return try Pattern(pattern).firstMatch(in: bytes)?.value
        } catch let error as PatternError {
            throw PatternFailure(message: "the pattern is wrong: \(error.message)")
        } catch {
            throw PatternFailure(message: "\(error)")
        }
    }
}
