// Lines become sums per second: the engine is handed slices, never single lines.

import WatchCore

struct StreamAggregator {
    /// Lines so far ahead of the clock are early.
    static let aheadLimit = Duration.seconds(10)
    /// Distinct seconds in one batch; lines beyond are dropped and counted.
    static let secondsLimit = 4096

    private struct Sums {
        var count = 0
        var errors = 0
        var latency = LatencySketch()
    }

    private let format: LogFormat
    private let errorStatus: Int
    private var cache = TimeCache()
    private var seconds: [Int64: Sums] = [:]
    private var lines = 0
    private var losses = StreamBatch.Losses()

    init(format: LogFormat, errorStatus: Int) {
        self.format = format
        self.errorStatus = errorStatus
    }

    var isEmpty: Bool { lines == 0 && losses == StreamBatch.Losses() }

    /// `now`: read with the lines; a line's own time becomes an instant by its offset.
    mutating func add(_ line: UnsafeRawBufferPointer, now: Moment) {
        lines += 1
        guard let parsed = format.parse(line, &cache) else {
            losses.unparsed += 1
            return
        }
        let instant = parsed.time.map { now.instant(at: WallTime(nanoseconds: $0)) } ?? now.boot
        guard instant <= now.boot + Self.aheadLimit else {
            losses.early += 1
            return
        }
        let second = instant.second
        if seconds[second] == nil, seconds.count >= Self.secondsLimit {
            losses.dropped += 1
            return
        }
        seconds[second, default: Sums()].count += 1
        if parsed.status >= errorStatus { seconds[second]?.errors += 1 }
        if let latency = parsed.latency { seconds[second]?.latency.record(seconds: latency) }
    }

    mutating func addTooLong(_ number: Int) {
        lines += number
        losses.tooLong += number
    }

    /// What was gathered since the last time, oldest second first.
    mutating func take(source: StreamBatch.Source) -> StreamBatch {
        let slices = seconds.sorted { $0.key < $1.key }.map { second, sums in
            StreamBatch.Slice(
                second: second, count: sums.count, errors: sums.errors, latency: sums.latency)
        }
        defer {
            seconds.removeAll(keepingCapacity: true)
            lines = 0
            losses = StreamBatch.Losses()
        }
        return StreamBatch(slices: slices, lines: lines, losses: losses, source: source)
    }
}
