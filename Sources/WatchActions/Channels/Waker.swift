// Sleeping that can be cut short: by news, or by nothing but time. Tests bring their own hands.

import Synchronization

/// Whoever can wait. The live one sleeps; tests return when they turned the clock.
public protocol Sleeper: Sendable {
    /// Returns after `duration`, or early when the task is cancelled.
    func sleep(for duration: Duration) async
}

public struct TaskSleeper: Sleeper {
    public init() {}

    public func sleep(for duration: Duration) async {
        try? await Task.sleep(for: duration)
    }
}

/// One waits, others wake. A call that comes while nobody waits is remembered, once.
final class Waker: Sendable {
    private struct State {
        var isWoken = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func wake() {
        let waiting = state.withLock { state in
            defer { state.waiting = nil }
            if state.waiting == nil { state.isWoken = true }
            return state.waiting
        }
        waiting?.resume()
    }

    /// Returns when woken, after `duration` (nil: never by time), or when cancelled.
    func wait(for duration: Duration?, _ sleeper: any Sleeper) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            if let duration { group.addTask { await sleeper.sleep(for: duration) } }
            await group.next()
            group.cancelAll()
        }
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = state.withLock { state in
                    if state.isWoken || Task.isCancelled {
                        state.isWoken = false
                        return true
                    }
                    state.waiting = continuation
                    return false
                }
                if now { continuation.resume() }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                defer { state.waiting = nil }
                return state.waiting
            }
            waiting?.resume()
        }
    }
}
