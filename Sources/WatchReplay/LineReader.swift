// Lines out of bytes, without copying them: a line is a part of the buffer until the next one is
// asked for.

import Glibc
import WatchStreams

/// Confined to one thread.
final class LineReader {
    enum Line {
        /// Without its newline; valid until the next call.
        case line(UnsafeRawBufferPointer)
        /// Longer than the bound: skipped.
        case tooLong
        case end
    }

    private static let chunk = 512 * 1024

    let source: any ByteSource
    /// Lines handed out so far.
    private(set) var number = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: FileFollower.lineLimit + LineReader.chunk, alignment: 16)
    /// What was read and not yet handed out.
    private var start = 0
    private var end = 0
    /// Where the line that was handed out last begins.
    private var lastStart = 0
    private var isAtEnd = false
    private var isSkipping = false
    /// The end of the file was an error; what came before it was handed out.
    private(set) var problem: InputProblem?

    init(_ source: any ByteSource) { self.source = source }

    deinit { buffer.deallocate() }

    /// The next line. After a problem of the source, which `problem` then tells, the end.
    @inline(__always)
    func next() -> Line {
        if let base = buffer.baseAddress, let hit = memchr(base + start, 10, end - start) {
            let newline = UnsafeRawPointer(hit) - UnsafeRawPointer(base)
            if !isSkipping, newline - start <= FileFollower.lineLimit {
                let line = UnsafeRawBufferPointer(rebasing: buffer[start..<newline])
                lastStart = start
                start = newline + 1
                number += 1
                return .line(line)
            }
        }
        return slowNext()
    }

    /// Takes back the line that was handed out last; it comes again.
    func unread() {
        start = lastStart
        number -= 1
    }

    private func slowNext() -> Line {
        while true {
            guard let base = buffer.baseAddress else { return .end }
            if let hit = memchr(base + start, 10, end - start) {
                let newline = UnsafeRawPointer(hit) - UnsafeRawPointer(base)
                if isSkipping || newline - start > FileFollower.lineLimit {
                    isSkipping = false
                    start = newline + 1
                    number += 1
                    return .tooLong
                }
                return next()
            }
            if end - start > FileFollower.lineLimit {
                isSkipping = true
                start = end
            }
            if isAtEnd { return last() }
            refill(base)
        }
    }

    private func refill(_ base: UnsafeMutableRawPointer) {
        let rest = isSkipping ? 0 : end - start
        if rest > 0, start > 0 { memmove(base, base + start, rest) }
        start = 0
        end = rest
        do throws(InputProblem) {
            let count = try source.read(
                into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
            end += count
            if count == 0 { isAtEnd = true }
        } catch {
            problem = error
            isAtEnd = true
            // The line that was begun is not whole.
            end = start
        }
    }

    /// A last line without a newline is a line; records are also made by hand.
    private func last() -> Line {
        if isSkipping {
            isSkipping = false
            start = end
            number += 1
            return .tooLong
        }
        guard start < end else { return .end }
        let line = UnsafeRawBufferPointer(rebasing: buffer[start..<end])
        lastStart = start
        start = end
        number += 1
        return .line(line)
    }
}
