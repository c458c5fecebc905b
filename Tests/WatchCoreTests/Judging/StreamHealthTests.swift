// A log that cannot be believed must make its triggers blind.

import FoundationEssentials
import Testing

@testable import WatchCore

@Suite struct StreamHealthTests {
    private func batch(
        lines: Int = 0, unparsed: Int = 0, early: Int = 0, tooLong: Int = 0, dropped: Int = 0,
        source: StreamBatch.Source = .reading
    ) -> StreamBatch {
        var losses = StreamBatch.Losses()
        losses.unparsed = unparsed
        losses.early = early
        losses.tooLong = tooLong
        losses.dropped = dropped
        return StreamBatch(lines: lines, losses: losses, source: source)
    }

    private func blindness(
        _ batches: [StreamBatch], late: Int = 0, at: Double? = nil, noDataAfter: Duration? = nil
    ) -> String? {
        var health = StreamHealth()
        for (second, batch) in batches.enumerated() {
            health.record(batch, late: late, now: .seconds(Double(second)))
        }
        return health.blindness(
            now: .seconds(at ?? Double(batches.count)), noDataAfter: noDataAfter)
    }

    @Test func aStreamThatParsesIsBelieved() {
        #expect(blindness([batch(lines: 1000)]) == nil)
        #expect(blindness([]) == nil)
    }

    @Test func whatCannotBeReadIsBlindUntilItCan() {
        let gone = batch(source: .unreadable("no such file"))
        #expect(blindness([gone]) == "unreadable: no such file")
        #expect(blindness([gone, batch()]) == nil)
    }

    @Test func moreThanAFifthUnparsedIsBlind() {
        #expect(blindness([batch(lines: 100, unparsed: 20)]) == nil)
        #expect(blindness([batch(lines: 100, unparsed: 21)])?.hasPrefix("unparsed: 21") ?? false)
        #expect(
            blindness([batch(lines: 100, unparsed: 15, tooLong: 6)])?.hasPrefix("unparsed")
                ?? false)
    }

    @Test func aFewLinesSayNothingOfTheFormat() {
        #expect(blindness([batch(lines: 9, unparsed: 9)]) == nil)
        #expect(blindness([batch(lines: 5, unparsed: 5), batch(lines: 5, unparsed: 5)]) != nil)
    }

    @Test func moreThanHalfLateOrEarlyIsAClockProblem() {
        #expect(blindness([batch(lines: 100, early: 50)]) == nil)
        #expect(blindness([batch(lines: 100, early: 51)])?.hasPrefix("clock") ?? false)
        #expect(
            blindness([batch(lines: 100, early: 11)], late: 40)?.hasPrefix("clock") ?? false)
    }

    @Test func aWrongClockIsToldWithDirectionAndSize() {
        var early = batch(lines: 20, early: 20)
        early.earlyBy = .hours(3) + .seconds(10)
        let ahead = blindness([early]) ?? ""
        #expect(ahead.hasPrefix("clock: 20 of 20 lines are 3h in the future: "), "\(ahead)")
        var health = StreamHealth()
        health.record(batch(lines: 20), late: 20, lateBy: .minutes(90), now: .seconds(1))
        let behind = health.blindness(now: .seconds(2), noDataAfter: nil) ?? ""
        #expect(behind.hasPrefix("clock: 20 of 20 lines are 1h30m old: "), "\(behind)")
        // A few seconds are no minutes.
        early.earlyBy = .seconds(14)
        #expect(blindness([early])?.contains("are 14s in the future") ?? false)
    }

    @Test func linesOfWhichNoneCanBeUsedAreRemembered() throws {
        var health = StreamHealth()
        health.record(batch(lines: 5, unparsed: 3, early: 1, tooLong: 1), late: 0, now: .seconds(1))
        health.record(batch(lines: 2), late: 2, now: .seconds(2))
        #expect(health.lastLine != nil)
        #expect(!health.hasCounted)
        health = try JSONDecoder().decode(
            StreamHealth.self, from: JSONEncoder().encode(health))
        #expect(!health.hasCounted)
        health.record(batch(lines: 2), late: 1, now: .seconds(3))
        #expect(health.hasCounted)
    }

    /// In checkpoints of before it was kept nothing says that none could be used.
    @Test func aCheckpointOfBeforeAccusesNoStream() throws {
        let old = #"{"seconds":[],"lastLine":5,"hasReported":true}"#
        let health = try JSONDecoder().decode(StreamHealth.self, from: Data(old.utf8))
        #expect(health.hasCounted)
    }

    @Test func lostLinesMakeItBlindForAMinute() {
        let lossy = batch(lines: 100_000, dropped: 1)
        #expect(blindness([lossy])?.hasPrefix("dropped: 1") ?? false)
        #expect(blindness([lossy], at: 59) != nil)
        #expect(blindness([lossy], at: 60) == nil)
    }

    @Test func silenceIsBlindnessOnlyWhereThatIsSaid() {
        let spoke = [batch(lines: 1)]
        #expect(blindness(spoke, at: 100_000) == nil)
        #expect(blindness(spoke, at: 300, noDataAfter: .minutes(5)) == nil)
        #expect(
            blindness(spoke, at: 301, noDataAfter: .minutes(5)) == "no-data: no line for 5m1s")
        // Never a line: silent since it was first looked at.
        #expect(blindness([batch()], at: 301, noDataAfter: .minutes(5)) != nil)
    }

    @Test func whatItAddsUpIsARecountOfTheLastMinute() throws {
        var random = SystemRandomNumberGenerator()
        var health = StreamHealth()
        var told: [(second: Int, unparsed: Int)] = []
        for second in 0..<300 {
            let unparsed = Int.random(in: 0...40, using: &random)
            if Bool.random(using: &random) {
                health.record(
                    batch(lines: 100, unparsed: unparsed), late: 0, now: .seconds(Double(second)))
                told.append((second, unparsed))
            }
            // Also when it comes back from a checkpoint.
            if second % 50 == 0 {
                health = try JSONDecoder().decode(
                    StreamHealth.self, from: JSONEncoder().encode(health))
            }
            let recent = told.filter { $0.second > second - 60 }
            let (sum, lines) = (recent.reduce(0) { $0 + $1.unparsed }, recent.count * 100)
            let expected: StreamHealth.Cause? =
                sum * 5 > lines ? .unparsed(sum, of: lines) : nil
            #expect(health.cause(now: .seconds(Double(second)), noDataAfter: nil) == expected)
        }
    }
}
