// When a file was created: what tells it from another one that was given its inode.

import CProcess

public enum FileBirth {
    /// Of an open file, nanoseconds since 1970; nil: its file system does not say.
    public static func nanoseconds(of descriptor: Int32) -> Int64? {
        let born = watchd_born(descriptor)
        return born > 0 ? Int64(born) : nil
    }
}
