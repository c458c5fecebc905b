// One open file of a log, the current one or one that was rotated away: where its next line
// begins, and the part of it that was read already.

import Glibc
import WatchCore
import WatchSystem

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
        /// It became shorter, or begins otherwise: see `restart`.
        case truncated
        case failed(Int32)
    }

    let descriptor: Int32
    let identity: Identity
    private(set) var head = FileHead()
    /// What is in it is compressed; nil: as it is.
    private var packed: PackedLog?
    /// A copy of a log: nobody writes into it, but the next copy may be written over it.
    var isCopy = false
    /// See `FilePosition`.
    var place: String?
    /// Where the first line begins that was not handed over.
    private(set) var lineStart: Int64
    /// When it last grew, or was opened.
    var lastGrowth: Instant
    private var readOffset: Int64
    private var carry: [UInt8] = []
    /// In the midst of a line that is too long.
    private var isSkipping = false
    private var modified = timespec()
    /// When it was written last, when it was opened.
    private let opened: timespec
    /// When it was created, nanoseconds since 1970; nil: its file system does not say.
    private let born: Int64?

    private init(descriptor: Int32, status: stat, packed: PackedLog?, now: Instant) {
        self.descriptor = descriptor
        identity = Identity(status)
        opened = status.st_mtim
        born = FileBirth.nanoseconds(of: descriptor)
        lineStart = 0
        readOffset = 0
        lastGrowth = now
        self.packed = packed
        if let packed {
            head = FileHead(of: packed.head)
        } else if case .same(let head) = head.check(descriptor) {
            self.head = head
        }
    }

    deinit { close(descriptor) }

    /// Opens what `path` names if it is a regular file; never waits (a FIFO would make open(2)
    /// wait, a device could do anything).
    static func open(
        _ path: String, packing: RotatedFiles.Packing = .none, now: Instant
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
        let packed = packing == .none ? nil : PackedLog(descriptor)
        if packing != .none, packed == nil {
            close(descriptor)
            return .failure(FollowProblem(.notPacked))
        }
        return .success(
            LogFile(descriptor: descriptor, status: status, packed: packed, now: now))
    }

    /// Whether this is the file that `position` speaks of, and still has what was read of it.
    func matches(_ position: FilePosition) -> Bool {
        isFile(of: position) && holds(position)
    }

    /// Not another one that was given its inode, as far as that can be told.
    func isFile(of position: FilePosition) -> Bool {
        guard identity == Identity(position) else { return false }
        guard let born, let known = position.born else { return true }
        return born == known
    }

    /// Whether it has what was read when `position` was taken, be it that file or a copy of it.
    func holds(_ position: FilePosition) -> Bool {
        guard position.headLength <= FileHead.limit else { return false }
        let head = FileHead(position)
        if let packed { return FileHead(of: packed.head.prefix(head.length)) == head }
        var status = stat()
        guard fstat(descriptor, &status) == 0, Int64(status.st_size) >= position.offset else {
            return false
        }
        if case .same = head.check(descriptor) { return true }
        return false
    }

    /// Whether `live` still begins with all that is in it: a copy of a log that was not truncated
    /// yet, or is being made.
    func isCopy(of live: LogFile) -> Bool {
        var status = stat()
        guard packed == nil, identity != live.identity, fstat(descriptor, &status) == 0 else {
            return false
        }
        let size = off_t(status.st_size)
        return Self.isSame(descriptor, live.descriptor, 0, Swift.min(size, off_t(FileHead.limit)))
            && Self.isSame(
                descriptor, live.descriptor, Swift.max(0, size - off_t(FileHead.limit)), size)
    }

    private static func isSame(
        _ one: Int32, _ other: Int32, _ start: off_t, _ end: off_t
    ) -> Bool {
        let count = Int(end - start)
        var (left, right) = (
            [UInt8](repeating: 0, count: count), [UInt8](repeating: 0, count: count)
        )
        return pread(one, &left, count, start) == count
            && pread(other, &right, count, start) == count && left == right
    }

    /// Whether it was written after `position` was taken, as far as that can be told: what was not
    /// has nothing more than was read then. Some file systems keep whole seconds.
    func isYounger(than position: FilePosition) -> Bool { position.isBefore(opened) }

    func position(_ path: String) -> FilePosition {
        var position = FilePosition(
            path: path, device: identity.device, inode: identity.inode, headHash: head.hash,
            headLength: head.length, offset: lineStart,
            modified: modified.tv_sec == 0 ? opened.nanoseconds : modified.nanoseconds,
            isCopy: isCopy ? true : nil)
        position.place = place
        position.born = born
        return position
    }

    /// It lies where it was found: the path has led elsewhere since, and may come back.
    var isInPlace: Bool {
        guard let place, head.length > 0 else { return false }
        var status = stat()
        return stat(place, &status) == 0 && Identity(status) == identity
    }

    func seek(to offset: Int64) {
        lineStart = offset
        readOffset = offset
        packed?.skip(to: offset)
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

    /// Bytes that are unpacked at once: they cannot be gone back to.
    private static let unpackedChunk = 64 * 1024

    /// Reads one chunk into `buffer` and hands on the lines that end in it, or as many of them as
    /// the consumer takes.
    /// - Parameter fed: the file that handed on lines last.
    func step(
        _ buffer: UnsafeMutableRawBufferPointer, into consumer: inout some LineConsumer,
        after fed: inout Identity?
    ) -> Step {
        let held = carry.count
        carry.withUnsafeBytes { buffer.copyMemory(from: $0) }
        if let packed { return unpack(packed, buffer, held, into: &consumer, after: &fed) }
        let count = pread(
            descriptor, buffer.baseAddress?.advanced(by: held), buffer.count - held,
            off_t(readOffset))
        if count < 0 { return errno == EINTR ? .read(0) : .failed(errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .failed(errno) }
        if Int64(status.st_size) < readOffset { return .truncated }
        let isTouched =
            status.st_mtim.tv_sec != modified.tv_sec
            || status.st_mtim.tv_nsec != modified.tv_nsec
        // Looked at after reading: what was read behind a truncation belongs to no line.
        if count > 0 || isTouched {
            switch head.check(descriptor) {
            case .same(let grown): head = grown
            case .changed: return .truncated
            case .failed(let code): return .failed(code)
            }
            modified = status.st_mtim
        }
        guard count > 0 else { return .end }
        readOffset += Int64(count)
        split(
            UnsafeRawBufferPointer(rebasing: buffer[..<(held + count)]), into: &consumer,
            after: &fed)
        return .read(count)
    }

    var hasUnfinishedLine: Bool { !carry.isEmpty }

    /// Counts the line that was begun, when nobody will finish it.
    func abandon(_ consumer: inout some LineConsumer) {
        if !carry.isEmpty { consumer.lostUnfinishedLine() }
        carry = []
    }

    /// What tells whether it is still the same file written on; nothing of it was read yet.
    struct Mark: Hashable {
        var head: FileHead
        var written: Int64
    }

    /// Takes its head as it is now.
    func mark() -> Mark {
        guard packed == nil else { return Mark(head: head, written: 0) }
        var status = stat()
        fstat(descriptor, &status)
        head = FileHead()
        if case .same(let head) = head.check(descriptor) { self.head = head }
        return Mark(head: head, written: head.length > 0 ? 0 : status.st_mtim.nanoseconds)
    }

    /// It was empty when its head was taken, and is not any more.
    var beginsNow: Bool {
        var status = stat()
        return head.length == 0 && packed == nil && fstat(descriptor, &status) == 0
            && status.st_size > 0
    }

    /// It has no name any more: it was removed, perhaps once it had been compressed.
    var isUnlinked: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_nlink == 0
    }

    /// Nothing of it was read.
    var isUntouched: Bool { readOffset == 0 && packed == nil }

    /// Also where it cannot be looked at: reading it tells why.
    var hasContent: Bool {
        var status = stat()
        return fstat(descriptor, &status) != 0 || status.st_size > 0
    }

    /// Its lines are complete: nobody writes into it any more.
    var isFinal: Bool { isCopy || packed != nil }

    /// It was truncated: reads it from its start again. What was begun is lost, or in a copy.
    func restart() {
        carry = []
        seek(to: 0)
        isSkipping = false
        _ = mark()
        modified = timespec()
    }

    private func unpack(
        _ packed: PackedLog, _ buffer: UnsafeMutableRawBufferPointer, _ held: Int,
        into consumer: inout some LineConsumer, after fed: inout Identity?
    ) -> Step {
        let end = Swift.min(buffer.count, held + Self.unpackedChunk)
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[held..<end])
        switch packed.read(into: room) {
        case .skipped(let count): return .read(count)
        case .read(let count):
            readOffset += Int64(count)
            split(
                UnsafeRawBufferPointer(rebasing: buffer[..<(held + count)]), into: &consumer,
                after: &fed)
            return .read(count)
        case .end: return .end
        case .damaged:
            // Nobody knows how many lines there were.
            consumer.gaveUpFile()
            return .end
        case .failed(let code): return .failed(code)
        }
    }

    private func split(
        _ bytes: UnsafeRawBufferPointer, into consumer: inout some LineConsumer,
        after fed: inout Identity?
    ) {
        guard let base = bytes.baseAddress else { return }
        if fed != identity {
            // A record does not go on in another file.
            consumer.beganFile()
            fed = identity
        }
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
            if consumer.isFull, packed == nil {
                // The rest is read again when there is room.
                readOffset -= Int64(bytes.count - at)
                lineStart = readOffset
                carry.removeAll(keepingCapacity: true)
                return
            }
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

extension timespec {
    /// Since 1970.
    var nanoseconds: Int64 { Int64(tv_sec) &* 1_000_000_000 &+ Int64(tv_nsec) }
}

extension FilePosition {
    /// Whether what was written last at `time` may have been written after it was taken. Some file
    /// systems keep whole seconds.
    func isBefore(_ time: timespec) -> Bool {
        modified.map { time.nanoseconds >= $0 - 1_000_000_000 } ?? true
    }
}
