// The wish to stop one task, which may come before there is anything to stop.

import Synchronization

final class Cancellation: Sendable {
    private struct State {
        var isRequested = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var isRequested: Bool { state.withLock { $0.isRequested } }

    func request() {
        let action = state.withLock { state in
            state.isRequested = true
            return state.action
        }
        action?()
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
