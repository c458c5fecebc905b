// How far a journal was read. The cursor names the last entry that was counted; the time is for
// when that entry is gone, and moves on while nothing matches, so that a quiet stream does not
// come back to an entry of months ago.

public struct JournalPosition: Hashable, Sendable, Codable {
    /// What was selected; entries of another selection were never looked for.
    public var selection: String
    /// Of the last entry that was counted (sd_journal_get_cursor(3)); nil: none was yet.
    public var cursor: String?
    /// Nanoseconds since 1970: what was written before was seen.
    public var seen: Int64

    public init(selection: String, cursor: String?, seen: Int64) {
        self.selection = selection
        self.cursor = cursor
        self.seen = seen
    }
}
