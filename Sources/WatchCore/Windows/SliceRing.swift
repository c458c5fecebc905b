// One sliding window as a row of slices with a running total: what enters is added, what leaves
// is subtracted, so that a reading costs nothing however wide the window is.

import DequeModule

/// What a slice holds: something that can be added up and taken out again.
protocol SliceContent: Hashable, Sendable, Codable {
    init()
    mutating func merge(_ other: Self)
    mutating func subtract(_ other: Self)
    /// Nothing more is expected for this slice: it may give memory back.
    mutating func pack()
    /// Whether subtracting lost something that only the slices still know.
    var isDegraded: Bool { get }
    mutating func mend(from slices: some Sequence<Self>)
}

extension LatencySketch: SliceContent {
    /// Below 100 values the total is exact again, out of the slices' own values; and the largest
    /// value that left makes another one the largest.
    var isDegraded: Bool {
        !maximumIsExact || (!isExact && count < Self.exactLimit)
    }

    mutating func mend(from slices: some Sequence<LatencySketch>) {
        if !isExact, count < Self.exactLimit {
            self = slices.reduce(into: LatencySketch()) { $0.merge($1) }
        } else if let largest = slices.compactMap(\.max).max() {
            restoreMaximum(largest)
        }
    }
}

/// Slices of `length` nanoseconds; number n begins at n × length on `CLOCK_BOOTTIME`. Those begun
/// within `width` of the latest time ever given count, and those that begin later.
struct SliceRing<Content: SliceContent>: Hashable, Sendable {
    struct Slice: Hashable, Sendable {
        var number: Int64
        var content: Content
    }

    /// Nanoseconds.
    let width: Int64
    let length: Int64
    /// Sorted by number, without empty ones; the caller refuses what is far ahead, so there are
    /// at most width / length and a few.
    private(set) var slices: Deque<Slice> = []
    private(set) var total = Content()
    /// The first number that still counts.
    private var first = Int64.min
    /// Slices before this number were packed.
    private var open = Int64.min

    init(width: Duration, length: Duration) {
        self.width = width.nanoseconds
        self.length = Swift.max(1, length.nanoseconds)
    }

    /// Whether the slice that `time` lies in counts.
    func covers(_ time: Instant) -> Bool { number(time) >= first }

    private func number(_ time: Instant) -> Int64 {
        time.nanoseconds.flooredDivision(by: length)
    }

    /// Adds to the slice that `time` lies in; false when that has left the window.
    @discardableResult
    mutating func add(_ content: Content, at time: Instant) -> Bool {
        let number = number(time)
        guard number >= first else { return false }
        total.merge(content)
        var at = slices.endIndex
        while at > slices.startIndex, slices[at - 1].number > number { at -= 1 }
        if at > slices.startIndex, slices[at - 1].number == number {
            slices[at - 1].content.merge(content)
        } else {
            slices.insert(Slice(number: number, content: content), at: at)
        }
        return true
    }

    /// Drops what has left the window. Time does not go back here: an earlier `now` does nothing.
    mutating func advance(to now: Instant) {
        let newest = number(now)
        guard newest > open || first == .min else { return advanceWithinSlice(now) }
        for index in slices.indices {
            let number = slices[index].number
            if number >= newest { break }
            if number >= open { slices[index].content.pack() }
        }
        open = Swift.max(open, newest)
        advanceWithinSlice(now)
    }

    private mutating func advanceWithinSlice(_ now: Instant) {
        // The first slice that begins at or after `now - width`.
        let edge = now.nanoseconds &- width
        let number = edge.flooredDivision(by: length)
        let next = number &* length == edge ? number : number + 1
        guard next > first else { return }
        first = next
        drop(before: next)
    }

    /// Drops the slices begun before `instant`. The one that it lies in begins anew.
    mutating func cut(before instant: Instant) {
        let number = number(instant)
        drop(before: number &* length == instant.nanoseconds ? number : number + 1)
    }

    private mutating func drop(before number: Int64) {
        while let oldest = slices.first, oldest.number < number {
            total.subtract(oldest.content)
            slices.removeFirst()
        }
        if total.isDegraded { total.mend(from: slices.lazy.map(\.content)) }
    }

    static func == (a: SliceRing, b: SliceRing) -> Bool {
        a.width == b.width && a.length == b.length && a.slices == b.slices && a.total == b.total
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(width)
        hasher.combine(slices.count)
        hasher.combine(total)
    }
}

extension SliceRing: Codable {
    private enum Key: String, CodingKey {
        case width = "w"
        case length = "l"
        /// The first number that still counts; absent before any time was given.
        case first = "f"
        /// Numbers of the slices, then what they hold.
        case numbers = "n"
        case contents = "c"
    }

    /// The total is computed anew, so that it cannot disagree with the slices.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        width = try container.decode(Int64.self, forKey: .width)
        length = try container.decode(Int64.self, forKey: .length)
        first = try container.decodeIfPresent(Int64.self, forKey: .first) ?? .min
        let numbers = try container.decode([Int64].self, forKey: .numbers)
        let contents = try container.decode([Content].self, forKey: .contents)
        let limit = Int64.max / 2
        guard numbers.count == contents.count, (1...limit).contains(width), length > 0,
            zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }),
            numbers.allSatisfy({ (-limit / length...limit / length).contains($0) })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .numbers, in: container, debugDescription: "the slices make no sense")
        }
        for (number, content) in zip(numbers, contents) {
            slices.append(Slice(number: number, content: content))
            total.merge(content)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(width, forKey: .width)
        try container.encode(length, forKey: .length)
        if first != .min { try container.encode(first, forKey: .first) }
        try container.encode(slices.map(\.number), forKey: .numbers)
        try container.encode(slices.map(\.content), forKey: .contents)
    }
}
