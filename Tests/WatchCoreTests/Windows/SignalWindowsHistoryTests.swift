// Random histories: lines late and early, restarts into the past, pauses, checkpoints. The naive
// recount keeps every observation and applies the rules of the windows one by one.

import FoundationEssentials
import Testing

@testable import WatchCore

/// Every observation, kept.
private struct Recount {
    struct Observation {
        var second: Int64
        var isError: Bool
        var latency: Double?
        /// Number of restarts when it came in.
        var epoch: Int
    }

    var observations: [Observation] = []
    var restarts: [Double] = []

    /// Those in slices of `length` seconds that count at `now`.
    func counted(width: Double, length: Int64, now: Double) -> [Observation] {
        observations.filter { observation in
            let begin = Double(observation.second.flooredDivision(by: length) * length)
            guard begin >= now - width, Double(observation.second) >= (restarts.last ?? 0) else {
                return false
            }
            // A restart empties the slice it lies in.
            return restarts.dropFirst(observation.epoch).allSatisfy { begin >= $0 }
        }
    }
}

@Suite struct SignalWindowsHistoryTests {
    private static let widths = [5, 30, 90, 300, 600, 3600]

    private func latencyLength(_ width: Int) -> Int64 { Int64(max(1, width / 60)) }

    private func countLength(_ width: Int) -> Int64 {
        width <= 300 ? 1 : Int64(width / 60)
    }

    @Test(arguments: (1...6).map { UInt64($0) })
    func countsAndPercentilesAreThoseOfANaiveRecount(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var windows = SignalWindows(widths: Self.widths.map { .seconds($0) })
        var recount = Recount()
        var now = 10_000.0
        windows.restart(at: .seconds(now))
        recount.restarts.append(now)
        // Some services are busy, some have a request now and then.
        let busy = Int.random(in: 0...40, using: &random)
        for step in 0..<400 {
            now += Double(Int.random(in: 0...3, using: &random)) / 2
            if Int.random(in: 0..<40, using: &random) == 0 {
                now += Double(Int.random(in: 0...400, using: &random))
            }
            let offset = Int64.random(in: -20...10, using: &random)
            let second = Int64(now) + offset
            observe(
                second: second, count: Int.random(in: 0...busy, using: &random), now: now,
                &windows, &recount, &random)
            if Int.random(in: 0..<80, using: &random) == 0 {
                let moment = max(
                    now - Double(Int.random(in: 0...60, using: &random)) / 2,
                    recount.restarts.last ?? 0)
                windows.restart(at: .seconds(moment))
                recount.restarts.append(moment)
            }
            if step % 100 == 50 {
                let data = try JSONEncoder().encode(windows)
                let restored = try JSONDecoder().decode(SignalWindows.self, from: data)
                #expect(restored == windows)
                windows = restored
            }
            if step % 4 == 0 { compare(&windows, recount, now: now) }
        }
    }

    private func observe(
        second: Int64, count: Int, now: Double, _ windows: inout SignalWindows,
        _ recount: inout Recount, _ random: inout SplitMix64
    ) {
        var slice = StreamBatch.Slice(
            second: second, count: count, errors: 0, latency: LatencySketch())
        let epoch = recount.restarts.count
        for _ in 0..<count {
            let isError = Int.random(in: 0..<5, using: &random) == 0
            let latency: Double? =
                Bool.random(using: &random) ? Double.random(in: 0.001...2, using: &random) : nil
            if isError { slice.errors += 1 }
            if let latency { slice.latency.record(seconds: latency) }
            recount.observations.append(
                .init(second: second, isError: isError, latency: latency, epoch: epoch))
        }
        _ = windows.merge(slice, now: .seconds(now))
    }

    private func compare(_ windows: inout SignalWindows, _ recount: Recount, now: Double) {
        for width in Self.widths {
            let sums = windows.sums(width: .seconds(width), now: .seconds(now))
            let counted = recount.counted(
                width: Double(width), length: countLength(width), now: now)
            #expect(sums.count == counted.count, "width \(width) at \(now)")
            #expect(sums.errors == counted.filter(\.isError).count, "width \(width) at \(now)")
            let latencies = recount.counted(
                width: Double(width), length: latencyLength(width), now: now
            ).compactMap(\.latency)
            #expect(sums.latency.count == latencies.count)
            #expect(sums.latency.max == latencies.max())
            let covered = min(Double(width), now - (recount.restarts.last ?? 0))
            #expect(sums.covered == .seconds(covered))
            guard !latencies.isEmpty else { continue }
            for p in [50.0, 95, 99] {
                let expected = nearestRank(latencies, p)
                let actual = sums.latency.percentile(p) ?? 0
                if latencies.count < 100 {
                    #expect(actual == expected)
                } else {
                    #expect(abs(actual - expected) <= 0.01 * expected)
                }
            }
        }
    }
}
