// Lines out of bytes that come in pieces and are never seen again, as those of a pipe.

import Glibc

/// Keeps the line that is not finished yet, up to the bound of a line.
struct LineSplitter {
    private var carry: [UInt8] = []
    /// In the midst of a line that is too long.
    private var isSkipping = false

    mutating func take(
        _ bytes: UnsafeRawBufferPointer, into consumer: inout some LineConsumer
    ) {
        guard let base = bytes.baseAddress else { return }
        var at = 0
        while let hit = memchr(base + at, 10, bytes.count - at) {
            let end = UnsafeRawPointer(hit) - base
            finish(UnsafeRawBufferPointer(rebasing: bytes[at..<end]), &consumer)
            at = end + 1
        }
        guard !isSkipping else { return }
        carry.append(contentsOf: bytes[at...])
        if carry.count > FileFollower.lineLimit {
            isSkipping = true
            carry.removeAll()
            consumer.skippedLongLine()
        }
    }

    /// Nothing follows: what was begun is a line.
    mutating func end(into consumer: inout some LineConsumer) {
        if !carry.isEmpty { finish(UnsafeRawBufferPointer(start: nil, count: 0), &consumer) }
        isSkipping = false
    }

    private mutating func finish(
        _ rest: UnsafeRawBufferPointer, _ consumer: inout some LineConsumer
    ) {
        if isSkipping {
            isSkipping = false
        } else if carry.count + rest.count > FileFollower.lineLimit {
            carry.removeAll(keepingCapacity: true)
            consumer.skippedLongLine()
        } else if carry.isEmpty {
            consumer.consume(rest)
        } else {
            carry.append(contentsOf: rest)
            carry.withUnsafeBytes { consumer.consume($0) }
            carry.removeAll(keepingCapacity: true)
        }
    }
}
