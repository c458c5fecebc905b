// Where threads and tasks leave what happened, for the one actor that owns the engine. Bounded:
// what does not fit is counted, and a stream that lost lines this way is told so, because its
// windows are not whole any more.

import Synchronization
import WatchCore
import WatchStreams

final class EventQueue: Sendable {
    /// An event, and how far a stream's file was read when it was made.
    struct Item: Sendable {
        var event: Event
        var position: StreamPosition?
    }

    static let limit = 20_000

    private struct State {
        var items: [Item] = []
        var waiter: CheckedContinuation<Void, Never>?
        var isFinished = false
        /// Lines of streams that did not fit, by service and stream.
        var lost: [String: Int] = [:]
        var dropped = 0
    }

    private let state = Mutex(State())

    /// Never waits. Commands are not posted here: they wait for their answer.
    func post(_ event: Event, position: StreamPosition? = nil) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.isFinished else { return nil }
            var event = event
            if state.items.count >= Self.limit, event.mayBeDropped {
                drop(event, &state)
                return nil
            }
            if case .stream(let service, let stream, var batch) = event,
                let lost = state.lost.removeValue(forKey: "\(service)/\(stream)")
            {
                batch.losses.dropped += lost
                event = .stream(service: service, stream: stream, batch)
            }
            state.items.append(Item(event: event, position: position))
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Everything that waits, in order; suspends until there is something. Empty: finished.
    func take() async -> [Item] {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isReady = state.withLock { state in
                if !state.items.isEmpty || state.isFinished { return true }
                state.waiter = continuation
                return false
            }
            if isReady { continuation.resume() }
        }
        return state.withLock { state in
            defer { state.items.removeAll(keepingCapacity: true) }
            return state.items
        }
    }

    func finish() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Events that did not fit, since the start.
    var dropped: Int { state.withLock { $0.dropped } }

    private func drop(_ event: Event, _ state: inout State) {
        state.dropped += 1
        if case .stream(let service, let stream, let batch) = event {
            state.lost["\(service)/\(stream)", default: 0] += Swift.max(1, batch.lines)
        }
    }
}

extension Event {
    /// Observations come again; answers do not. Of those there are never more than steps asked for.
    fileprivate var mayBeDropped: Bool {
        switch self {
        case .tick, .probe, .stream, .version, .connectivity: true
        case .task, .command, .storeFailed, .storeRecovered: false
        }
    }
}
