// A value that one task waits for and several may give: an answer, and the end of its time.

import Synchronization

/// The first answer counts, from whichever thread; one task waits for it.
final class OneAnswer<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case waiting(CheckedContinuation<Value, Never>)
        case given(Value)
    }

    private let state = Mutex(State.empty)

    func give(_ value: Value) {
        let waiter: CheckedContinuation<Value, Never>? = state.withLock {
            switch $0 {
            case .empty:
                $0 = .given(value)
                return nil
            case .waiting(let waiter):
                $0 = .given(value)
                return waiter
            case .given: return nil
            }
        }
        waiter?.resume(returning: value)
    }

    func value() async -> Value {
        await withCheckedContinuation { continuation in
            let given: Value? = state.withLock {
                if case .given(let value) = $0 { return value }
                $0 = .waiting(continuation)
                return nil
            }
            if let given { continuation.resume(returning: given) }
        }
    }
}
