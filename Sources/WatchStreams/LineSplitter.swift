// Bytes become lines. A partial last line waits for its end; one that is too long is counted and
// skipped, so that no log can fill the memory.

struct LineSplitter {
    /// A line longer than this is skipped.
    static let limit = 64 * 1024

    private var partial: [UInt8] = []
    private var isSkipping = false
    private(set) var tooLong = 0

    /// Bytes that are held back because their line has not ended.
    private(set) var held = 0

    mutating func takeTooLong() -> Int {
        defer { tooLong = 0 }
        return tooLong
    }

    /// Calls `body` with every whole line in `bytes` (and what was held back before), without its
    /// newline.
    mutating func split(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        var start = 0
        while start < bytes.count {
            guard let end = bytes[start...].firstIndex(of: 10) else {
                hold(UnsafeRawBufferPointer(rebasing: bytes[start...]))
                return
            }
            let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            finish(line, body)
            start = end + 1
        }
    }

    /// The last line of a file that will not grow any more.
    mutating func flush(_ body: (UnsafeRawBufferPointer) -> Void) {
        if !isSkipping, !partial.isEmpty { partial.withUnsafeBytes { Self.deliver($0, body) } }
        reset()
    }

    mutating func reset() {
        partial = []
        isSkipping = false
        held = 0
    }

    private mutating func finish(
        _ line: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        held = 0
        if isSkipping {
            isSkipping = false
            return
        }
        if partial.isEmpty {
            if line.count > Self.limit { tooLong += 1 } else { Self.deliver(line, body) }
            return
        }
        if partial.count + line.count > Self.limit {
            tooLong += 1
        } else {
            partial.append(contentsOf: line)
            partial.withUnsafeBytes { Self.deliver($0, body) }
        }
        partial.removeAll(keepingCapacity: true)
    }

    private mutating func hold(_ bytes: UnsafeRawBufferPointer) {
        held += bytes.count
        if isSkipping { return }
        if partial.count + bytes.count > Self.limit {
            tooLong += 1
            isSkipping = true
            partial = []
        } else {
            partial.append(contentsOf: bytes)
        }
    }

    private static func deliver(
        _ line: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        if line.last == 13 {
            body(UnsafeRawBufferPointer(rebasing: line.dropLast()))
        } else {
            body(line)
        }
    }
}
