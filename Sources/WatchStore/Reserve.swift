// A file that takes up 1 MB for one purpose: on a full disk it is given up, so that the intent of
// a rollback and its pages can still be written.

import Glibc
import Synchronization

final class Reserve: Sendable {
    static let size = 1 << 20

    let directory: String
    private let path: String
    private let held = Mutex(false)

    init(directory: String) {
        self.directory = directory
        path = directory + "/reserve"
    }

    var isHeld: Bool { held.withLock { $0 } }

    /// Frees the space; false: there was none to free.
    func giveUp() -> Bool {
        held.withLock {
            $0 = false
            return unlink(path) == 0
        }
    }

    /// Takes the space (again) once there is plenty; true: it is held. Somebody who made room may
    /// have removed the file.
    func restore() -> Bool {
        held.withLock {
            $0 = isWhole || (hasRoom && allocate())
            return $0
        }
    }

    /// Bytes that we could still write on this disk; nil: cannot be told.
    static func freeBytes(_ directory: String) -> UInt64? {
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else { return nil }
        // No inode left: no new file can be made, whatever the space.
        if status.f_files > 0, status.f_favail == 0 { return 0 }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }

    /// Really allocated, unlike a file of holes (which a crash may leave).
    private var isWhole: Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        return status.st_size == Self.size && status.st_blocks * 512 >= Self.size
    }

    /// Less than any write needs.
    var hasNoSpace: Bool {
        (Self.freeBytes(directory) ?? .max) < 64 * 1024
    }

    /// Taking the last megabyte would make the next write fail and give it up again.
    private var hasRoom: Bool {
        (Self.freeBytes(directory) ?? 0) >= UInt64(3 * Self.size)
    }

    private func allocate() -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        if posix_fallocate(descriptor, 0, off_t(Self.size)) == 0 { return true }
        unlink(path)
        return false
    }
}
