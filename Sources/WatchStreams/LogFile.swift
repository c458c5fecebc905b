// One open log file: what identifies it, how far it was read, and whether it is still what it was.

import Glibc
import WatchSystem

final class LogFile {
    /// The head by which a file is known.
    static let headLimit = 1024

    let path: String
    let device: UInt64
    let inode: UInt64
    private let descriptor: Int32
    private(set) var headHash: UInt64
    private(set) var headLength: Int
    /// Bytes read so far.
    private(set) var offset: Int64 = 0
    var splitter = LineSplitter()

    /// - Throws: `SystemError`, also for what is no regular file (`EINVAL`).
    init(path: String) throws(SystemError) {
        // A FIFO would block without O_NONBLOCK; it is refused below.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SystemError("open \(path)") }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let error = SystemError("stat \(path)")
            close(descriptor)
            throw error
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw SystemError("\(path) is no regular file, so it cannot be followed", code: EINVAL)
        }
        self.path = path
        self.descriptor = descriptor
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        headHash = 0
        headLength = 0
        (headHash, headLength) = Self.head(descriptor, limit: Self.headLimit)
    }

    deinit { close(descriptor) }

    /// How far whole lines were read: where the partial last line begins.
    var position: FilePosition {
        FilePosition(
            path: path, device: device, inode: inode, headHash: headHash, headLength: headLength,
            offset: offset - Int64(splitter.held))
    }

    var size: Int64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : -1
    }

    func isSame(as status: stat) -> Bool {
        UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
    }

    /// Is this the file of that position, and long enough?
    func matches(_ position: FilePosition) -> Bool {
        guard device == position.device, inode == position.inode, size >= position.offset else {
            return false
        }
        let (hash, length) = Self.head(descriptor, limit: position.headLength)
        return length == position.headLength && hash == position.headHash
    }

    func seek(to offset: Int64) {
        self.offset = offset
        splitter.reset()
    }

    /// Begins again at 0 when the file was truncated, or truncated and written anew beyond where
    /// we were (its head is another). True when it did.
    func restartIfTruncated() -> Bool {
        let isShort = size < offset
        if !isShort {
            let (hash, length) = Self.head(descriptor, limit: headLength)
            if length == headLength, hash == headHash {
                growHead()
                return false
            }
        }
        seek(to: 0)
        (headHash, headLength) = Self.head(descriptor, limit: Self.headLimit)
        return true
    }

    private func growHead() {
        guard headLength < Self.headLimit else { return }
        (headHash, headLength) = Self.head(descriptor, limit: Self.headLimit)
    }

    /// Reads on; returns the number of bytes, 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count >= 0 {
                offset += Int64(count)
                return count
            }
            if errno != EINTR { throw SystemError("read \(path)") }
        }
    }

    /// FNV-1a (64 bits) over the first bytes.
    private static func head(_ descriptor: Int32, limit: Int) -> (UInt64, Int) {
        var bytes = [UInt8](repeating: 0, count: Swift.max(1, limit))
        let count = limit == 0 ? 0 : Swift.max(0, pread(descriptor, &bytes, limit, 0))
        let hash = bytes[..<count].reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        return (hash, count)
    }
}
