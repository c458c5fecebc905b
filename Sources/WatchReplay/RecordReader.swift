// Records out of lines: where a stream joins lines, as many of them as belong together.

import WatchStreams

/// Confined to one thread.
final class RecordReader {
    enum Record {
        /// Valid until the next call; the first line is `head` bytes long.
        case record(UnsafeRawBufferPointer, head: Int)
        /// A line longer than the bound: skipped.
        case tooLong
        case end
    }

    let lines: LineReader
    /// Number of the record's first line.
    private(set) var number = 0
    private let joiner: LineJoiner?
    private var isTakenBack = false
    private var isTooLongNext = false

    init(_ source: any ByteSource, _ joiner: LineJoiner?) {
        lines = LineReader(source)
        self.joiner = joiner
    }

    @inline(__always)
    func next() -> Record {
        if let joiner { return next(joiner) }
        switch lines.next() {
        case .line(let line):
            number = lines.number
            return .record(line, head: line.count)
        case .tooLong:
            number = lines.number
            return .tooLong
        case .end: return .end
        }
    }

    /// Takes back the record that was handed out last; it comes again.
    func unread() {
        if joiner == nil {
            lines.unread()
        } else {
            isTakenBack = true
        }
    }

    private func next(_ joiner: LineJoiner) -> Record {
        if !isTakenBack { gather(joiner) }
        isTakenBack = false
        if !joiner.isEmpty { return .record(joiner.record, head: joiner.head) }
        guard isTooLongNext else { return .end }
        isTooLongNext = false
        number = lines.number
        return .tooLong
    }

    private func gather(_ joiner: LineJoiner) {
        joiner.clear()
        while !isTooLongNext {
            switch lines.next() {
            case .line(let line):
                if joiner.isEmpty {
                    number = lines.number
                    // It is asked for what it begins.
                    _ = joiner.joins(line)
                } else if !joiner.joins(line) {
                    return lines.unread()
                }
                joiner.add(line)
            case .tooLong: isTooLongNext = true
            case .end: return
            }
        }
    }
}
