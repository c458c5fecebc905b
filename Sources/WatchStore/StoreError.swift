// Why the store cannot be used, as a sentence with its remedy.

public enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another daemon works on the same state directory.
    case locked(directory: String, holder: String)
    case directory(String)
    /// Written by a newer watchd.
    case newerFormat(found: Int, known: Int)
    /// Not a database, or damaged.
    case damaged(String)
    /// No room: nothing can be recorded.
    case full(String)
    case failed(String)

    public var description: String {
        switch self {
        case .locked(let directory, let holder):
            "another watchd (process \(holder)) uses the state directory \(directory); stop it, "
                + "or give this one a directory of its own with --state"
        case .directory(let why): why
        case .newerFormat(let found, let known):
            "the state was written by a newer watchd (format \(found), this one reads up to "
                + "\(known)); install that version again, or start with another --state directory"
        case .damaged(let why):
            "the state database cannot be read: \(why). It was left as it is; restore "
                + "watchd.db from a backup, or move it away to start with nothing known"
        case .full(let why): "no room to record anything: \(why)"
        case .failed(let why): why
        }
    }
}
