// Whichever comes first: the end of some work, the end of its time, or the wish to cancel it.

import Synchronization

enum First<T: Sendable>: Sendable {
    case done(T), timeIsUp, cancelled
}

/// The work is not interrupted when it loses; whoever asks must make it end.
func firstOf<T: Sendable>(
    _ limit: Duration, _ cancellation: Cancellation?,
    _ work: @escaping @Sendable () async -> T
) async -> First<T> {
    let (stream, continuation) = AsyncStream.makeStream(of: First<T>.self)
    let timer = Task {
        // An interrupted sleep means that nobody waits any more.
        guard (try? await Task.sleep(for: limit)) != nil else { return }
        continuation.yield(.timeIsUp)
    }
    cancellation?.handle { continuation.yield(.cancelled) }
    Task { continuation.yield(.done(await work())) }
    var iterator = stream.makeAsyncIterator()
    let first = await iterator.next(isolation: nil)
    timer.cancel()
    cancellation?.handle(nil)
    return first ?? .cancelled
}
