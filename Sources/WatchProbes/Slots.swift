// When something is due: a lattice of instants that no run time can shift, and that differs from
// target to target so that not everything is asked in the same second.

import WatchCore

struct Slots: Hashable, Sendable {
    /// The first run comes soon after the start, however long the interval.
    static let firstWithin = Duration.seconds(10)

    let first: Instant
    /// Slot k is at `anchor + k · every`.
    let anchor: Instant
    let every: Duration

    /// - Parameter name: decides the place within the interval, the same after every restart.
    init(name: String, start: Instant, every: Duration) {
        let every = max(every, .milliseconds(1))
        self.every = every
        let place = Self.fraction(name)
        first = start + min(every, Self.firstWithin) * place
        let own = start + every * place
        // An interval's own first slot right after the first run would be a run for nothing.
        anchor = own - first >= every / 2 || own == first ? own : own + every
    }

    /// The next slot after `instant`; what went by meanwhile (suspend, starvation) is not made up.
    func next(after instant: Instant) -> Instant {
        guard instant >= first else { return first }
        guard instant >= anchor else { return anchor }
        let passed = (instant - anchor).nanoseconds / every.nanoseconds
        return anchor + Duration(nanoseconds: (passed + 1) * every.nanoseconds)
    }

    /// A place in 0..<1: FNV-1a, then the finaliser of splitmix64, since FNV alone leaves similar
    /// names close together.
    static func fraction(_ name: String) -> Double {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((hash ^ (hash >> 31)) >> 11) / Double(UInt64(1) << 53)
    }
}
