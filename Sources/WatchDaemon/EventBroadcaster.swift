// Live events for everybody who follows, each with a buffer of its own: a slow reader loses old
// events (and sees it by their numbers), never holds up the daemon.

import Synchronization
import WatchCore

final class EventBroadcaster: Sendable {
    static let bufferedPerReader = 1000

    private struct State {
        var nextID = 0
        var readers: [Int: AsyncStream<EventRecord>.Continuation] = [:]
    }

    private let state = Mutex(State())

    func follow() -> AsyncStream<EventRecord> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: EventRecord.self, bufferingPolicy: .bufferingNewest(Self.bufferedPerReader))
        let id = state.withLock { state in
            state.nextID += 1
            state.readers[state.nextID] = continuation
            return state.nextID
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.readers.removeValue(forKey: id) }
        }
        return stream
    }

    func send(_ events: [EventRecord]) {
        let readers = state.withLock { Array($0.readers.values) }
        for reader in readers {
            for event in events { reader.yield(event) }
        }
    }

    func finish() {
        let readers = state.withLock { state in
            defer { state.readers = [:] }
            return Array(state.readers.values)
        }
        for reader in readers { reader.finish() }
    }
}
