// Copies of followed logs among the files that a pattern names (logrotate's `copytruncate`): their
// lines were read where they were written, and must not count twice.

import Glibc
import WatchCore

/// A file that begins with all that was read of a followed one, while that still has it or was
/// truncated since, is its copy. Nobody writes into a copy: one that is written into later is a log
/// of its own, and followed from there.
struct LogCopies {
    enum Judgement {
        case copy
        /// It was taken for a copy, and is a log: what is new begins at this position.
        case written(FilePosition)
        case other
    }

    private struct Copy {
        var identity: LogFile.Identity
        var size: Int64
        /// The log was truncated since, so the copy is complete.
        var isComplete: Bool
        /// It has less than was read of the log, and may be in the making.
        var isPartial = false
    }

    /// What is smaller is copied at once.
    private static let partial: Int64 = 64 * 1024

    private var copies: [String: Copy] = [:]

    /// Forgets those that are gone.
    mutating func keep(_ paths: [String]) {
        guard !copies.isEmpty else { return }
        copies = copies.filter { paths.contains($0.key) }
    }

    /// - Parameter marks: of followed logs: where they are, or were before they were truncated.
    mutating func judge(
        _ path: String, _ marks: [FilePosition], now: Instant
    ) -> Judgement {
        var status = stat()
        guard stat(path, &status) == 0 else { return .other }
        let identity = LogFile.Identity(status)
        let size = Int64(status.st_size)
        let known = copies[path].flatMap { $0.identity == identity ? $0 : nil }
        if let known, known.size == size {
            guard known.isPartial else { return .copy }
            // Nobody goes on copying: it is a log that begins as another.
            copies[path] = nil
            return .other
        }
        guard case .success(let file) = LogFile.open(path, now: now) else { return .other }
        if let known, known.isComplete {
            copies[path] = nil
            file.seek(to: known.size)
            return .written(file.position(path))
        }
        var (isComplete, isPartial) = (false, false)
        let isCopy = marks.contains { mark in
            guard mark.path != path else { return false }
            guard case .success(let log) = LogFile.open(mark.path, now: now) else { return false }
            if log.matches(mark) {
                isPartial = size < mark.offset
                return size >= Swift.min(mark.offset, Self.partial) && file.isCopy(of: log)
            }
            isPartial = false
            isComplete = LogFile.Identity(mark) == log.identity && file.holds(mark)
            return isComplete
        }
        if isCopy {
            copies[path] = Copy(
                identity: identity, size: size, isComplete: isComplete, isPartial: isPartial)
            return .copy
        }
        copies[path] = nil
        guard let known, !known.isPartial else { return .other }
        file.seek(to: known.size)
        return .written(file.position(path))
    }
}
