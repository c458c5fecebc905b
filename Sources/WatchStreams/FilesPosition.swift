// How far each of the files that a pattern names was read.

public struct FilesPosition: Hashable, Sendable, Codable {
    public var pattern: String
    /// Under the names that they had.
    public var files: [FilePosition]
    /// Nanoseconds since 1970: what was written before, in whichever of the files, was seen.
    public var seen: Int64
    /// Of files that were read to their end and have lost their names, which may have another one
    /// of the pattern; the latest last. nil: none are known.
    public var others: [FilePosition]?

    public init(
        pattern: String, files: [FilePosition], seen: Int64, others: [FilePosition]? = nil
    ) {
        self.pattern = pattern
        self.files = files
        self.seen = seen
        self.others = others
    }
}
