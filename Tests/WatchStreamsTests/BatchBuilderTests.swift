// From lines to slices.

import Testing
import WatchCore
import WatchStreams

@Suite struct BatchBuilderTests {
    /// The wall clock runs 1 795 252 400.5 s before the boot clock's 1000.
    let moment = Moment(boot: .seconds(1000.7), wall: .seconds(1_795_253_400.2))

    private func batch(
        _ lines: [String], _ text: String, error: LineCondition = .serverError
    ) throws -> StreamBatch {
        var stream = StreamConfiguration(
            name: "access", kind: .file(path: "/a"), format: .nginx(text))
        stream.error = error
        var builder = BatchBuilder(try LineParser(stream))
        builder.begin(at: moment)
        for line in lines { Array(line.utf8).withUnsafeBytes { builder.consume($0) } }
        return builder.take(source: .reading)
    }

    @Test func linesAreSummedUpPerSecondOfTheBootClock() throws {
        let batch = try batch(
            [
                "1795253400.000 200 0.1", "1795253398.000 500 0.3", "1795253400.100 503 0.2",
                "1795253399.600 404 -",
            ], "$msec $status $upstream_response_time")
        #expect(batch.lines == 4)
        #expect(batch.slices.map(\.second) == [998, 1000])
        #expect(batch.slices.map(\.count) == [1, 3])
        #expect(batch.slices.map(\.errors) == [1, 1])
        #expect(batch.slices.map(\.latency.count) == [1, 2])
        #expect(batch.slices[1].latency.max == 0.2)
    }

    @Test func aStampWithoutFractionsStandsForItsWholeSecond() throws {
        // The boot clock's seconds begin in the middle of the wall clock's.
        let stamps = try batch(
            ["2026-11-21T09:29:59Z 200", "2026-11-21T09:29:59Z 500", "2026-11-21T09:30:00Z 200"],
            "$time_iso8601 $status")
        #expect(stamps.slices.map(\.second) == [999, 1000])
        #expect(stamps.slices.map(\.count) == [2, 1])
        // Of lines that say it more exactly those of one second may be of two slices.
        let exact = try batch(
            ["1795253399.100 200", "1795253399.900 500"], "$msec $status")
        #expect(exact.slices.map(\.second) == [999, 1000])
    }

    @Test func linesAheadOfTheClockAreEarly() throws {
        let batch = try batch(
            ["2026-11-21T09:30:10Z 500", "2026-11-21T09:30:11Z 500"], "$time_iso8601 $status")
        #expect(batch.losses.early == 1)
        #expect(batch.slices.map(\.errors) == [1])
    }

    @Test func linesWithoutATimeBelongToTheSecondInWhichTheyWereRead() throws {
        let batch = try batch(["200", "500"], "$status")
        #expect(batch.slices.map(\.second) == [1000])
        #expect(batch.slices.map(\.count) == [2])
    }

    @Test func someLinesThatAreErrorsAreShownToPeopleAndNeverMany() throws {
        var stream = StreamConfiguration(name: "app", kind: .file(path: "/a"), format: .logfmt)
        stream.roles[.status] = .init(.name("status"))
        stream.patterns = [.init("panic", "panic")]
        var builder = BatchBuilder(try LineParser(stream))
        func consume(_ line: String) {
            Array(line.utf8).withUnsafeBytes { builder.consume($0) }
        }
        builder.begin(at: moment)
        consume("status=200 fine")
        consume("panic: no such thing\u{7}")
        for number in 0..<100 { consume("status=500 number=\(number)") }
        let first = builder.take(source: .reading)
        #expect(first.samples.count == Evidence.linesOfStream)
        #expect(first.samples.prefix(2) == ["panic: no such thing?", "status=500 number=0"])
        // Not another one in the same second, however often batches are taken.
        builder.begin(at: moment)
        consume("status=500 again")
        #expect(builder.take(source: .reading).samples == [])
        builder.begin(
            at: Moment(boot: moment.boot + .seconds(1), wall: moment.wall + .seconds(1)))
        consume("status=500 " + String(repeating: "x", count: 5000))
        let third = builder.take(source: .reading)
        #expect(third.samples.map(\.utf8.count) == [Evidence.lineSize])
    }

    @Test func whatCountsAsAnErrorIsConfigured() throws {
        let batch = try batch(
            ["399", "400", "500"], "$status", error: LineCondition("status >= 400"))
        #expect(batch.slices[0].errors == 2)
    }

    @Test func secondsBeyondTheBoundAreDroppedAndCounted() throws {
        let lines = (0..<BatchBuilder.secondsLimit + 5).map { "\(1_795_000_000 + $0).000 200" }
        let batch = try batch(lines, "$msec $status")
        #expect(batch.slices.count == BatchBuilder.secondsLimit)
        #expect(batch.losses.dropped == 5)
        #expect(batch.lines == lines.count)
    }
}
