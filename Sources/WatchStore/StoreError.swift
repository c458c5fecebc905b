// What can go wrong with the state on disk, each as a sentence with its remedy.

import Glibc

public enum StoreError: Error, Hashable, Sendable {
    /// A file or directory cannot be used; `code` is the error number of errno(3).
    case file(operation: String, path: String, code: Int32)
    case notADirectory(String)
    /// Another watchd holds the lock; the pid is nil when it cannot be told.
    case inUse(directory: String, pid: Int32?)
    /// Written by a newer watchd; nothing was touched.
    case newerFormat(file: String, found: Int, supported: Int)
    /// Not a database, not one of ours, or damaged; nothing was touched.
    case damaged(file: String, detail: String)
    /// One document does not decode. The rest may be fine, but state is never dropped silently.
    case undecodable(document: String, file: String, detail: String)
    /// A value that has no form in JSON; a fault of watchd's.
    case unencodable(document: String, detail: String)
    /// The disk is full, the reserve included.
    case full(file: String)
    /// Another program held a lock on the database for longer than we wait.
    case busy(file: String)
    /// SQLite says no; `code` is its extended result code (sqlite.org/rescode.html).
    case database(file: String, code: Int32, detail: String)
    /// An outcome was reported for a message that was never queued; a fault of watchd's.
    case unknownDelivery(String)
    case checkpointTooLarge(bytes: Int, limit: Int)
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .file(let operation, let path, let code):
            "cannot \(operation) \(path): \(String(cString: strerror(code))); "
                + Self.remedy(path, code)
        case .notADirectory(let path):
            "the state directory \(path) is not a directory; move that file away, or choose "
                + "another state directory"
        case .inUse(let directory, let pid):
            "the state directory \(directory) is in use by another watchd"
                + (pid.map { " (pid \($0))" } ?? "") + "; stop that one first "
                + "(systemctl stop watchd), or give this one a state directory of its own"
        case .newerFormat(let file, let found, let supported):
            "\(file) was written by a newer watchd (format \(found), this one reads up to "
                + "\(supported)): install that version again, or restore the copy of the state "
                + "directory made before the upgrade"
        case .damaged(let file, let detail):
            "\(file) cannot be read (\(detail)); it was left as it is. Restore it from a backup, "
                + "or move it away (mv \(file) \(file).bad) and start: watchd is then disarmed "
                + "and knows no release as good"
        case .undecodable(let document, let file, let detail):
            "the document '\(document)' in \(file) cannot be read (\(detail)); install the "
                + "version that wrote it, or restore the file from a backup"
        case .unencodable(let document, let detail):
            "the document '\(document)' cannot be written (\(detail)); this is a fault in "
                + "watchd, please report it"
        case .full(let file):
            "no space left for \(file), the reserve included; free some space on its disk"
        case .busy(let file):
            "another program holds \(file) locked; close it (fuser \(file) names it)"
        case .database(let file, let code, let detail):
            "\(file): \(detail) (SQLite error \(code)); look at the disk (dmesg) and at who "
                + "else uses the file"
        case .unknownDelivery(let id):
            "the message '\(id)' is not in the outbox; this is a fault in watchd, please report it"
        case .checkpointTooLarge(let bytes, let limit):
            "a checkpoint of \(bytes) bytes is over the limit of \(limit); it was not written, "
                + "and windows begin empty after a restart"
        }
    }

    private static func remedy(_ path: String, _ code: Int32) -> String {
        switch code {
        case ENOENT:
            "create the directory above it, or check that its disk is mounted"
        case EACCES, EPERM, EROFS:
            "watchd's user must be able to write there (StateDirectory=watchd in the unit)"
        case ENOSPC, EDQUOT: "free some space on its disk"
        case EMFILE, ENFILE: "raise LimitNOFILE= in the unit"
        default: "check the path and the disk"
        }
    }
}
