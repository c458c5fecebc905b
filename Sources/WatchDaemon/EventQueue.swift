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
        /// Of streams of which something did not fit.
        var lost: [Stream: Lost] = [:]
        var dropped = 0
    }

    private struct Stream: Hashable {
        var service: String
        var name: String
    }

    private struct Lost {
        var lines: Int
        /// What the last batch that did not fit said of the source.
        var source: StreamBatch.Source
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
                let lost = state.lost.removeValue(forKey: Stream(service: service, name: stream))
            {
                batch.losses.dropped += lost.lines
                event = .stream(service: service, stream: stream, batch)
            }
            state.items.append(Item(event: event, position: position))
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Everything that waits, in order, and then what did not fit behind it: a stream that says
    /// nothing more must be blind all the same. Suspends until there is something. Empty: finished.
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
            defer {
                state.items.removeAll(keepingCapacity: true)
                state.lost = [:]
            }
            guard !state.lost.isEmpty else { return state.items }
            return state.items + Self.losses(state.lost)
        }
    }

    private static func losses(_ lost: [Stream: Lost]) -> [Item] {
        lost.map { stream, lost in
            var batch = StreamBatch(source: lost.source)
            batch.losses.dropped = lost.lines
            return Item(
                event: .stream(service: stream.service, stream: stream.name, batch), position: nil)
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
            let key = Stream(service: service, name: stream)
            let before = state.lost[key]?.lines ?? 0
            state.lost[key] = Lost(
                lines: before + Swift.max(1, batch.lines + batch.losses.dropped),
                source: batch.source)
        }
    }
}

extension Event {
    /// Observations come again; answers do not. Of those there are never more than steps asked for.
    fileprivate var mayBeDropped: Bool {
        switch self {
        case .tick, .probe, .stream, .version, .connectivity: true
        case .task, .command, .storeFailed, .storeRecovered, .delivery: false
        }
    }
}
