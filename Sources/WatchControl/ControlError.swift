// Why the socket could not be opened, for the log and for the person who reads it.

public import WatchSystem

public enum ControlError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kernel takes 107 bytes (unix(7)).
    case pathTooLong(String, bytes: Int)
    case noDirectory(String, SystemError)
    /// Somebody answers at that path, or holds its lock.
    case anotherIsListening(String)
    case notASocket(String)
    case system(SystemError, remedy: String)

    public var description: String {
        switch self {
        case .pathTooLong(let path, let bytes):
            "the socket's path \(path) has \(bytes) bytes, and the kernel takes "
                + "\(SocketFile.longestPath); choose a shorter one"
        case .noDirectory(let directory, let error):
            "the socket's directory \(directory) cannot be used (\(error)); create it, or set "
                + "RuntimeDirectory=watchd in the unit"
        case .anotherIsListening(let path):
            "another watchd is listening on \(path); stop it first (systemctl stop watchd), or "
                + "give this one another socket"
        case .notASocket(let path):
            "\(path) exists and is no socket; move it away, or choose another path"
        case .system(let error, let remedy): "\(error); \(remedy)"
        }
    }
}
