// The file in the file system that is the socket: claimed so that two daemons can never share
// it, left over by a crash and taken over, and gone when the daemon stops.

import Glibc
import WatchSystem

/// A path that this process alone may bind to, from `claim` to `release`.
struct SocketFile: Sendable {
    let path: String
    /// Holds flock(2) on `path.lock`; the kernel lets go of it however the process ends. The file
    /// stays, because removing it would let two processes lock two files of one name.
    private let lock: Int32

    /// `sun_path` has 108 bytes, the last of them NUL (unix(7)).
    static let longestPath = 107

    /// Makes sure that nobody listens and nothing is in the way; removes what a crash left.
    static func claim(_ path: String) throws(ControlError) -> SocketFile {
        guard path.utf8.count <= longestPath else {
            throw .pathTooLong(path, bytes: path.utf8.count)
        }
        try checkDirectory(of: path)
        let lock = try takeLock(path)
        do {
            try removeStale(path)
        } catch {
            close(lock)
            throw error
        }
        return SocketFile(path: path, lock: lock)
    }

    /// Only the owner and the group may connect. Returns a warning when the group could not be
    /// given to it.
    func protect(group: UInt32?, named name: String) throws(ControlError) -> String? {
        guard chmod(path, 0o660) == 0 else {
            throw .system(SystemError("chmod \(path)"), remedy: "check the directory's mode")
        }
        guard let group else {
            return "there is no group \(name) on this host, so only root and watchd's own user "
                + "can connect to \(path); create it with: groupadd --system \(name)"
        }
        // Under Group= it is that group's already, and the unit's system call filter refuses chown.
        var status = stat()
        if stat(path, &status) == 0, status.st_gid == group { return nil }
        // -1: the owner stays (chown(2)).
        guard chown(path, uid_t.max, group) == 0 else {
            return "\(SystemError("chown :\(name) \(path)")); members of \(name) cannot connect; "
                + "run watchd with Group=\(name) or SupplementaryGroups=\(name)"
        }
        return nil
    }

    /// Which file is there now; so that only our own is removed at the end.
    func identity() -> FileIdentity? { FileIdentity(path) }

    func release(removing own: FileIdentity?) {
        if let own, FileIdentity(path) == own { unlink(path) }
        close(lock)
    }

    // MARK: - Claiming

    private static func checkDirectory(of path: String) throws(ControlError) {
        let directory = directory(of: path)
        var info = stat()
        guard stat(directory, &info) == 0 else {
            throw .noDirectory(directory, SystemError("stat \(directory)"))
        }
        guard info.st_mode & S_IFMT == S_IFDIR else {
            throw .noDirectory(directory, SystemError("stat \(directory)", code: ENOTDIR))
        }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func takeLock(_ path: String) throws(ControlError) -> Int32 {
        let name = path + ".lock"
        let descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw .system(
                SystemError("open \(name)"),
                remedy: "check that watchd's user may write in \(directory(of: path))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = SystemError("lock \(name)")
            close(descriptor)
            if error.code == EWOULDBLOCK { throw .anotherIsListening(path) }
            throw .system(error, remedy: "check the file system of \(directory(of: path))")
        }
        return descriptor
    }

    private static func removeStale(_ path: String) throws(ControlError) {
        var info = stat()
        guard lstat(path, &info) == 0 else { return }
        guard info.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
        guard !(try answers(path)) else { throw .anotherIsListening(path) }
        guard unlink(path) == 0 || errno == ENOENT else {
            throw .system(
                SystemError("remove \(path)"),
                remedy: "it was left by a watchd that crashed; remove it by hand")
        }
    }

    /// Whether somebody listens there. Only a refused connection says no: any other failure may
    /// hide a living daemon.
    private static func answers(_ path: String) throws(ControlError) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | 0o4000, 0)
        guard descriptor >= 0 else {
            throw .system(SystemError("socket"), remedy: "raise the limit of open files")
        }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if result == 0 { return true }
        switch errno {
        case ECONNREFUSED, ENOENT: return false
        // Its backlog is full: it lives.
        case EAGAIN: return true
        default:
            throw .system(
                SystemError("connect \(path)"),
                remedy: "cannot tell whether another watchd listens there; remove the file if not")
        }
    }
}

/// A file, however often it is renamed.
struct FileIdentity: Hashable, Sendable {
    private let device: UInt
    private let inode: UInt

    init?(_ path: String) {
        var info = stat()
        guard lstat(path, &info) == 0 else { return nil }
        device = info.st_dev
        inode = info.st_ino
    }
}
