// What windows cost: time per observation and per reading, and memory as the allocator counts it.

import Glibc
import WatchCore

extension Bench {
    static func windows() {
        memory()
        sketching()
    }

    /// Latencies as a service has them: most around 20 ms, some much slower, a few time-outs.
    struct Latencies {
        private var random: Noise

        init(seed: UInt64) { random = Noise(state: seed) }

        mutating func next() -> Double {
            // The sum of twelve evens is near enough to a normal distribution.
            let normal = (0..<12).reduce(-6.0) { sum, _ in sum + random.even() }
            return random.even() < 0.0005 ? 5 : 0.02 * exp(0.8 * normal)
        }
    }

    /// SplitMix64 (Steele, Lea, Flood, 2014).
    struct Noise {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
            return z ^ z >> 31
        }

        mutating func even() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }
    }

    static func sketching() {
        var latencies = Latencies(seed: 1)
        let values = (0..<100_000).map { _ in latencies.next() }
        var sketch = LatencySketch()
        let record = best {
            sketch = LatencySketch()
            for value in values { sketch.record(seconds: value) }
        }
        let each = record / Double(values.count) * 1e9
        row("record a latency", "\(tenths(each)) ns", "\(times(each / 15)) the limit of 15 ns")
        var windows = stream(seconds: 7200, [second(seed: 2, count: 500)])
        let now = Instant.seconds(17_200)
        var sum = 0.0
        let read = best {
            for _ in 0..<10_000 {
                sum += windows.sums(width: .hours(1), now: now).latency.percentile(95) ?? 0
            }
        }
        precondition(sum > 0)
        let p95 = read / 10_000 * 1e9
        row(
            "read the P95 of an hour", "\(tenths(p95)) ns",
            "\(times(p95 / 1000)) the limit of 1 µs")
    }

    static let widths: [Duration] = [.minutes(2), .minutes(5), .hours(1)]

    /// What a stream hands over for one second.
    static func second(seed: UInt64, count: Int) -> StreamBatch.Slice {
        var latencies = Latencies(seed: seed)
        var slice = StreamBatch.Slice(
            second: 0, count: count, errors: 3, latency: LatencySketch())
        for _ in 0..<count { slice.latency.record(seconds: latencies.next()) }
        return slice
    }

    /// The windows of a stream that was followed for so long, with these seconds in turn.
    static func stream(seconds: Int, _ slices: [StreamBatch.Slice]) -> SignalWindows {
        var windows = SignalWindows(widths: widths)
        windows.restart(at: .seconds(10_000))
        for second in 0..<seconds {
            var slice = slices[second % slices.count]
            slice.second = Int64(10_000 + second)
            _ = windows.merge(slice, now: .seconds(Double(10_001 + second)))
        }
        return windows
    }

    /// The windows of a probe that was asked for so long.
    static func probe(seconds: Int, every: Int, seed: UInt64 = 1) -> SignalWindows {
        var noise = Noise(state: seed)
        var windows = SignalWindows(widths: widths)
        windows.restart(at: .seconds(10_000))
        for second in stride(from: 10_000, to: 10_000 + seconds, by: every) {
            let isSlow = noise.even() < 0.01
            windows.record(
                at: .seconds(Double(second)), isError: isSlow,
                latency: isSlow ? 5 : 0.003 + noise.even() / 100)
        }
        return windows
    }

    /// Bytes of memory that are really there (proc_pid_statm(5)); measured over many, because what
    /// was freed before is used again first.
    static func resident() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 200)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let words = String(decoding: line.map(UInt8.init), as: UTF8.self).split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
    }

    /// To be called first: memory freed by others would not be seen.
    static func memory() {
        let seconds = (0..<64).map { second(seed: UInt64($0), count: 5000) }
        var before = resident()
        let streams = (0..<20).map { _ in stream(seconds: 4000, seconds) }
        let each = Double(resident() - before) / Double(streams.count) / 1024
        row(
            "a stream of 5 000 requests/s: 2 m, 5 m, 1 h", "\(tenths(each)) KB",
            "\(times(each / 384)) the limit of 384 KB")

        before = resident()
        var probes: [String: SignalWindows] = [:]
        for number in 0..<10_000 {
            probes["probe \(number)"] = probe(seconds: 3700, every: 10, seed: UInt64(number))
        }
        let all = Double(resident() - before)
        precondition(probes.count == 10_000)
        row(
            "a probe every 10 s: 2 m, 5 m, 1 h", "\(tenths(all / 10_000 / 1024)) KB",
            "\(times(all / 10_000 / 1024 / 16)) the limit of 16 KB")
        row(
            "10 000 probe signals", "\(tenths(all / 1_048_576)) MB",
            "\(times(all / 1_048_576 / 200)) the limit of 200 MB")
    }
}
