// A time zone as a value: when its clocks were and will be moved. Whoever loads the configuration
// makes it of the system's files (`ZoneFile`); rules about local time are then pure arithmetic.

public struct ZoneTable: Hashable, Sendable, Codable {
    /// Clocks are moved: from then on they are `offset` ahead of UTC.
    public struct Transition: Hashable, Sendable, Codable {
        /// Unix time.
        public var at: Int64
        /// Seconds east of UTC.
        public var offset: Int64

        public init(at: Int64, offset: Int64) {
            self.at = at
            self.offset = offset
        }
    }

    /// As in the IANA database: `Europe/Berlin`.
    public var name: String
    /// Seconds east of UTC before the first transition.
    public var first: Int64
    /// In order of time.
    public var transitions: [Transition]

    public init(name: String, first: Int64 = 0, transitions: [Transition] = []) {
        self.name = name
        self.first = first
        self.transitions = transitions
    }

    public static let utc = ZoneTable(name: "UTC")

    /// Seconds east of UTC at a Unix time.
    public func offset(at second: Int64) -> Int64 {
        let after = after(second)
        return after == 0 ? first : transitions[after - 1].offset
    }

    /// When a time begins that is written as local time (seconds since 1970-01-01T00:00 there). In
    /// the doubled hour that is its first turn; in the skipped hour the moment the clocks jump.
    public func beginning(local: Int64) -> Int64 {
        if let earliest = readings(local).min() { return earliest }
        return jump(over: local)?.at ?? local - offset(at: local)
    }

    /// When a time ends that is written as local time. In the doubled hour that is its second
    /// turn; in the skipped hour as long after the jump as it is into that hour (RFC 5545
    /// §3.3.5).
    public func end(local: Int64) -> Int64 {
        if let latest = readings(local).max() { return latest }
        return local - (jump(over: local)?.before ?? offset(at: local))
    }

    /// Unix times at which clocks show `local`: one; two in the doubled hour, none in the skipped.
    private func readings(_ local: Int64) -> [Int64] {
        Set(near(local).map(\.before) + [offset(at: local - Self.day), offset(at: local)])
            .union(near(local).map(\.after)).map { local - $0 }
            .filter { $0 + offset(at: $0) == local }
    }

    private func jump(over local: Int64) -> (at: Int64, before: Int64)? {
        near(local).first { $0.at + $0.before <= local && local < $0.at + $0.after }
            .map { ($0.at, $0.before) }
    }

    private static let day: Int64 = 86_400

    /// Transitions that may matter for a local time: no offset is longer than a day and a bit.
    private func near(_ local: Int64) -> [(at: Int64, before: Int64, after: Int64)] {
        let from = after(local - 2 * Self.day)
        let to = after(local + 2 * Self.day)
        return (from..<to).map { index in
            let before = index == 0 ? first : transitions[index - 1].offset
            return (transitions[index].at, before, transitions[index].offset)
        }
    }

    /// Index of the first transition after a Unix time.
    private func after(_ second: Int64) -> Int {
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].at <= second { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
