// A checkpoint survives a crash, and so may what a disk made of it: whatever is in it is refused, or
// gives windows that go on working.

import FoundationEssentials
import Testing

@testable import WatchCore

@Suite struct DamagedWindowsTests {
    private func filled() -> SignalWindows {
        var needs = SignalNeeds()
        needs.patterns = ["panic": [.minutes(1)]]
        needs.routes = [.minutes(1)]
        needs.audiences = ["client": [.minutes(1)]]
        needs.restarts = [.minutes(10)]
        var windows = SignalWindows(widths: [.seconds(5), .minutes(1), .hours(1)], needs: needs)
        windows.restart(at: .seconds(1000))
        windows.uncover(from: .seconds(1010), to: .seconds(1012))
        for second in Int64(1000)..<1060 {
            var slice = StreamBatch.Slice(
                second: second, count: 150, errors: 3, latency: LatencySketch())
            for step in 0..<150 { slice.latency.record(seconds: 0.01 + Double(step) / 1000) }
            slice.patterns["panic"] = 1
            slice.routes.record("/a", isError: true)
            slice.audiences["client", default: Audience()].record(
                hash: UInt64(second) << 40, isError: false)
            _ = windows.merge(slice, now: .seconds(Double(second) + 1))
        }
        windows.recordRestarts(1, at: .seconds(1060))
        return windows
    }

    private func exercise(_ windows: SignalWindows) {
        var windows = windows
        for now in [1061.0, 1062, 4000, 400_000] {
            let now = Instant.seconds(now)
            let slice = StreamBatch.Slice(
                second: now.second - 1, count: 1, errors: 0, latency: LatencySketch())
            _ = windows.merge(slice, now: now)
            for width in windows.widths { _ = windows.sums(width: width, now: now) }
            _ = windows.matches("panic", width: .minutes(1), now: now)
            _ = windows.routes(width: .minutes(1), now: now)
            _ = windows.audience("client", width: .minutes(1), now: now)
            windows.restart(at: now)
        }
    }

    @Test(arguments: (1...4).map { UInt64($0) })
    func numbersAndTextsThatChangedAreRefusedOrHarmless(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let good = Array(try JSONEncoder().encode(filled()))
        let digits = good.indices.filter { (48...57).contains(good[$0]) }
        var refused = 0
        for _ in 0..<50 {
            var bytes = good
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let at = digits[Int.random(in: 0..<digits.count, using: &random)]
                bytes.insert(contentsOf: Array("99999999999999".utf8), at: at)
            case 1:
                let at = digits[Int.random(in: 0..<digits.count, using: &random)]
                bytes[at] = UInt8.random(in: 48...57, using: &random)
            case 2:
                let at = digits[Int.random(in: 0..<digits.count, using: &random)]
                bytes.insert(UInt8(ascii: "-"), at: at)
            default: bytes.remove(at: Int.random(in: 0..<bytes.count, using: &random))
            }
            if let windows = try? JSONDecoder().decode(SignalWindows.self, from: Data(bytes)) {
                exercise(windows)
            } else {
                refused += 1
            }
        }
        #expect(refused > 7)
    }
}
