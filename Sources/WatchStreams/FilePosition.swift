// How far a file was read, in a form that survives renames and restarts: inode or first bytes
// alone are both fooled, so a file is its device, its inode and a hash of its head.

/// Up to `offset` the file's whole lines are contained in batches that were handed over.
public struct FilePosition: Hashable, Sendable, Codable {
    public var path: String
    public var device: UInt64
    public var inode: UInt64
    /// FNV-1a (64 bits) over the first `headLength` bytes.
    public var headHash: UInt64
    public var headLength: Int
    /// Of what the file contains, uncompressed.
    public var offset: Int64
    /// When the file had been written last, as far as it was read, nanoseconds since 1970; nil: not
    /// known. A copy that is older has nothing more than was read.
    public var modified: Int64?
    /// When the file was created, nanoseconds since 1970; nil: its file system does not say.
    /// Another one may be given its inode, and begin with the same words.
    public var born: Int64?
    /// True: a copy of a log that is truncated, and not the log; nil: not known to be one.
    public var isCopy: Bool?
    /// Where it lies, if the path leads there through links; nil: it lies at the path.
    public var place: String?
    /// In files that the path led to before, and may lead to again: a release that is rolled back.
    public var left: [FilePosition]?

    public init(
        path: String, device: UInt64, inode: UInt64, headHash: UInt64, headLength: Int,
        offset: Int64, modified: Int64? = nil, isCopy: Bool? = nil
    ) {
        self.path = path
        self.device = device
        self.inode = inode
        self.headHash = headHash
        self.headLength = headLength
        self.offset = offset
        self.modified = modified
        self.isCopy = isCopy
    }
}
