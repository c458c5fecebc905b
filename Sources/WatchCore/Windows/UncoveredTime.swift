// Time in which watchd saw nothing must not pass for health: it covers no window.

/// Stretches of time that nobody watched: sorted, apart from one another, and few.
struct UncoveredTime: Hashable, Sendable, Codable {
    private struct Gap: Hashable, Sendable, Codable {
        var from: Instant
        var to: Instant
    }

    /// Gaps remembered; when there are more the oldest two become one, with what lies between.
    static let limit = 32

    private var gaps: [Gap] = []

    var isEmpty: Bool { gaps.isEmpty }

    mutating func add(from: Instant, to: Instant) {
        guard to > from else { return }
        var gap = Gap(from: from, to: to)
        gaps.removeAll { other in
            guard other.from <= gap.to, gap.from <= other.to else { return false }
            gap.from = Swift.min(gap.from, other.from)
            gap.to = Swift.max(gap.to, other.to)
            return true
        }
        gaps.insert(gap, at: gaps.firstIndex { $0.from > gap.from } ?? gaps.endIndex)
        if gaps.count > Self.limit {
            gaps[0].to = gaps[1].to
            gaps.remove(at: 1)
        }
    }

    mutating func forget(before instant: Instant) {
        if let first = gaps.first, first.to <= instant { gaps.removeAll { $0.to <= instant } }
    }

    /// The same stretches, each as wide as the slices of that many nanoseconds that it touches.
    func widened(to length: Int64) -> UncoveredTime {
        var wide = UncoveredTime()
        for gap in gaps {
            let first = gap.from.nanoseconds.flooredDivision(by: length)
            let last = (gap.to.nanoseconds - 1).flooredDivision(by: length)
            wide.add(
                from: Instant(nanoseconds: first &* length),
                to: Instant(nanoseconds: (last &+ 1) &* length))
        }
        return wide
    }

    func contains(_ instant: Instant) -> Bool {
        gaps.contains { $0.from <= instant && instant < $0.to }
    }

    /// How much of the stretch was not watched.
    func within(from start: Instant, to end: Instant) -> Duration {
        gaps.reduce(.zero) { lost, gap in
            let from = Swift.max(gap.from, start)
            let to = Swift.min(gap.to, end)
            return to > from ? lost + (to - from) : lost
        }
    }
}
