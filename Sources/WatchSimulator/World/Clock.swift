// The two clocks of a simulated host. True time only goes on; what the host believes of it may
// jump: the wall clock by correction, the boot clock by a reboot.

import WatchCore

struct Clock {
    /// Nanoseconds since the world began; never goes back.
    private(set) var time: Int64 = 0
    private var bootBegan: Int64 = -10_000 * second
    private var wallOffset: Int64 = 1_800_000_000 * second
    private(set) var boot = 0

    static let second: Int64 = 1_000_000_000

    var moment: Moment {
        Moment(
            boot: Instant(nanoseconds: time - bootBegan),
            wall: WallTime(nanoseconds: time + wallOffset))
    }

    var bootID: String { "boot-\(boot)" }

    mutating func pass(_ nanoseconds: Int64) { time += nanoseconds }

    mutating func reach(_ time: Int64) { self.time = Swift.max(self.time, time) }

    /// The wall clock is set.
    mutating func jumpWall(_ nanoseconds: Int64) { wallOffset += nanoseconds }

    mutating func reboot() {
        boot += 1
        bootBegan = time - 20 * Self.second
    }

    /// An instant of this boot as true time.
    func time(of instant: Instant) -> Int64 { instant.nanoseconds + bootBegan }

    func instant(of time: Int64) -> Instant { Instant(nanoseconds: time - bootBegan) }
}
