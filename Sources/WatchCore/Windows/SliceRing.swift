// One sliding window as a row of slices with a running total: what enters is added, what leaves
// is subtracted, so that a reading costs nothing however wide the window is.

import DequeModule

/// What a slice holds: something that can be added up and taken out again.
protocol SliceContent: Hashable, Sendable, Codable {
    init()
    mutating func merge(_ other: Self)
    mutating func subtract(_ other: Self)
}

struct Tally: SliceContent {
    var count = 0
    var errors = 0

    mutating func merge(_ other: Tally) {
        count += other.count
        errors += other.errors
    }

    mutating func subtract(_ other: Tally) {
        count -= other.count
        errors -= other.errors
    }
}

extension LatencySketch: SliceContent {}

struct SliceRing<Content: SliceContent>: Hashable, Sendable, Codable {
    struct Slice: Hashable, Sendable, Codable {
        /// It begins at `index` × length.
        var index: Int64
        var content: Content
    }

    /// Nanoseconds.
    let width: Int64
    let length: Int64
    /// Sorted by index.
    private(set) var slices: Deque<Slice> = []
    private(set) var total = Content()

    init(width: Duration, length: Duration) {
        self.width = width.nanoseconds
        self.length = length.nanoseconds
    }

    /// Adds to the slice that `time` lies in; what is older than the window is left out.
    mutating func add(_ content: Content, at time: Instant, now: Instant) {
        advance(to: now)
        let index = time.nanoseconds.flooredDivision(by: length)
        guard isInside(index, now) else { return }
        total.merge(content)
        var at = slices.endIndex
        while at > slices.startIndex, slices[at - 1].index > index { at -= 1 }
        if at > slices.startIndex, slices[at - 1].index == index {
            slices[at - 1].content.merge(content)
        } else {
            slices.insert(Slice(index: index, content: content), at: at)
        }
    }

    /// Drops what has left the window.
    mutating func advance(to now: Instant) {
        while let first = slices.first, !isInside(first.index, now) {
            total.subtract(first.content)
            slices.removeFirst()
        }
    }

    /// Drops the slices begun before `instant`.
    mutating func cut(before instant: Instant) {
        while let first = slices.first, first.index * length < instant.nanoseconds {
            total.subtract(first.content)
            slices.removeFirst()
        }
    }

    /// The open slice and those begun within the width count.
    private func isInside(_ index: Int64, _ now: Instant) -> Bool {
        index * length > now.nanoseconds - width
    }
}
