// Patterns, unparsed lines, routes, audiences and restarts: what is kept is what is asked for.

import FoundationEssentials
import Testing

@testable import WatchCore

/// `#expect` calls nothing that mutates a value, so the windows are kept behind a reference.
private final class Watched {
    var windows: SignalWindows

    init(_ windows: SignalWindows) { self.windows = windows }

    var needs: SignalNeeds { windows.needs }
    func restart(at instant: Instant) { windows.restart(at: instant) }

    @discardableResult
    func merge(_ slice: StreamBatch.Slice, now: Instant) -> Bool {
        windows.merge(slice, now: now)
    }

    func recordUnparsed(_ unparsed: Int, lines: Int, at: Instant) {
        windows.recordUnparsed(unparsed, lines: lines, at: at)
    }

    func recordRestarts(_ count: Int, at: Instant) { windows.recordRestarts(count, at: at) }

    func sums(width: Duration, now: Instant) -> SignalWindows.Sums {
        windows.sums(width: width, now: now)
    }

    func matches(_ pattern: String, width: Duration, now: Instant) -> SignalWindows.Tallied {
        windows.matches(pattern, width: width, now: now)
    }

    func unparsed(width: Duration, now: Instant) -> SignalWindows.Shared {
        windows.unparsed(width: width, now: now)
    }

    func restarts(width: Duration, now: Instant) -> SignalWindows.Tallied {
        windows.restarts(width: width, now: now)
    }

    func routes(width: Duration, now: Instant) -> RouteTallies {
        windows.routes(width: width, now: now).tallies
    }

    func audience(width: Duration, now: Instant) -> (audience: Audience, covered: Duration) {
        windows.audience("client", width: width, now: now)
    }
}

@Suite struct SignalWindowsNeedsTests {
    private static let needs: SignalNeeds = {
        var needs = SignalNeeds()
        needs.patterns = ["panic": [.minutes(1), .minutes(10)], "loss": [.minutes(1)]]
        needs.unparsed = [.minutes(5)]
        needs.restarts = [.minutes(10)]
        needs.routes = [.minutes(2)]
        needs.audiences = ["client": [.minutes(5)]]
        return needs
    }()

    private func started(_ needs: SignalNeeds = needs) -> Watched {
        let windows = Watched(SignalWindows(widths: [.minutes(1)], needs: needs))
        windows.restart(at: .seconds(1000))
        return windows
    }

    private func slice(_ second: Int64, _ change: (inout StreamBatch.Slice) -> Void)
        -> StreamBatch.Slice
    {
        var slice = StreamBatch.Slice(
            second: second, count: 1, errors: 0, latency: LatencySketch())
        change(&slice)
        return slice
    }

    @Test func whatIsNeededIsKnown() {
        #expect(started().needs == Self.needs)
        #expect(SignalWindows(widths: [.minutes(1)]).needs.isEmpty)
    }

    @Test func whatNobodyAsksForIsNotKept() {
        let windows = started(SignalNeeds())
        var other = slice(1001) { $0.patterns = ["panic": 3] }
        other.routes.record("/a", isError: true)
        windows.merge(other, now: .seconds(1002))
        windows.recordUnparsed(3, lines: 4, at: .seconds(1002))
        windows.recordRestarts(1, at: .seconds(1002))
        #expect(windows.matches("panic", width: .minutes(1), now: .seconds(1003)).count == 0)
        #expect(windows.routes(width: .minutes(2), now: .seconds(1003)).isEmpty)
        #expect(windows.unparsed(width: .minutes(5), now: .seconds(1003)).whole == 0)
        #expect(windows.restarts(width: .minutes(10), now: .seconds(1003)).count == 0)
        #expect(
            windows.audience(width: .minutes(5), now: .seconds(1003)).covered == .zero)
    }

    private func busy(_ windows: SignalWindows) -> SignalWindows {
        var windows = windows
        windows.restart(at: .seconds(1000))
        for second in Int64(1001)..<1200 {
            let slice = StreamBatch.Slice(
                second: second, count: 2, errors: 1, latency: LatencySketch([0.1, 0.3]))
            _ = windows.merge(slice, now: .seconds(Double(second) + 1))
        }
        return windows
    }

    @Test func latenciesAreKeptInTheWindowsThatAreAskedForThem() {
        let windows = Watched(
            busy(SignalWindows(widths: [.minutes(1), .minutes(5)], latencies: [.minutes(5)])))
        let now = Instant.seconds(1200)
        #expect(windows.sums(width: .minutes(1), now: now).count == 120)
        #expect(windows.sums(width: .minutes(1), now: now).latency.isEmpty)
        #expect(windows.sums(width: .minutes(5), now: now).count == 398)
        #expect(windows.sums(width: .minutes(5), now: now).latency.count == 398)
        #expect(windows.sums(width: .minutes(5), now: now).latency.max == 0.3)
    }

    @Test func windowsAreTakenOverWithoutWhatNobodyAsksForAnyMore() {
        let all = busy(SignalWindows(widths: [.minutes(1), .minutes(5)]))
        let fresh = SignalWindows(widths: [.minutes(1), .minutes(5)], latencies: [.minutes(5)])
        let taken = fresh.takingOver(all)
        #expect(
            taken
                == busy(
                    SignalWindows(widths: [.minutes(1), .minutes(5)], latencies: [.minutes(5)])))
        // What was not kept cannot be made up.
        #expect(taken.flatMap(all.takingOver) == nil)
        #expect(SignalWindows(widths: [.minutes(1)]).takingOver(all) == nil)
        #expect(SignalWindows(widths: all.widths, needs: Self.needs).takingOver(all) == nil)
    }

    @Test func eachPatternIsCountedByItselfInEachWindow() {
        let windows = started()
        for second in Int64(1000)..<1300 {
            let one = slice(second) { $0.patterns = second % 2 == 0 ? ["panic": 2] : ["loss": 1] }
            windows.merge(one, now: .seconds(Double(second) + 0.5))
        }
        let now = Instant.seconds(1300)
        #expect(windows.matches("panic", width: .minutes(1), now: now).count == 60)
        #expect(windows.matches("loss", width: .minutes(1), now: now).count == 30)
        #expect(windows.matches("panic", width: .minutes(10), now: now).count == 300)
        #expect(windows.matches("panic", width: .minutes(10), now: now).covered == .minutes(5))
        // Nobody asked for that one.
        #expect(windows.matches("loss", width: .minutes(10), now: now) == .init())
    }

    @Test func aLateLineCountsInTheWindowsThatStillCoverIt() {
        let windows = started()
        let late = slice(1100) { $0.patterns = ["panic": 1, "loss": 1] }
        // The window of counts has left it behind, a pattern's has not.
        #expect(windows.merge(late, now: .seconds(1400)))
        #expect(windows.sums(width: .minutes(1), now: .seconds(1400)).count == 0)
        #expect(windows.matches("panic", width: .minutes(10), now: .seconds(1400)).count == 1)
        #expect(windows.matches("loss", width: .minutes(1), now: .seconds(1400)).count == 0)
        #expect(!windows.merge(slice(1100) { $0.patterns = ["panic": 1] }, now: .seconds(1701)))
    }

    @Test func aDeploymentRestartsThemAll() {
        let windows = started()
        var busy = slice(1005) { $0.patterns = ["panic": 1] }
        busy.routes.record("/a", isError: true)
        busy.audiences["client"] = {
            var audience = Audience()
            audience.record(hash: 1, isError: true)
            return audience
        }()
        windows.merge(busy, now: .seconds(1006))
        windows.recordUnparsed(1, lines: 9, at: .seconds(1006))
        windows.recordRestarts(2, at: .seconds(1006))
        windows.restart(at: .seconds(1007))
        let now = Instant.seconds(1010)
        // Late lines of the release before do not count for the new one.
        #expect(windows.merge(busy, now: now))
        windows.recordRestarts(1, at: now)
        #expect(windows.matches("panic", width: .minutes(1), now: now).count == 0)
        #expect(windows.unparsed(width: .minutes(5), now: now).whole == 0)
        #expect(windows.restarts(width: .minutes(10), now: now).count == 1)
        #expect(windows.routes(width: .minutes(2), now: now).isEmpty)
        #expect(windows.audience(width: .minutes(5), now: now).audience.isEmpty)
        #expect(windows.matches("panic", width: .minutes(1), now: now).covered == .seconds(3))
    }

    @Test func moreUnparsedThanLinesIsNoShareOverOne() {
        let windows = started()
        windows.recordUnparsed(5, lines: 3, at: .seconds(1001))
        windows.recordUnparsed(1, lines: 0, at: .seconds(1001))
        let shared = windows.unparsed(width: .minutes(5), now: .seconds(1002))
        #expect(shared.part == 3 && shared.whole == 3)
    }

    @Test func manyClientsAreCountedWithinTheStatedError() {
        let windows = started()
        for second in Int64(1000)..<1300 {
            var audience = Audience()
            for client in 0..<100 {
                let id = Int(second) * 50 + client
                audience.record(
                    hash: withUnsafeBytes(of: id) { Audience.hash($0) }, isError: id % 4 == 0)
            }
            windows.merge(
                slice(second) { $0.audiences["client"] = audience },
                now: .seconds(Double(second) + 1))
            // Reading in between must not disturb what is kept for the next read.
            _ = windows.audience(width: .minutes(5), now: .seconds(Double(second) + 1))
        }
        let audience = windows.audience(width: .minutes(5), now: .seconds(1300)).audience
        let all = 300 * 50 + 50.0
        #expect(abs(audience.all / all - 1) < 3 * 0.0163)
        #expect(abs(audience.affected / (all / 4) - 1) < 3 * 0.0163)
    }

    /// A client that invents paths and names cannot fill the memory.
    @Test func memoryIsBoundedAgainstInventedNames() throws {
        let windows = started()
        var sizes: [Int] = []
        for second in Int64(1000)..<2600 {
            var crowd = slice(second) { $0.patterns = ["panic": 1] }
            var audience = Audience()
            for client in 0..<250 {
                crowd.routes.record("/\(second)/\(client)", isError: true)
                let id = second * 1000 + Int64(client)
                audience.record(hash: withUnsafeBytes(of: id) { Audience.hash($0) }, isError: true)
            }
            crowd.audiences["client"] = audience
            windows.merge(crowd, now: .seconds(Double(second) + 1))
            if second % 200 == 199 { sizes.append(try JSONEncoder().encode(windows.windows).count) }
        }
        // Two sketches of 5.5 KB and 200 routes for each of 60 slices.
        #expect(sizes.allSatisfy { $0 < 60 * (11_200 + 200 * 12) })
    }
}
