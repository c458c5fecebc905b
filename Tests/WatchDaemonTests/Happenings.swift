// What happens elsewhere, for whoever waits for it: lines of a program, messages that arrived.

import Synchronization

final class Happenings<Element: Sendable>: Sendable {
    private struct Waiter {
        var matches: @Sendable (Element) -> Bool
        var continuation: CheckedContinuation<Element?, Never>
    }

    private struct State {
        var all: [Element] = []
        var waiters: [Int: Waiter] = [:]
        var next = 0
        var isFinished = false
    }

    private let state = Mutex(State())

    var all: [Element] { state.withLock { $0.all } }

    func append(_ element: Element) {
        let ready = state.withLock { state in
            state.all.append(element)
            let ready = state.waiters.filter { $0.value.matches(element) }
            for id in ready.keys { state.waiters[id] = nil }
            return ready.values.map(\.continuation)
        }
        for waiter in ready { waiter.resume(returning: element) }
    }

    /// No more will come: whoever waits gets nil.
    func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            defer { state.waiters = [:] }
            return state.waiters.values.map(\.continuation)
        }
        for waiter in waiters { waiter.resume(returning: nil) }
    }

    /// The first that matches, of those that came or will come; nil: the end, or cancelled.
    func first(where matches: @escaping @Sendable (Element) -> Bool) async -> Element? {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (found, waits) = state.withLock { state -> (Element?, Bool) in
                    if let found = state.all.first(where: matches) { return (found, false) }
                    if state.isFinished || Task.isCancelled { return (nil, false) }
                    state.waiters[id] = Waiter(matches: matches, continuation: continuation)
                    return (nil, true)
                }
                if !waits { continuation.resume(returning: found) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
            waiter?.continuation.resume(returning: nil)
        }
    }
}
