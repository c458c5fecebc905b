// What the program prints: all of it is read, so that the program never blocks, and of that the
// first and the last half of the limit are kept.

import Glibc

struct Output {
    private var file: Int32 = -1
    private let headLimit: Int
    private let tailLimit: Int
    private var headLength = 0
    /// At most twice its limit, so that cutting it is rare.
    private var tail: [UInt8] = []
    /// Printed in all.
    private(set) var total = 0
    /// Printed and not kept, known after `finish`.
    private(set) var dropped = 0

    init(limit: Int) {
        headLimit = limit / 2
        tailLimit = limit - limit / 2
    }

    /// The head is written to `path` as it comes, for whoever looks while the step runs.
    mutating func open(_ path: String) {
        file = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    }

    mutating func add(_ bytes: ArraySlice<UInt8>) {
        total += bytes.count
        let head = bytes.prefix(headLimit - headLength)
        if !head.isEmpty {
            if !writeAll(file, Array(head)) { dropped += head.count }
            headLength += head.count
        }
        tail += bytes.dropFirst(head.count)
        if tail.count > 2 * tailLimit { cutTail() }
    }

    /// Writes the tail. An output that cannot be written (disk full) does not fail the step.
    mutating func finish() {
        cutTail()
        let gap = total - headLength - tail.count
        let note = gap > 0 ? Array("\n[… \(gap) bytes left out …]\n".utf8) : []
        if !writeAll(file, note + tail) { dropped += tail.count }
        dropped += max(0, gap)
        if file >= 0 {
            fsync(file)
            close(file)
        }
    }

    private mutating func cutTail() {
        tail.removeFirst(max(0, tail.count - tailLimit))
    }
}
