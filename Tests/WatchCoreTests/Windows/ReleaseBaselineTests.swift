// Healthy time, slice by slice: what is kept of it, and what is taken back.

import FoundationEssentials
import Testing

@testable import WatchCore

@Suite struct ReleaseBaselineTests {
    private let window = Duration.hours(1)

    private func sample(_ count: Int, errors: Int = 0, latency: Double = 0.02)
        -> ReleaseBaseline.Sample
    {
        ReleaseBaseline.Sample(
            tally: Tally(count: count, errors: errors),
            latency: LatencySketch(Array(repeating: latency, count: count)))
    }

    /// So many healthy seconds, one observation each.
    private func gather(
        _ seconds: Int, from start: Int = 1000, latency: Double = 0.02,
        into baseline: inout ReleaseBaseline
    ) {
        for second in start..<start + seconds {
            baseline.add(
                .seconds(1), ["access": sample(1, latency: latency)],
                now: .seconds(Double(second + 1)), window: window)
        }
    }

    private func baseline() -> ReleaseBaseline {
        ReleaseBaseline(release: ReleaseIdentity(version: "1.0.0"))
    }

    @Test func itHoldsTheLastWindowOfHealthyTimeToOneSlice() {
        var baseline = baseline()
        gather(1000, into: &baseline)
        #expect(baseline.healthy == .seconds(1000))
        #expect(baseline.merged["access"]?.tally.count == 1000)
        gather(10_000, from: 50_000, latency: 0.1, into: &baseline)
        #expect(baseline.healthy >= window && baseline.healthy <= window + .minutes(1))
        let merged = baseline.merged["access"]
        #expect(merged.map { Duration.seconds($0.tally.count) } == baseline.healthy)
        // Nothing of the first thousand seconds is left.
        #expect((merged?.latency.percentile(1) ?? 0) > 0.09)
    }

    @Test func whatCameInSinceAnInstantIsTakenBackToOneSlice() {
        var baseline = baseline()
        gather(1800, into: &baseline)
        gather(150, from: 5000, latency: 3, into: &baseline)
        baseline.forget(since: .seconds(5000))
        let merged = baseline.merged["access"]
        #expect(merged?.latency.max == 0.02)
        #expect((merged?.tally.count ?? 0) >= 1740)
        baseline.forget(since: .seconds(0))
        #expect(baseline.healthy == .zero)
        #expect(baseline.merged.isEmpty)
    }

    @Test func aReplacedReleaseKeepsAllFiguresInFewSlices() throws {
        var random = SplitMix64(seed: 3)
        var baseline = baseline()
        for second in 0..<4000 {
            let values = (0..<20).map { _ in Double.random(in: 0.005...0.5, using: &random) }
            baseline.add(
                .seconds(1),
                ["access": .init(tally: Tally(count: 20, errors: 1), latency: .init(values))],
                now: .seconds(Double(second)), window: window)
        }
        let kept = baseline.coarsened()
        #expect(kept.healthy == baseline.healthy)
        #expect(kept.merged == baseline.merged)
        let data = try JSONEncoder().encode(kept)
        #expect(data.count < 5000, "\(data.count)")
        #expect(try JSONDecoder().decode(ReleaseBaseline.self, from: data) == kept)
        // Another stay goes on from there, and in the end replaces it.
        var again = kept
        gather(10_000, from: 100_000, latency: 9, into: &again)
        #expect(again.healthy <= window + window / 2)
        #expect((again.merged["access"]?.latency.percentile(1) ?? 0) > 8.9)
    }

    @Test func instantsOfAnotherBootTakeNothingBack() {
        var baseline = baseline()
        gather(600, into: &baseline)
        baseline.forgetInstants()
        baseline.forget(since: .seconds(0))
        #expect(baseline.healthy == .seconds(600))
    }

    @Test func manyRestartsDoNotMakeManySlices() throws {
        var baseline = baseline()
        for restart in 0..<2000 {
            gather(5, from: restart * 10, into: &baseline)
            let data = try JSONEncoder().encode(baseline)
            baseline = try JSONDecoder().decode(ReleaseBaseline.self, from: data)
        }
        #expect(baseline.healthy <= window + .minutes(1))
        #expect(baseline.healthy >= window)
        let text = String(decoding: try JSONEncoder().encode(baseline), as: UTF8.self)
        #expect(text.split(separator: "healthy").count <= ReleaseBaseline.slicesInWindow + 3)
    }

    @Test func anotherSignalCanBeForgottenAlone() {
        var baseline = baseline()
        for second in 0..<200 {
            baseline.add(
                .seconds(1), ["access": sample(1), "health": sample(2)],
                now: .seconds(Double(second)), window: window)
        }
        baseline.forget(signals: ["health"])
        #expect(baseline.merged["health"] == nil)
        #expect(baseline.merged["access"]?.tally.count == 200)
    }

    @Test(arguments: [
        "{}", #"{"release":{"version":"1"},"slices":[{"healthy":[-5,0],"samples":{}}]}"#,
        #"{"release":{"version":"1"},"slices":[{"samples":{"a":{"t":[1,2],"l":""}}}]}"#,
        #"{"release":{"version":"1"},"slices":[{"healthy":0,"samples":{"a":{"t":[1,1],"l":"AA=="}}}]}"#,
    ])
    func aDamagedBaselineIsRefused(text: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(ReleaseBaseline.self, from: Data(text.utf8))
        }
    }
}
