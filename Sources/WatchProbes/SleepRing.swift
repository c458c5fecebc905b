// Thousands that sleep, and one alarm for all: those that are due at about the same time wake
// together. A timer of its own for each, and a thread woken for each, cost more than what they wake
// up to do.

import Synchronization
import WatchCore

/// What wakes a ring of sleepers.
protocol Alarm: Sendable {
    /// Calls `ring` at `due` or soon after it, in place of what was set before; what was set may
    /// ring all the same.
    func set(at due: Instant, _ ring: @escaping @Sendable () -> Void)
}

/// Wakes on a lattice of `grain`, never before the time.
final class SleepRing: Sendable {
    static let grain = Duration.milliseconds(20)

    private struct State {
        var lastID: UInt64 = 0
        /// Who sleeps until which point of the lattice; at most one for each task of the schedule.
        var sleeping: [Int64: [UInt64: CheckedContinuation<Void, Never>]] = [:]
        var cancelled: Set<UInt64> = []
        /// The point for which the alarm is set.
        var next: Int64?

        /// A point for which the alarm must be set, as it is not for one before.
        mutating func mustSet(for point: Int64) -> Bool {
            if let next, next <= point { return false }
            next = point
            return true
        }
    }

    private let state = Mutex(State())
    private let time: any TimeSource
    private let alarm: any Alarm

    init(time: any TimeSource, alarm: any Alarm) {
        self.time = time
        self.alarm = alarm
    }

    func sleep(until instant: Instant) async {
        let point = Self.point(instant)
        let id = state.withLock {
            $0.lastID += 1
            return $0.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return true }
                    state.sleeping[point, default: [:]][id] = continuation
                    if state.mustSet(for: point) { setAlarm(for: point) }
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                let continuation = state.sleeping[point]?.removeValue(forKey: id)
                // Either it does not sleep yet, or it has woken, and then this stays behind no
                // longer than the task's next sleep could.
                if continuation == nil { state.cancelled.insert(id) }
                return continuation
            }
            continuation?.resume()
        }
        state.withLock { _ = $0.cancelled.remove(id) }
    }

    /// The first point of the lattice that is not before `instant`.
    static func point(_ instant: Instant) -> Int64 {
        let (whole, rest) = instant.nanoseconds.quotientAndRemainder(dividingBy: grain.nanoseconds)
        return rest > 0 ? whole + 1 : whole
    }

    /// Under the lock, so that the last that is set is the first to come.
    private func setAlarm(for point: Int64) {
        alarm.set(at: Instant(nanoseconds: point * Self.grain.nanoseconds)) { [weak self] in
            self?.wake()
        }
    }

    private func wake() {
        let now = time.now().boot.nanoseconds / Self.grain.nanoseconds
        let due = state.withLock { state in
            let points = state.sleeping.keys.filter { $0 <= now }
            let due = points.compactMap { state.sleeping.removeValue(forKey: $0) }
            state.next = nil
            if let first = state.sleeping.keys.min(), state.mustSet(for: first) {
                setAlarm(for: first)
            }
            return due
        }
        for continuation in due.joined() { continuation.value.resume() }
    }
}
