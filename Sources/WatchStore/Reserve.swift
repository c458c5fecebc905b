// A megabyte of disk kept for the worst moment: when the disk is full, it is given up so that the
// intent of a rollback can still be written.

import Glibc
import Synchronization

final class Reserve: Sendable {
    static let size: off_t = 1 << 20

    private let path: String
    private let isHeld = Mutex(false)

    init(directory: String) {
        path = directory + "/reserve"
        restore()
    }

    /// Whether there was something to give up.
    func release() -> Bool {
        isHeld.withLock { held in
            guard held else { return false }
            held = false
            return unlink(path) == 0
        }
    }

    /// Takes the room again, if there is some.
    func restore() {
        isHeld.withLock { held in
            guard !held else { return }
            let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return }
            held = posix_fallocate(descriptor, 0, Self.size) == 0
            close(descriptor)
            if !held { unlink(path) }
        }
    }
}
