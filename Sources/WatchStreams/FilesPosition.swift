// How far each of the files that a pattern names was read.

public struct FilesPosition: Hashable, Sendable, Codable {
    public var pattern: String
    public var files: [FilePosition]
    /// Nanoseconds since 1970: what was written before, in whichever of the files, was seen.
    public var seen: Int64

    public init(pattern: String, files: [FilePosition], seen: Int64) {
        self.pattern = pattern
        self.files = files
        self.seen = seen
    }
}
