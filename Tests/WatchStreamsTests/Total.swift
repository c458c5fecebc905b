// What a stream's thread hands over, added up, with real clocks.

import Glibc
import Synchronization
import WatchCore
import WatchStreams

struct Clock: TimeSource {
    func now() -> Moment {
        Moment(
            boot: read(CLOCK_BOOTTIME),
            wall: WallTime(nanoseconds: read(CLOCK_REALTIME).nanoseconds))
    }

    private func read(_ clock: clockid_t) -> Instant {
        var time = timespec()
        clock_gettime(clock, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}

/// Adds up batches; lets a test wait for what it expects.
final class Total: Sendable {
    struct Sum {
        var batches: [StreamBatch] = []
        var lines = 0
        var counted = 0
        var errors = 0
        var latencies = 0
        var losses = 0
        var position: StreamPosition?
    }

    let sum = Mutex(Sum())
    private let continuation: AsyncStream<Void>.Continuation
    private let changes: AsyncStream<Void>

    init() {
        (changes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func take(_ event: Event, _ position: StreamPosition?) {
        guard case .stream(_, _, let batch) = event else { return }
        sum.withLock {
            $0.batches.append(batch)
            $0.lines += batch.lines
            $0.counted += batch.slices.reduce(0) { $0 + $1.count }
            $0.errors += batch.slices.reduce(0) { $0 + $1.errors }
            $0.latencies += batch.slices.reduce(0) { $0 + $1.latency.count }
            $0.losses += batch.losses.unparsed + batch.losses.dropped + batch.losses.early
            $0.position = position
        }
        continuation.yield()
    }

    /// Suspends until `condition` holds; the test's time limit is the bound.
    func wait(until condition: (borrowing Sum) -> Bool) async {
        if sum.withLock({ condition($0) }) { return }
        for await _ in changes where sum.withLock({ condition($0) }) { return }
    }
}
