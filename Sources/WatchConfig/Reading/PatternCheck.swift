// Patterns are compiled once here, so that a mistake is found when the file is read.

import WatchPatterns

enum PatternCheck {
    /// Bytes.
    static let limit = Pattern.sourceLimit

    static func check(_ text: String, _ value: YAMLValue, _ problems: Problems) -> Bool {
        do {
            _ = try Pattern(text)
            return true
        } catch {
            problems.error(
                value.place(ofByte: error.offset), "the pattern is wrong: \(error.message)",
                "see pcre2pattern(3); put single quotes around patterns, so that \\ stays as it is")
            return false
        }
    }
}
