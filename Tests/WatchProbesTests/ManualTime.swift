import Synchronization
import Testing
import WatchCore
import WatchProbes

/// A clock whose hands the test turns; it knows who sleeps, so a test can wait for that.
final class ManualTime: Sleeper {
    private struct Sleep {
        var until: Instant
        var wake: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now = Instant.seconds(1000)
        var lastID = 0
        var sleeping: [Int: Sleep] = [:]
        var cancelled: Set<Int> = []
        var watchers: [(count: Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    func now() -> Moment {
        Moment(boot: state.withLock { $0.now }, wall: .seconds(1_700_000_000))
    }

    func sleep(until instant: Instant) async {
        let id = state.withLock {
            $0.lastID += 1
            return $0.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { wake in
                let ready: [CheckedContinuation<Void, Never>] = state.withLock {
                    guard instant > $0.now, $0.cancelled.remove(id) == nil else { return [wake] }
                    $0.sleeping[id] = Sleep(until: instant, wake: wake)
                    return Self.satisfied(&$0)
                }
                for continuation in ready { continuation.resume() }
            }
        } onCancel: {
            let sleep = state.withLock { state in
                let sleep = state.sleeping.removeValue(forKey: id)
                if sleep == nil { state.cancelled.insert(id) }
                return sleep
            }
            sleep?.wake.resume()
        }
    }

    /// Returns when at least `count` tasks sleep.
    func untilSleeping(_ count: Int) async {
        await withCheckedContinuation { watcher in
            let ready: [CheckedContinuation<Void, Never>] = state.withLock {
                $0.watchers.append((count, watcher))
                return Self.satisfied(&$0)
            }
            for continuation in ready { continuation.resume() }
        }
    }

    func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now + duration
            let due = state.sleeping.filter { $0.value.until <= state.now }
            for id in due.keys { state.sleeping[id] = nil }
            return due.values.sorted { $0.until < $1.until }
        }
        for sleep in due { sleep.wake.resume() }
    }

    private static func satisfied(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        let count = state.sleeping.count
        let ready = state.watchers.filter { $0.count <= count }.map { $0.1 }
        state.watchers.removeAll { $0.count <= count }
        return ready
    }
}
