// Which slices of a sliding window count. What they hold, and the running total of it, is the
// store's affair: what enters is added, what leaves is subtracted, so that a reading costs nothing
// however wide the window is.

/// Slices by number, with a total.
protocol SliceStore: Hashable, Sendable, Codable {
    associatedtype Content
    init()
    /// Adds to the slice of that number, which may be older than others.
    mutating func add(_ content: Content, to number: Int64)
    /// Takes slices before that number out.
    mutating func drop(before number: Int64)
    /// The first and the last slice, and how many there are; nil: none.
    var extent: (first: Int64, last: Int64, count: Int)? { get }
}

/// Slices of `length` nanoseconds; number n begins at n × length on `CLOCK_BOOTTIME`. Those begun
/// within `width` of the latest time ever given count, and those that begin later.
struct SliceRing<Store: SliceStore>: Hashable, Sendable {
    /// Nanoseconds.
    let width: Int64
    let length: Int64
    /// At most width / length slices and a few: the caller refuses what is far ahead.
    private(set) var store = Store()
    /// The first number that still counts.
    private var first = Int64.min
    /// Up to this time nothing leaves the window. Nanoseconds.
    private var settled = Int64.min

    init(width: Duration, length: Duration) {
        self.width = width.nanoseconds
        self.length = Swift.max(1, length.nanoseconds)
    }

    /// Whether the slice that `time` lies in counts.
    func covers(_ time: Instant) -> Bool { number(time) >= first }

    private func number(_ time: Instant) -> Int64 {
        time.nanoseconds.flooredDivision(by: length)
    }

    /// The first slice that begins at or after a time.
    private func number(from nanoseconds: Int64) -> Int64 {
        let number = nanoseconds.flooredDivision(by: length)
        return number &* length == nanoseconds ? number : number + 1
    }

    /// Adds to the slice that `time` lies in; false when that has left the window.
    @discardableResult
    mutating func add(_ content: Store.Content, at time: Instant) -> Bool {
        let number = number(time)
        guard number >= first else { return false }
        store.add(content, to: number)
        return true
    }

    /// Drops what has left the window. Time does not go back here: an earlier `now` does nothing.
    /// - Returns: up to when nothing leaves it; nanoseconds.
    @discardableResult
    mutating func advance(to now: Instant) -> Int64 {
        guard now.nanoseconds > settled else { return settled }
        let next = number(from: now.nanoseconds &- width)
        if next > first {
            first = next
            store.drop(before: next)
        }
        settled = first &* length &+ width
        return settled
    }

    /// Drops the slices begun before `instant`. The one that it lies in begins anew.
    mutating func cut(before instant: Instant) {
        store.drop(before: number(from: instant.nanoseconds))
    }

    /// For stores that make their total when it is asked for.
    mutating func read<Result>(_ body: (inout Store) -> Result) -> Result { body(&store) }

    static func == (a: SliceRing, b: SliceRing) -> Bool {
        a.width == b.width && a.length == b.length && a.store == b.store
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(width)
        hasher.combine(store)
    }
}

extension SliceRing: Codable {
    private enum Key: String, CodingKey {
        case width = "w"
        case length = "l"
        /// The first number that still counts; absent before any time was given.
        case first = "f"
        case slices = "s"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        width = try container.decode(Int64.self, forKey: .width)
        length = try container.decode(Int64.self, forKey: .length)
        first = try container.decodeIfPresent(Int64.self, forKey: .first) ?? .min
        store = try container.decode(Store.self, forKey: .slices)
        guard isPlausible else {
            throw DecodingError.dataCorruptedError(
                forKey: .slices, in: container, debugDescription: "the slices make no sense")
        }
    }

    private var isPlausible: Bool {
        // A hundred years: nothing overflows on the way there.
        let century = Int64(100 * 366 * 86400) * 1_000_000_000
        guard (1...century).contains(width), (1...century).contains(length) else { return false }
        let numbers = -century / length...century / length
        guard first == .min || numbers.contains(first) else { return false }
        guard let extent = store.extent else { return true }
        let most = width / length + SignalWindows.ahead.nanoseconds / length + 2
        return numbers.contains(extent.first) && numbers.contains(extent.last)
            && extent.first <= extent.last && extent.last - extent.first <= most
            && (first == .min || extent.first >= first)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(width, forKey: .width)
        try container.encode(length, forKey: .length)
        if first != .min { try container.encode(first, forKey: .first) }
        try container.encode(store, forKey: .slices)
    }
}
