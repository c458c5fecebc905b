// Records of several lines: real shapes of traces, bounds, and no line twice after a restart.

import Glibc
import Synchronization
import Testing
import WatchCore

@testable import WatchStreams

@Suite(.timeLimit(.minutes(10))) struct MultilineTests {
    private func stream(
        _ shape: MultilineRule.Shape, lines: Int = 500, format: StreamConfiguration.Format = .lines
    ) -> StreamConfiguration {
        var stream = StreamConfiguration(name: "app", kind: .file(path: "/a"), format: format)
        var rule = MultilineRule(shape)
        rule.lines = lines
        stream.multiline = rule
        stream.patterns = [
            .init("trace", #"\n\s"#), .init("memory", "^(java.lang.OutOfMemoryError|MemoryError)"),
        ]
        return stream
    }

    private func batch(_ text: String, _ stream: StreamConfiguration) throws -> StreamBatch {
        var builder = BatchBuilder(try LineParser(stream))
        builder.begin(at: Moment(boot: .seconds(1000), wall: WallTime(nanoseconds: 0)))
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            Array(line.utf8).withUnsafeBytes { builder.consume($0) }
        }
        builder.finishRecord()
        return builder.take(source: .reading)
    }

    private func matches(_ batch: StreamBatch, _ pattern: String) -> Int {
        batch.slices.reduce(0) { $0 + ($1.patterns[pattern] ?? 0) }
    }

    private static let java = """
        2026-11-21 09:30:00,001 INFO  c.e.Shop - started
        2026-11-21 09:30:01,117 ERROR c.e.Orders - order 17 failed
        java.lang.IllegalStateException: no stock
        \tat com.example.Orders.place(Orders.java:17)
        \tat java.base/java.lang.Thread.run(Thread.java:840)
        Caused by: java.sql.SQLException: gone
        \tat com.example.DB.query(DB.java:5)
        \t... 12 more
        \tSuppressed: java.io.IOException: closed
        \t\tat com.example.DB.close(DB.java:9)
        2026-11-21 09:30:02,000 INFO  c.e.Shop - going on
        2026-11-21 09:30:03,000 ERROR c.e.Shop - dying
        java.lang.OutOfMemoryError: Java heap space
        2026-11-21 09:30:04,000 INFO  c.e.Shop - bye.
        """

    private static let python = """
        INFO:shop:started
        ERROR:shop:order failed
        Traceback (most recent call last):
          File "/srv/shop/orders.py", line 17, in place
            stock[item]
        KeyError: 'item'

        During handling of the above exception, another exception occurred:

        Traceback (most recent call last):
          File "/srv/shop/app.py", line 3, in main
            place()
        MemoryError
        INFO:shop:going on
        INFO:shop:bye
        """

    @Test func tracesOfTheJVMAreOneRecordWithTheLineAboveThem() throws {
        let batch = try batch(Self.java, stream(.java))
        #expect(batch.lines == 5)
        #expect(matches(batch, "trace") == 1)
        #expect(matches(batch, "memory") == 1)
        #expect(batch.samples.first?.contains(" ↵ Caused by: java.sql") ?? false)
    }

    @Test func tracebacksOfPythonAreOneRecordWithTheirCauses() throws {
        let batch = try batch(Self.python, stream(.python))
        #expect(batch.lines == 4)
        #expect(matches(batch, "trace") == 1)
        #expect(matches(batch, "memory") == 1)
    }

    @Test func aPatternSaysWhereARecordStarts() throws {
        let batch = try batch(Self.java, stream(.start(#"^\d{4}-\d\d-\d\d "#)))
        #expect(batch.lines == 5)
        #expect(matches(batch, "trace") == 1)
    }

    @Test func theFormatReadsTheFirstLineAndPatternsAllOfIt() throws {
        var stream = stream(
            .java, format: .regex(#"^(?<time>\S+ \S+) (?<level>[A-Z]+) "#))
        stream.roles = [.level: .init(.name("level"))]
        stream.error = try LineCondition("level >= error")
        let batch = try batch(Self.java, stream)
        #expect(batch.lines == 5)
        #expect(batch.losses.unparsed == 0)
        #expect(batch.slices.reduce(0) { $0 + $1.errors } == 2)
        #expect(matches(batch, "trace") == 1)
    }

    @Test func aRecordIsBoundedInLinesAndBytes() throws {
        let many = "start\n" + String(repeating: " more\n", count: 999)
        #expect(try batch(many + "start", stream(.java, lines: 100)).lines == 11)
        let wide =
            "start\n"
            + String(repeating: " " + String(repeating: "x", count: 999) + "\n", count: 200)
        // 65 of the lines fit into a record.
        #expect(try batch(wide + "start", stream(.java)).lines == 5)
    }

    /// A misspelt pattern would make one endless record: it is cut, and its parts do not parse.
    @Test func aPatternThatNeverStartsARecordShows() throws {
        let stream = stream(.start("^never$"), lines: 2, format: .nginx("$status"))
        let batch = try batch((0..<100).map { "200 \($0)" }.joined(separator: "\n"), stream)
        #expect(batch.lines == 50)
        #expect(batch.losses.unparsed == 50)
    }

    @Test func aRecordIsHeldUntilNothingCameForAWhile() throws {
        var builder = BatchBuilder(try LineParser(stream(.java)))
        func consume(_ text: String, at seconds: Double) {
            builder.begin(
                at: Moment(
                    boot: Instant(nanoseconds: Int64(seconds * 1e9)),
                    wall: WallTime(nanoseconds: 0)))
            Array(text.utf8).withUnsafeBytes { builder.consume($0) }
            builder.finishRecordIfDue()
        }
        consume("failed", at: 1000)
        #expect(builder.isEmpty)
        #expect(builder.held == .init(lines: 1, bytes: 7))
        consume("\tat x", at: 1000.4)
        #expect(builder.isEmpty)
        #expect(builder.patience == .milliseconds(500))
        builder.begin(at: Moment(boot: .seconds(1001), wall: WallTime(nanoseconds: 0)))
        builder.finishRecordIfDue()
        let batch = builder.take(source: .reading)
        #expect(batch.lines == 1)
        // It counts when it began.
        #expect(batch.slices.map(\.second) == [1000])
        #expect(builder.patience == nil)
    }

    private func log(_ path: String, _ total: Total, position: StreamPosition?) throws -> LogStream
    {
        var stream = stream(.java)
        stream.kind = .file(path: path)
        return try LogStream(
            service: "shop", configuration: stream, time: Clock(), position: position,
            beginning: .start, sink: { total.take($0, $1) })
    }

    @Test func aRestartInTheMidstOfARecordCountsItOnce() async throws {
        let directory = Directory()
        let path = directory.file("app.log")
        let writer = Writer(path)
        writer.write("one\nfailed\n\tat a\n")
        let total = Total()
        let first = try log(path, total, position: nil)
        first.start()
        first.stop()
        #expect(total.sum.withLock { $0.lines } == 1)
        let position = total.sum.withLock { $0.position }
        #expect(position?.file?.offset == 4)
        writer.write("\tat b\nlast\n")
        let second = try log(path, total, position: position)
        second.start()
        await total.wait { $0.lines >= 3 }
        second.stop()
    }

    /// What is held is before the long line, and the position must not be in the midst of that.
    @Test func aLineThatIsTooLongEndsTheRecordBeforeIt() throws {
        var builder = BatchBuilder(try LineParser(stream(.java)))
        builder.begin(at: Moment(boot: .seconds(1000), wall: WallTime(nanoseconds: 0)))
        for end in [{ builder.skippedLongLine() }, { builder.lostUnfinishedLine() }] {
            Array("failed".utf8).withUnsafeBytes { builder.consume($0) }
            #expect(builder.held.lines == 1)
            end()
            #expect(builder.held == .init())
            #expect(builder.take(source: .reading).lines == 2)
        }
    }

    /// Lines that come late into the old file are no part of a record of the new one, and what is
    /// held is of the file that the position is in.
    @Test func aRecordDoesNotGoOnInTheOldFile() throws {
        let directory = Directory()
        let path = directory.file("app.log")
        let writer = Writer(path)
        let source = FileSource(path: path, position: nil, beginning: .start)
        var builder = BatchBuilder(try LineParser(stream(.java)))
        func poll() {
            let moment = Moment(boot: .seconds(1000), wall: WallTime(nanoseconds: 0))
            builder.begin(at: moment)
            while source.poll(now: moment, into: &builder) {}
        }
        writer.write("old\n")
        poll()
        rename(path, directory.file("app.log.1"))
        let created = Writer(path)
        created.write("new\nfailed\n")
        poll()
        #expect(builder.held == .init(lines: 1, bytes: 7))
        writer.write("\tat late\n")
        poll()
        // Nothing of the new file is held any more, and nothing of the old one.
        #expect(builder.held == .init())
        #expect(source.position(before: builder.held)?.file?.offset == 11)
        #expect(builder.take(source: .reading).lines == 4)
    }

    @Test func theLastRecordOfAProgramIsCountedAtTheEnd() async throws {
        let directory = Directory()
        let fifo = directory.file("in")
        try #require(mkfifo(fifo, 0o600) == 0)
        var stream = stream(.java)
        stream.kind = .command(["/bin/cat", fifo])
        stream.multiline?.wait = .minutes(10)
        let total = Total()
        let log = try LogStream(
            service: "shop", configuration: stream, time: Clock(), position: nil,
            sink: { total.take($0, $1) })
        log.start()
        let writer = Writer(fifo)
        writer.write("one\nfailed\n\tat a\n")
        await total.wait { $0.lines >= 1 }
        log.stop()
        #expect(total.sum.withLock { $0.lines } == 2)
        withExtendedLifetime(writer) {}
    }

    @Test func theEndOfARotatedFileEndsItsRecord() async throws {
        let directory = Directory()
        let path = directory.file("app.log")
        let writer = Writer(path)
        writer.write("one\nfailed\n\tat a\n")
        let total = Total()
        let stream = try log(path, total, position: nil)
        stream.start()
        await total.wait { $0.lines >= 1 }
        writer.write("two\n\tat a\n")
        rename(path, directory.file("app.log.1"))
        writer.reopen()
        writer.write("three\n")
        await total.wait { $0.lines >= 4 }
        stream.stop()
        #expect(total.sum.withLock { $0.lines } == 4)
    }
}
