// One daemon per state directory: two would each think themselves the only one to act.

import Glibc
import WatchSystem

/// Holds `watchd.lock` with flock(2) as long as it lives; the kernel releases it when we die.
final class DirectoryLock: Sendable {
    private let descriptor: Int32

    init(directory: String) throws(StoreError) {
        let path = directory + "/watchd.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .directory(
                "\(SystemError("open \(path)")); watchd's user must be able to write there")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let bytes = (try? File.read(path, limit: 64)) ?? []
            close(descriptor)
            let holder = String(decoding: bytes, as: UTF8.self).filter { $0.isNumber }
            throw .locked(directory: directory, holder: holder.isEmpty ? "unknown" : holder)
        }
        let pid = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = pid.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
