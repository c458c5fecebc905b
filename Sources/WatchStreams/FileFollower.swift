// Follows a log through rotation. No thread and no clock of its own: each `poll` does what there
// is to do, so that every race of a rotation is an ordinary test.
//
// Rename: the old descriptor is read to its end, then the new file from 0; the old one is looked
// at a while longer, because its writer may not have noticed yet. Truncation (also copytruncate):
// from 0. Gone: wait for it.

import Glibc
public import WatchCore
import WatchSystem

public final class FileFollower {
    /// Where to begin in a file that was never followed.
    public enum Beginning: Sendable {
        case end, start
    }

    public enum State: Hashable, Sendable {
        case reading
        /// The sentence says what and what to do.
        case unreadable(String)
    }

    public struct Poll: Hashable, Sendable {
        public var state: State
        public var bytes: Int
        /// Lines over the bound, skipped.
        public var tooLong: Int
        /// The end was not reached: there is more to read at once.
        public var hasMore: Bool
    }

    /// A rotated file is looked at so long after it was left.
    static let lingers = Duration.seconds(5)
    private static let bufferSize = 256 * 1024
    /// Rotated files looked at, at once.
    private static let lingeringLimit = 8

    private struct Lingering {
        var file: LogFile
        var until: Instant
    }

    private let path: String
    private let beginning: Beginning
    private var resumeAt: FilePosition?
    private var file: LogFile?
    private var lingering: [Lingering] = []
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: bufferSize, alignment: 16)
    private var wasOpened = false

    public init(path: String, resumeAt: FilePosition?, beginning: Beginning = .end) {
        self.path = path
        self.resumeAt = resumeAt
        self.beginning = beginning
    }

    deinit { buffer.deallocate() }

    /// Up to where whole lines were delivered; nil before the file was first opened.
    public var position: FilePosition? { file?.position ?? resumeAt }

    /// Reads at most about `budget` bytes and calls `body` with each whole line.
    public func poll(
        now: Instant, budget: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) -> Poll {
        var poll = Poll(state: .reading, bytes: 0, tooLong: 0, hasMore: false)
        do {
            if file == nil { try open(now) }
            try readLingering(now, &poll, body)
            try readCurrent(budget, &poll, body)
            if !poll.hasMore { try followRename(now, budget, &poll, body) }
        } catch {
            if error.code == ESTALE { file = nil }
            poll.state = .unreadable(Self.sentence(error))
        }
        return poll
    }

    private static func sentence(_ error: SystemError) -> String {
        switch error.code {
        case ENOENT: "\(error); watchd waits for it to appear"
        case EACCES, EPERM:
            "\(error); let watchd's user read it (for nginx: put it into group adm)"
        case EINVAL: error.operation
        default: error.description
        }
    }

    // MARK: - Opening

    private func open(_ now: Instant) throws(SystemError) {
        let opened = try LogFile(path: path)
        defer {
            wasOpened = true
            resumeAt = nil
        }
        if let position = resumeAt {
            if opened.matches(position) {
                opened.seek(to: position.offset)
            } else if let rotated = rotatedFile(of: position) {
                rotated.seek(to: position.offset)
                lingering.append(Lingering(file: rotated, until: now + Self.lingers))
            }
        } else if !wasOpened, beginning == .end {
            opened.seek(to: Self.endOfLastLine(opened))
        }
        file = opened
    }

    /// The end of the file; a partial last line will be completed and belongs to us.
    private static func endOfLastLine(_ file: LogFile) -> Int64 { Swift.max(0, file.size) }

    /// The file of a position among its neighbours (`access.log.1`), by inode and head.
    private func rotatedFile(of position: FilePosition) -> LogFile? {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let directory = String(path[..<slash])
        let name = path[slash...].drop { $0 == "/" }
        for candidate in Directory.names(in: directory.isEmpty ? "/" : directory)
        where candidate.hasPrefix(name) && candidate != name {
            let path = "\(directory)/\(candidate)"
            var status = stat()
            guard stat(path, &status) == 0, UInt64(status.st_ino) == position.inode,
                let file = try? LogFile(path: path), file.matches(position)
            else { continue }
            return file
        }
        return nil
    }

    // MARK: - Reading

    private func readCurrent(
        _ budget: Int, _ poll: inout Poll, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SystemError) {
        guard let file else { return }
        _ = file.restartIfTruncated()
        poll.hasMore = try !read(file, budget, &poll, body)
    }

    /// Whether the end was reached.
    private func read(
        _ file: LogFile, _ budget: Int, _ poll: inout Poll,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SystemError) -> Bool {
        var left = budget
        while left > 0 {
            let count = try file.read(into: buffer)
            if count == 0 {
                poll.tooLong += file.splitter.takeTooLong()
                return true
            }
            poll.bytes += count
            left -= count
            file.splitter.split(UnsafeRawBufferPointer(rebasing: buffer[..<count]), body)
        }
        poll.tooLong += file.splitter.takeTooLong()
        return false
    }

    /// Rotated files are read on until they were quiet for a while.
    private func readLingering(
        _ now: Instant, _ poll: inout Poll, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SystemError) {
        for index in lingering.indices {
            let before = poll.bytes
            while try !read(lingering[index].file, Self.bufferSize, &poll, body) {}
            if poll.bytes > before { lingering[index].until = now + Self.lingers }
        }
        for done in lingering where done.until <= now { done.file.splitter.flush(body) }
        lingering.removeAll { $0.until <= now }
    }

    /// At the end of the current file: does its name mean another one by now?
    private func followRename(
        _ now: Instant, _ budget: Int, _ poll: inout Poll,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SystemError) {
        guard let current = file else { return }
        var status = stat()
        // Gone for the moment: the old one may still be written to.
        guard stat(path, &status) == 0, !current.isSame(as: status) else { return }
        let next = try LogFile(path: path)
        // Whatever came into the old one before the new one was opened.
        _ = try read(current, Int.max, &poll, body)
        if lingering.count == Self.lingeringLimit { lingering.removeFirst() }
        lingering.append(Lingering(file: current, until: now + Self.lingers))
        file = next
        poll.hasMore = try !read(next, budget, &poll, body)
    }
}
