// Thousands that sleep, and one timer for all: those that are due at about the same time wake
// together. A timer of its own for each, and a thread woken for each, cost more than what they wake
// up to do.

import Synchronization
import WatchCore

/// Wakes on a lattice of `grain`, never before the time.
final class SleepRing: Sendable {
    static let grain = Duration.milliseconds(20)

    private struct State {
        var lastID: UInt64 = 0
        /// Who sleeps until which point of the lattice; at most one for each task of the schedule.
        var sleeping: [Int64: [UInt64: CheckedContinuation<Void, Never>]] = [:]
        var cancelled: Set<UInt64> = []
        /// The point for which the timer is set.
        var next: Int64?
        var timer: Task<Void, Never>?
    }

    private let state = Mutex(State())
    private let time: any TimeSource

    init(time: any TimeSource) { self.time = time }

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
                    setTimer(&state)
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

    private func setTimer(_ state: inout State) {
        guard let first = state.sleeping.keys.min() else { return }
        if let next = state.next, next <= first { return }
        state.timer?.cancel()
        state.next = first
        let due = Instant(nanoseconds: first * Self.grain.nanoseconds)
        state.timer = Task { [weak self, time] in
            // ContinuousClock is CLOCK_BOOTTIME on Linux, so a suspend is slept through rightly.
            let wait = due - time.now().boot
            guard (try? await Task.sleep(for: wait, clock: .continuous)) != nil else { return }
            self?.wake()
        }
    }

    private func wake() {
        let now = time.now().boot.nanoseconds / Self.grain.nanoseconds
        let due = state.withLock { state in
            let points = state.sleeping.keys.filter { $0 <= now }
            let due = points.compactMap { state.sleeping.removeValue(forKey: $0) }
            state.next = nil
            setTimer(&state)
            return due
        }
        for continuation in due.joined() { continuation.value.resume() }
    }
}
