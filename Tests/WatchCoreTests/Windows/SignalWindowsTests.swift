// The windows against a naive recount of every observation ever made.

import FoundationEssentials
import Testing

@testable import WatchCore

/// `#expect` calls nothing that mutates a value, so the windows are kept behind a reference.
private final class Watched {
    var windows: SignalWindows

    init(_ widths: [Duration]) { windows = SignalWindows(widths: widths) }

    var lastObservation: Instant? { windows.lastObservation }

    @discardableResult
    func merge(_ slice: StreamBatch.Slice, now: Instant) -> Bool {
        windows.merge(slice, now: now)
    }

    func record(at time: Instant, isError: Bool, latency: Double?) {
        windows.record(at: time, isError: isError, latency: latency)
    }

    func sums(width: Duration, now: Instant) -> SignalWindows.Sums {
        windows.sums(width: width, now: now)
    }

    func restart(at instant: Instant) { windows.restart(at: instant) }
    func uncover(from: Instant, to: Instant) { windows.uncover(from: from, to: to) }
}

@Suite struct SignalWindowsTests {
    private func slice(
        _ second: Int64, count: Int, errors: Int = 0, latencies: [Double] = []
    ) -> StreamBatch.Slice {
        var latency = LatencySketch()
        for value in latencies { latency.record(seconds: value) }
        return StreamBatch.Slice(second: second, count: count, errors: errors, latency: latency)
    }

    private func started(_ widths: Duration..., at second: Double = 1000) -> Watched {
        let windows = Watched(widths)
        windows.restart(at: .seconds(second))
        return windows
    }

    @Test func aWholeSecondSeesExactlyTheLastW() {
        let windows = started(.seconds(10))
        for second in 1000..<1100 {
            windows.merge(slice(Int64(second), count: 1), now: .seconds(Double(second) + 0.5))
        }
        #expect(windows.sums(width: .seconds(10), now: .seconds(1100)).count == 10)
        // Half a second on, the oldest slice began before the window.
        #expect(windows.sums(width: .seconds(10), now: .seconds(1100.5)).count == 9)
        #expect(windows.sums(width: .seconds(10), now: .seconds(1109)).count == 1)
        #expect(windows.sums(width: .seconds(10), now: .seconds(1110)).count == 0)
    }

    @Test func aWidthNobodyAskedForIsEmpty() {
        let windows = started(.seconds(10))
        windows.record(at: .seconds(1001), isError: true, latency: 0.1)
        #expect(windows.sums(width: .seconds(20), now: .seconds(1002)) == SignalWindows.Sums())
        #expect(windows.windows.widths == [.seconds(10)])
    }

    @Test func aLateLineGoesIntoItsSliceAsLongAsAWindowCoversIt() {
        let windows = started(.seconds(10), .seconds(60), at: 0)
        let now = Instant.seconds(1000)
        #expect(windows.merge(slice(995, count: 1), now: now))
        #expect(windows.merge(slice(950, count: 1), now: now))
        #expect(!windows.merge(slice(939, count: 1), now: now))
        #expect(windows.sums(width: .seconds(10), now: now).count == 1)
        #expect(windows.sums(width: .seconds(60), now: now).count == 2)
    }

    @Test func aLineThatNoSliceTakesIsLateAlsoInAWideWindow() {
        // An hour has slices of a minute: the one of second 0 begins before the window does.
        let windows = started(.hours(1), at: 0)
        #expect(!windows.merge(slice(59, count: 1), now: .seconds(3630)))
        #expect(windows.merge(slice(60, count: 1), now: .seconds(3630)))
    }

    @Test func aLineTenSecondsAheadCountsAndOneFurtherAheadDoesNot() {
        let windows = started(.seconds(10))
        let now = Instant.seconds(1010)
        #expect(windows.merge(slice(1020, count: 1), now: now))
        #expect(!windows.merge(slice(1021, count: 1), now: now))
        #expect(!windows.merge(slice(.max, count: 1), now: now))
        #expect(!windows.merge(slice(.min, count: 1), now: now))
        #expect(windows.sums(width: .seconds(10), now: now).count == 1)
        #expect(windows.sums(width: .seconds(10), now: .seconds(1030)).count == 1)
        #expect(windows.sums(width: .seconds(10), now: .seconds(1031)).count == 0)
    }

    @Test func aRestartInThePastCutsBackToThatMoment() {
        let windows = started(.minutes(2))
        for second in 1000..<1060 {
            windows.merge(
                slice(Int64(second), count: 1, errors: second < 1040 ? 1 : 0),
                now: .seconds(Double(second) + 1))
        }
        windows.restart(at: .seconds(1040))
        let sums = windows.sums(width: .minutes(2), now: .seconds(1060))
        #expect(sums.count == 20)
        #expect(sums.errors == 0)
        #expect(sums.covered == .seconds(20))
    }

    @Test func stragglersFromBeforeTheRestartDoNotCountAndAreNotLate() {
        let windows = started(.minutes(2))
        windows.restart(at: .seconds(1040.2))
        #expect(windows.merge(slice(1039, count: 5, errors: 5), now: .seconds(1041)))
        // Half of this second belongs to the release before.
        #expect(windows.merge(slice(1040, count: 5, errors: 5), now: .seconds(1041)))
        windows.record(at: .seconds(1040.1), isError: true, latency: 1)
        #expect(windows.sums(width: .minutes(2), now: .seconds(1041)).count == 0)
        windows.record(at: .seconds(1040.2), isError: false, latency: 1)
        #expect(windows.merge(slice(1041, count: 5), now: .seconds(1042)))
        #expect(windows.sums(width: .minutes(2), now: .seconds(1042)).count == 6)
    }

    @Test func aWideWindowCountsFromTheRestartOnInsideItsSlice() {
        let windows = started(.hours(1), at: 0)
        windows.merge(slice(3601, count: 7), now: .seconds(3602))
        windows.restart(at: .seconds(3610))
        windows.merge(slice(3611, count: 2), now: .seconds(3612))
        #expect(windows.sums(width: .hours(1), now: .seconds(3612)).count == 2)
    }

    @Test func aRestartNeverGoesBack() {
        let windows = started(.minutes(2), at: 1050)
        windows.restart(at: .seconds(1000))
        #expect(windows.sums(width: .minutes(2), now: .seconds(1060)).covered == .seconds(10))
    }

    @Test func aRestartAtTheSameInstantCutsOffNothingMore() {
        // Announced, and read with a question that was asked at that very moment.
        let windows = started(.minutes(2))
        windows.restart(at: .seconds(1040.2))
        windows.record(at: .seconds(1040.4), isError: false, latency: 1)
        windows.restart(at: .seconds(1040.2))
        #expect(windows.sums(width: .minutes(2), now: .seconds(1041)).count == 1)
    }

    @Test func nothingIsCoveredBeforeTheStart() {
        let windows = Watched([.minutes(1)])
        #expect(windows.sums(width: .minutes(1), now: .seconds(500)).covered == .zero)
        windows.restart(at: .seconds(500))
        #expect(windows.sums(width: .minutes(1), now: .seconds(500)).covered == .zero)
        #expect(windows.sums(width: .minutes(1), now: .seconds(530)).covered == .seconds(30))
        #expect(windows.sums(width: .minutes(1), now: .seconds(700)).covered == .minutes(1))
    }

    @Test func gapsAreNotCoveredUntilTheyLeaveTheWindow() {
        let windows = started(.minutes(1))
        windows.uncover(from: .seconds(1100), to: .seconds(1110))
        windows.uncover(from: .seconds(1105), to: .seconds(1120))
        windows.uncover(from: .seconds(1130), to: .seconds(1130))
        windows.uncover(from: .seconds(1140), to: .seconds(1130))
        #expect(windows.sums(width: .minutes(1), now: .seconds(1120)).covered == .seconds(40))
        #expect(windows.sums(width: .minutes(1), now: .seconds(1170)).covered == .seconds(50))
        #expect(windows.sums(width: .minutes(1), now: .seconds(1180)).covered == .minutes(1))
    }

    @Test func aGapLongerThanTheWindowLeavesNothingCovered() {
        let windows = started(.minutes(1))
        windows.uncover(from: .seconds(1010), to: .seconds(2000))
        #expect(windows.sums(width: .minutes(1), now: .seconds(2000)).covered == .zero)
    }

    @Test func manyGapsAreBoundedAndNeverOverstateCoverage() {
        let windows = started(.days(3), at: 0)
        for gap in 0..<1000 {
            windows.uncover(
                from: .seconds(Double(gap * 10)), to: .seconds(Double(gap * 10 + 5)))
        }
        let covered = windows.sums(width: .days(3), now: .seconds(10_000)).covered
        #expect(covered <= .seconds(5000))
        #expect(covered >= .seconds(100))
    }

    @Test func aClockThatGoesBackChangesNothing() {
        let windows = started(.seconds(10))
        windows.merge(slice(1000, count: 1), now: .seconds(1001))
        #expect(windows.sums(width: .seconds(10), now: .seconds(1050)).count == 0)
        #expect(windows.sums(width: .seconds(10), now: .seconds(1001)).count == 0)
        #expect(!windows.merge(slice(1000, count: 1), now: .seconds(1001)))
    }

    @Test func toBeAskedOftenWithinASecondChangesNothingThatIsKept() throws {
        let widths = [Duration.seconds(10), .minutes(6)]
        let often = started(widths[0], widths[1])
        let seldom = started(widths[0], widths[1])
        for second in 1000..<1500 {
            let slice = slice(Int64(second), count: 2, errors: second % 2, latencies: [0.1, 0.2])
            let now = Instant.seconds(Double(second) + 0.9)
            for tenth in 0..<9 {
                let now = Instant.seconds(Double(second) + Double(tenth) / 10)
                _ = often.sums(width: widths[tenth % 2], now: now)
            }
            #expect(often.merge(slice, now: now) == seldom.merge(slice, now: now))
        }
        #expect(often.windows == seldom.windows)
        let stored = try JSONEncoder().encode(often.windows)
        // As old checkpoints have it.
        let text = String(decoding: stored, as: UTF8.self)
        #expect(text.contains("lastObservation") && !text.contains("settled"))
        let back = try JSONDecoder().decode(SignalWindows.self, from: stored)
        #expect(back == seldom.windows)
        // And what was read goes on as the other would.
        let read = Watched(widths)
        read.windows = back
        for width in widths {
            let now = Instant.seconds(1503.5)
            #expect(read.sums(width: width, now: now) == seldom.sums(width: width, now: now))
        }
    }

    @Test func theLastObservationIsRemembered() {
        let windows = started(.seconds(10))
        #expect(windows.lastObservation == nil)
        windows.record(at: .seconds(1003), isError: false, latency: nil)
        #expect(windows.lastObservation == .seconds(1003))
        windows.merge(slice(1005, count: 1), now: .seconds(1005.5))
        #expect(windows.lastObservation == .seconds(1005.5))
        windows.restart(at: .seconds(1006))
        #expect(windows.lastObservation == .seconds(1005.5))
    }

    @Test func aProbeWithoutLatencyIsCountedOnly() {
        let windows = started(.seconds(10))
        windows.record(at: .seconds(1001), isError: true, latency: nil)
        let sums = windows.sums(width: .seconds(10), now: .seconds(1002))
        #expect(sums.count == 1 && sums.errors == 1 && sums.latency.count == 0)
    }

    @Test func percentilesBecomeExactAgainWhenTrafficEbbs() {
        let windows = started(.minutes(1))
        for second in 0..<30 {
            windows.merge(
                slice(
                    Int64(1000 + second), count: 50, latencies: Array(repeating: 3, count: 50)),
                now: .seconds(Double(1001 + second)))
        }
        let few = [0.101, 0.202, 0.303]
        windows.merge(slice(1050, count: 3, latencies: few), now: .seconds(1051))
        let sums = windows.sums(width: .minutes(1), now: .seconds(1095))
        #expect(sums.latency.count == 3)
        #expect(sums.latency.isExact)
        #expect(sums.latency.percentile(50) == 0.202)
        #expect(sums.latency.max == 0.303)
    }

    @Test func theMaximumIsThatOfTheWindow() {
        let windows = started(.minutes(1))
        for second in 0..<100 {
            let values = (0..<200).map { Double($0) / 1000 + Double(100 - second) }
            windows.merge(
                slice(Int64(1000 + second), count: 200, latencies: values),
                now: .seconds(Double(1001 + second)))
        }
        let latest = windows.sums(width: .minutes(1), now: .seconds(1100))
        #expect(latest.latency.max == 60.199)
    }

    @Test(arguments: [5, 59, 61, 90, 300, 301, 3600, 86400, 259_200])
    func memoryIsBoundedAtAnyWidth(seconds: Int) throws {
        let windows = started(.seconds(seconds), at: 0)
        let step = max(1, seconds / 500)
        for second in stride(from: 0, to: seconds * 3, by: step) {
            windows.merge(
                slice(Int64(second), count: 1), now: .seconds(Double(second + step)))
        }
        let text = String(decoding: try JSONEncoder().encode(windows.windows), as: UTF8.self)
        #expect(text.count < 20_000)
    }
}
