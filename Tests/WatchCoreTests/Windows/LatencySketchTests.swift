// A page at three in the morning quotes these percentiles: they must be what sorting would give.

import FoundationEssentials
import Testing

@testable import WatchCore

/// Nearest rank, by sorting: the slow and sure way.
func nearestRank(_ values: [Double], _ p: Double) -> Double {
    let sorted = values.sorted()
    let rank = Int((p * Double(values.count) / 100 - 1e-9).rounded(.up))
    return sorted[min(max(rank, 1), sorted.count) - 1]
}

@Suite struct LatencySketchTests {
    private let percentiles: [Double] = [1, 10, 50, 90, 95, 99, 99.9, 100]

    private func sketch(_ values: [Double]) -> LatencySketch {
        values.reduce(into: LatencySketch()) { $0.record(seconds: $1) }
    }

    /// Spread evenly over the magnitudes from 1 µs to 1 h.
    private func randomValues(_ count: Int, _ random: inout SplitMix64) -> [Double] {
        (0..<count).map { _ in
            let exponent = Double.random(in: 0...9.556, using: &random)
            return min(pow10(exponent) * 1e-6, 3600)
        }
    }

    private func pow10(_ x: Double) -> Double {
        var result = 1.0
        for _ in 0..<Int(x) { result *= 10 }
        // Good enough between decades: any number in 1 … 10 will do.
        return result * (1 + 9 * (x - x.rounded(.down)))
    }

    private func repacked(_ sketch: LatencySketch) -> LatencySketch {
        LatencySketch(packed: sketch.packed) ?? LatencySketch()
    }

    private func isClose(_ a: Double?, _ b: Double, within share: Double = 0.01) -> Bool {
        guard let a else { return false }
        return abs(a - b) <= share * b
    }

    @Test func anEmptySketchHasNoAnswers() {
        let empty = LatencySketch()
        #expect(empty.count == 0)
        #expect(empty.percentile(95) == nil)
        #expect(empty.mean == nil)
        #expect(empty.max == nil)
    }

    @Test func ninetyNineValuesAreExact() {
        var random = SplitMix64(seed: 1)
        for count in [1, 2, 3, 19, 20, 21, 50, 98, 99] {
            let values = randomValues(count, &random)
            let sketch = sketch(values)
            for p in percentiles {
                #expect(sketch.percentile(p) == nearestRank(values, p), "\(count) values, p\(p)")
            }
        }
    }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func manyValuesAreWithinOnePercent(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for count in [100, 101, 1000, 20_000] {
            let values = randomValues(count, &random)
            let sketch = sketch(values)
            for p in percentiles {
                #expect(isClose(sketch.percentile(p), nearestRank(values, p)), "\(count), p\(p)")
            }
            #expect(sketch.max == values.max())
            #expect(isClose(sketch.mean, values.reduce(0, +) / Double(count), within: 1e-6))
        }
    }

    @Test func everyBinHoldsWhatItSaysWithinOnePercent() {
        // Both ends of every bin are the hardest values for it.
        for bin in 1..<2028 {
            let value = LatencyBins.value(of: bin)
            #expect(LatencyBins.index(of: value) == bin)
            let low = value * (1 - 0.00774)
            let high = value * (1 + 0.00774)
            for end in [low, high] where end >= 1e-6 && end < 3600 {
                #expect(isClose(LatencyBins.value(of: LatencyBins.index(of: end)), end))
            }
        }
        #expect(LatencyBins.index(of: 1e-6) == 1)
        #expect(LatencyBins.index(of: 3600) < LatencyBins.count)
    }

    @Test func rankIsNotPushedUpByRounding() {
        // 99.9 % of 1000 is rank 999 exactly, whatever 0.999 is in binary.
        let values = (1...1000).map { $0 < 1000 ? 0.001 : 100 }
        #expect(isClose(sketch(values).percentile(99.9), 0.001))
        let ninety = (1...90).map { Double($0) }
        #expect(sketch(ninety).percentile(70) == 63)
    }

    @Test func strangeValuesDoNoHarm() {
        for filling in [0, 200] {
            var sketch = sketch(Array(repeating: 0.5, count: filling))
            sketch.record(seconds: .nan)
            #expect(sketch.count == filling)
            sketch.record(seconds: 0)
            sketch.record(seconds: -0.0)
            sketch.record(seconds: -5)
            sketch.record(seconds: 1e-9)
            sketch.record(seconds: 7200)
            sketch.record(seconds: .infinity)
            #expect(sketch.count == filling + 6)
            #expect(sketch.max == 3600)
            #expect(sketch.percentile(100) == 3600)
            #expect((sketch.percentile(1) ?? 1) <= 1e-6)
        }
    }

    @Test func zerosStayZero() {
        #expect(sketch(Array(repeating: 0, count: 500)).percentile(95) == 0)
    }

    @Test(arguments: [UInt64(11), 12, 13])
    func mergingEqualsRecordingAll(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var whole: [Double] = []
        var merged = LatencySketch()
        for _ in 0..<30 {
            let part = randomValues(Int.random(in: 0...300, using: &random), &random)
            var other = sketch(part)
            if Bool.random(using: &random) { other = repacked(other) }
            if Int.random(in: 0..<4, using: &random) == 0 { merged = repacked(merged) }
            merged.merge(other)
            whole += part
            #expect(merged == sketch(whole))
            for p in percentiles where !whole.isEmpty {
                #expect(isClose(merged.percentile(p), nearestRank(whole, p)))
            }
        }
    }

    @Test(arguments: [UInt64(21), 22, 23])
    func subtractingLeavesTheRest(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let parts = (0..<20).map { _ in
            randomValues(Int.random(in: 1...200, using: &random), &random)
        }
        var total = LatencySketch()
        for part in parts { total.merge(sketch(part)) }
        for cut in 1..<parts.count {
            total.subtract(sketch(parts[cut - 1]))
            let rest = parts[cut...].flatMap { $0 }
            #expect(total.count == rest.count)
            for p in percentiles {
                #expect(isClose(total.percentile(p), nearestRank(rest, p)))
            }
            #expect(isClose(total.mean, rest.reduce(0, +) / Double(rest.count), within: 1e-6))
            #expect(isClose(total.max, rest.max() ?? 0))
        }
        total.subtract(sketch(parts[parts.count - 1]))
        #expect(total == LatencySketch())
    }

    @Test func fewValuesStayExactThroughSubtraction() {
        var total = sketch([0.1, 0.2, 0.3, 0.3])
        total.subtract(sketch([0.3, 0.1]))
        #expect(total == sketch([0.2, 0.3]))
        #expect(total.max == 0.3)
        #expect(total.isExact)
    }

    @Test func whatWasNeverInItIsNotTakenAway() {
        var total = sketch(Array(repeating: 1, count: 150))
        total.subtract(sketch(Array(repeating: 2, count: 200)))
        #expect(total.count == 150)
        #expect(isClose(total.percentile(50), 1))
    }

    @Test func sumsDoNotDrift() {
        var total = LatencySketch()
        let large = sketch(Array(repeating: 3599.9, count: 150))
        let small = sketch(Array(repeating: 1e-6, count: 150))
        total.merge(small)
        for _ in 0..<1000 {
            total.merge(large)
            total.subtract(large)
        }
        #expect(total.mean == 1e-6)
    }

    @Test(arguments: [0, 1, 99, 100, 5000])
    func aCheckpointBringsItBack(count: Int) throws {
        var random = SplitMix64(seed: 5)
        let sketch = sketch(randomValues(count, &random))
        let data = try JSONEncoder().encode(sketch)
        #expect(try JSONDecoder().decode(LatencySketch.self, from: data) == sketch)
    }

    @Test(arguments: [1, 2, 99]) func fewPackedValuesAreReadWhereTheyLie(count: Int) {
        let sketch = LatencySketch((0..<count).map { Double($0) / 100 })
        let bytes = sketch.packed
        #expect(bytes.withUnsafeBytes { PackedValues($0).map(Array.init) } == sketch.bitPatterns)
        let cut = bytes.dropLast()
        #expect(cut.withUnsafeBytes { PackedValues($0) == nil })
    }

    @Test(arguments: [0, 100]) func nothingAndAHistogramAreNoFewValues(count: Int) {
        let bytes = LatencySketch((0..<count).map { Double($0) / 100 }).packed
        #expect(bytes.withUnsafeBytes { PackedValues($0) == nil })
    }

    @Test func aClosedSliceIsSmallInACheckpoint() throws {
        var random = SplitMix64(seed: 6)
        // Latencies of an ordinary service: 5 … 500 ms.
        let values = (0..<100_000).map { _ in Double.random(in: 0.005...0.5, using: &random) }
        #expect(try JSONEncoder().encode(sketch(values)).count < 5000)
    }

    @Test func anOutlierThatLeftCostsNothing() {
        var random = SplitMix64(seed: 7)
        let ordinary = (0..<1000).map { _ in Double.random(in: 0.01...0.05, using: &random) }
        var total = sketch(ordinary)
        let outliers = sketch([1e-6, 3000])
        for _ in 0..<3 {
            total.merge(outliers)
            #expect(isClose(total.percentile(100), 3000))
            total.subtract(outliers)
            #expect(total == sketch(ordinary) || !total.maximumIsExact)
            #expect(isClose(total.percentile(95), nearestRank(ordinary, 95)))
        }
    }

    /// Whatever a damaged checkpoint holds: it is refused, or it is a sketch that makes sense.
    @Test(arguments: [UInt64(31), 32, 33])
    func damagedBytesAreRefusedOrMakeSense(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var refused = 0
        for count in [1, 5, 99, 100, 3000] {
            let packed = sketch(randomValues(count, &random)).packed
            for _ in 0..<300 {
                var bytes = packed
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
                case 1:
                    let at = Int.random(in: 0..<min(40, bytes.count), using: &random)
                    bytes[at] = UInt8.random(in: .min ... .max, using: &random)
                default: bytes.append(UInt8.random(in: .min ... .max, using: &random))
                }
                guard let sketch = LatencySketch(packed: bytes) else {
                    refused += 1
                    continue
                }
                let p95 = sketch.percentile(95) ?? 0
                #expect(p95 >= 0 && p95 <= 3600)
                #expect(sketch.count < 1 << 52)
                #expect(LatencySketch(packed: sketch.packed) == sketch)
            }
        }
        #expect(refused > 300)
    }

    @Test(arguments: ["{}", "12", "\"a\"", "\"AA==\"", "\"/w==\"", "\"AQAAAAAAAPB/\""])
    func aDamagedCheckpointIsRefused(text: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(LatencySketch.self, from: Data(text.utf8))
        }
    }
}
