// The state directory, held by one daemon at a time. The lock is the kernel's (flock(2)), so it
// goes away with its holder however that ends; the file's content only names him.

import Glibc
import Synchronization

/// Holds the lock from its making until `release` or its end.
final class StateDirectory: Sendable {
    let path: String
    private let descriptor: Mutex<Int32?>

    /// Creates the directory (0700) when it is missing; never the ones above it, whose absence
    /// rather means a misspelt path or a disk that is not mounted.
    init(_ path: String) throws(StoreError) {
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            throw .file(operation: "create", path: path, code: errno)
        }
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw .file(operation: "look at", path: path, code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .notADirectory(path) }
        self.path = path
        descriptor = Mutex(try Self.lock(path))
    }

    deinit { release() }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func release() {
        descriptor.withLock {
            if let open = $0 { close(open) }
            $0 = nil
        }
    }

    /// A program that is just being started holds a copy of its parent's descriptors until it
    /// executes, so a lock that was given up may be held for a moment longer.
    private static func lock(_ descriptor: Int32) -> Bool {
        for _ in 0..<20 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK || errno == EINTR else { return false }
            poll(nil, 0, 25)
        }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    private static func lock(_ directory: String) throws(StoreError) -> Int32 {
        let path = directory + "/watchd.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(operation: "open", path: path, code: errno) }
        guard lock(descriptor) else {
            let code = errno
            defer { close(descriptor) }
            guard code == EWOULDBLOCK else {
                throw .file(operation: "lock", path: path, code: code)
            }
            throw .inUse(directory: directory, pid: holder(descriptor))
        }
        // For people only, so a full disk does not matter here.
        let text = Array("\(getpid())\n".utf8)
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
        return descriptor
    }

    private static func holder(_ descriptor: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes[..<count].prefix { $0 != 10 }, as: UTF8.self))
    }
}
