// The wish to stop one task, which may come before there is anything to stop.

import Synchronization

final class Cancellation: Sendable {
    private struct State {
        var isRequested = false
        var isOver = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var isRequested: Bool { state.withLock { $0.isRequested } }

    /// - Returns: false when it comes too late to be heeded.
    @discardableResult
    func request() -> Bool {
        let (isHeeded, action) = state.withLock { state in
            if !state.isOver { state.isRequested = true }
            return (!state.isOver, state.action)
        }
        if isHeeded { action?() }
        return isHeeded
    }

    /// From now on nobody heeds it.
    /// - Returns: whether it was there before.
    func close() -> Bool {
        state.withLock { state in
            state.isOver = true
            return state.isRequested
        }
    }

    /// What stops the task from now on; nil: nothing does. Called at once if the wish is there.
    func handle(_ action: (@Sendable () -> Void)?) {
        let now = state.withLock { state in
            state.action = action
            return state.isRequested
        }
        if now { action?() }
    }
}
