// One open file of a log, the current one or one that was rotated away: where its next line
// begins, and the part of it that was read already.

import Glibc
import WatchCore

/// Owned by one follower in one thread; the descriptor is closed with it.
final class LogFile {
    struct Identity: Hashable {
        var device: UInt64
        var inode: UInt64

        init(_ status: stat) {
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
        }

        init(_ position: FilePosition) {
            device = position.device
            inode = position.inode
        }
    }

    enum Step {
        /// So many bytes were read; there may be more.
        case read(Int)
        case end
        /// It became shorter, or begins otherwise: it is read from its start again.
        case restarted
        case failed(Int32)
    }

    let descriptor: Int32
    let identity: Identity
    private(set) var head = FileHead()
    /// Where the first line begins that was not handed over.
    private(set) var lineStart: Int64
    /// When it last grew, or was opened.
    var lastGrowth: Instant
    private var readOffset: Int64
    private var carry: [UInt8] = []
    /// In the midst of a line that is too long.
    private var isSkipping = false
    private var modified = timespec()

    init(descriptor: Int32, identity: Identity, offset: Int64, now: Instant) {
        self.descriptor = descriptor
        self.identity = identity
        lineStart = offset
        readOffset = offset
        lastGrowth = now
        if case .same(let head) = head.check(descriptor) { self.head = head }
    }

    deinit { close(descriptor) }

    /// Opens what `path` names if it is a regular file; never waits (a FIFO would make open(2)
    /// wait, a device could do anything).
    static func open(
        _ path: String, now: Instant
    ) -> Result<LogFile, FollowProblem> {
        var status = stat()
        guard stat(path, &status) == 0 else { return .failure(FollowProblem(code: errno)) }
        if let problem = FollowProblem(mode: status.st_mode) { return .failure(problem) }
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return .failure(FollowProblem(code: errno)) }
        guard fstat(descriptor, &status) == 0 else {
            let problem = FollowProblem(code: errno)
            close(descriptor)
            return .failure(problem)
        }
        if let problem = FollowProblem(mode: status.st_mode) {
            close(descriptor)
            return .failure(problem)
        }
        return .success(
            LogFile(
                descriptor: descriptor, identity: Identity(status), offset: 0, now: now))
    }

    /// Whether this is the file that `position` speaks of, and still has what was read of it.
    func matches(_ position: FilePosition) -> Bool {
        guard identity == Identity(position), position.headLength <= FileHead.limit else {
            return false
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, Int64(status.st_size) >= position.offset else {
            return false
        }
        let head = FileHead(hash: position.headHash, length: position.headLength)
        if case .same = head.check(descriptor) { return true }
        return false
    }

    func seek(to offset: Int64) {
        lineStart = offset
        readOffset = offset
    }

    /// Goes to the last line that is not finished yet, or to the end.
    func seekToLastLine(bound: Int) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return }
        let size = Int64(status.st_size)
        var tail = [UInt8](repeating: 0, count: Int(Swift.min(Int64(bound), size)))
        let count = pread(descriptor, &tail, tail.count, off_t(size) - tail.count)
        guard count > 0 else { return seek(to: size) }
        let begin = size - Int64(tail.count)
        if let newline = tail[..<count].lastIndex(of: 10) {
            seek(to: begin + Int64(newline) + 1)
        } else if begin == 0 {
            seek(to: 0)
        } else {
            seek(to: size)
            isSkipping = true
        }
    }

    /// Reads one chunk into `buffer` and hands on the lines that end in it.
    func step(
        _ buffer: UnsafeMutableRawBufferPointer, into consumer: inout some LineConsumer
    ) -> Step {
        let held = carry.count
        carry.withUnsafeBytes { buffer.copyMemory(from: $0) }
        let count = pread(
            descriptor, buffer.baseAddress?.advanced(by: held), buffer.count - held,
            off_t(readOffset))
        if count < 0 { return errno == EINTR ? .read(0) : .failed(errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .failed(errno) }
        if Int64(status.st_size) < readOffset { return restart(&consumer) }
        let isTouched =
            status.st_mtim.tv_sec != modified.tv_sec
            || status.st_mtim.tv_nsec != modified.tv_nsec
        // Looked at after reading: what was read behind a truncation belongs to no line.
        if count > 0 || isTouched {
            switch head.check(descriptor) {
            case .same(let grown): head = grown
            case .changed: return restart(&consumer)
            case .failed(let code): return .failed(code)
            }
            modified = status.st_mtim
        }
        guard count > 0 else { return .end }
        readOffset += Int64(count)
        split(UnsafeRawBufferPointer(rebasing: buffer[..<(held + count)]), into: &consumer)
        return .read(count)
    }

    /// Counts the line that was begun, when nobody will finish it.
    func abandon(_ consumer: inout some LineConsumer) {
        if !carry.isEmpty { consumer.lostUnfinishedLine() }
        carry = []
    }

    private func restart(_ consumer: inout some LineConsumer) -> Step {
        abandon(&consumer)
        consumer.beganFile()
        seek(to: 0)
        isSkipping = false
        head = FileHead()
        modified = timespec()
        return .restarted
    }

    private func split(
        _ bytes: UnsafeRawBufferPointer, into consumer: inout some LineConsumer
    ) {
        guard let base = bytes.baseAddress else { return }
        var at = 0
        while let hit = memchr(base + at, 10, bytes.count - at) {
            let end = UnsafeRawPointer(hit) - base
            if isSkipping {
                isSkipping = false
            } else if end - at > FileFollower.lineLimit {
                consumer.skippedLongLine()
            } else {
                consumer.consume(UnsafeRawBufferPointer(rebasing: bytes[at..<end]))
            }
            at = end + 1
        }
        let rest = bytes.count - at
        if at > 0 { lineStart = readOffset - Int64(rest) }
        carry.removeAll(keepingCapacity: true)
        guard !isSkipping else { return }
        if rest > FileFollower.lineLimit {
            isSkipping = true
            consumer.skippedLongLine()
        } else {
            carry.append(contentsOf: bytes[at...])
        }
    }
}
