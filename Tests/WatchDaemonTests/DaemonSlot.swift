// A few daemons at a time: each test of this target is a whole host with a log writer, a daemon
// and a chat, and what they judge is real time. A machine with two cores cannot be twenty hosts.

import Synchronization
import Testing

/// Lets at most three tests at a time run, of all suites that carry it.
struct DaemonSlot: SuiteTrait, TestTrait, TestScoping {
    private static let slots = Slots(3)

    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        await Self.slots.take()
        defer { Self.slots.give() }
        try await function()
    }
}

extension Trait where Self == DaemonSlot {
    static var daemonSlot: Self { Self() }
}

/// A counting semaphore that suspends instead of blocking.
private final class Slots: Sendable {
    private struct State {
        var free: Int
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(free: count)) }

    func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free > 0 else {
                    state.waiters.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    func give() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiters.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiters.removeFirst()
        }
        next?.resume()
    }
}
