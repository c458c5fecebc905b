// The journal: each entry of a selection once, with its level, through rotation, vacuum and
// restarts, on files that systemd wrote.

import Foundation
import Synchronization
import Testing
import WatchCore

@testable import WatchStreams

@Suite(.timeLimit(.minutes(10)), .enabled(if: JournalFiles.isInstalled))
struct JournalSourceTests {
    private typealias Entry = JournalFiles.Entry

    private let directory = Directory()
    private let files: JournalFiles

    init() throws { files = try JournalFiles(directory) }

    /// A source, what it read, and a clock that stands a little behind its newest entry.
    private final class Reading {
        let source: JournalSource
        var builder: BatchBuilder
        var batch = StreamBatch()
        var seconds = 0.0

        init(
            _ selection: JournalSelection, position: JournalPosition? = nil,
            beginning: FileFollower.Beginning = .start, format: StreamConfiguration.Format = .lines,
            error: String? = "level >= error"
        ) throws {
            var stream = StreamConfiguration(
                name: "app", kind: .journal(selection), format: format)
            stream.error = try error.map { try LineCondition($0) }
            stream.patterns = [.init("panic", "panic")]
            builder = BatchBuilder(try LineParser(stream))
            source = JournalSource(selection, position: position, beginning: beginning)
        }

        /// Reads all there is at `seconds` after the start.
        @discardableResult
        func poll(at seconds: Double) -> StreamBatch {
            let time = Int64((Double(JournalFiles.start) + seconds) * 1e9)
            let moment = Moment(
                boot: Instant(nanoseconds: Int64(seconds * 1e9) + 1_000_000_000_000),
                wall: WallTime(nanoseconds: time))
            builder.begin(at: moment)
            while source.poll(now: moment, into: &builder) {}
            return builder.take(source: source.source)
        }

        var position: JournalPosition? { source.position(before: builder.held)?.journal }
    }

    private func selection(_ units: String...) -> JournalSelection {
        var selection = JournalSelection()
        selection.units = units
        selection.directory = files.path
        return selection
    }

    private func entries(_ range: Range<Int>, unit: String = "shop.service") -> [Entry] {
        range.map { Entry(Double($0), "line \($0)", unit: unit, priority: $0 % 2 == 0 ? 3 : 6) }
    }

    @Test func entriesCountWithTheirOwnTimeAndLevel() async throws {
        try await files.write(
            [
                Entry(0.5, "fine"), Entry(1.5, "broken", priority: 3), Entry(1.7, "panic: x"),
                Entry(2, "worse", priority: 0), Entry(3, "not ours", unit: "other.service"),
            ])
        let reading = try Reading(selection("shop.service"))
        let batch = reading.poll(at: 5)
        #expect(batch.source == .reading)
        #expect(batch.lines == 4)
        #expect(batch.losses == .init())
        #expect(batch.slices.map(\.count) == [1, 2, 1])
        #expect(batch.slices.map(\.errors) == [0, 1, 1])
        #expect(batch.slices.map(\.second) == [1000, 1001, 1002])
        #expect(batch.slices[1].patterns == ["panic": 1])
    }

    @Test func moreSecondsThanABatchHasRoomForAreAllCounted() async throws {
        try await files.write(entries(0..<10_000))
        let reading = try Reading(selection("shop.service"))
        var (counted, dropped) = (0, 0)
        let moment = Moment(
            boot: .seconds(20_000),
            wall: WallTime(nanoseconds: Int64(JournalFiles.start + 10_000) * 1_000_000_000))
        reading.builder.begin(at: moment)
        while true {
            let hasMore = reading.source.poll(now: moment, into: &reading.builder)
            let batch = reading.builder.take(source: .reading)
            counted += batch.slices.reduce(0) { $0 + $1.count }
            dropped += batch.losses.dropped
            if !hasMore { break }
        }
        #expect(counted == 10_000)
        #expect(dropped == 0)
    }

    /// An entry that is skipped does not move where the record began that is held.
    @Test(arguments: [false, true]) func aRecordThatIsHeldIsReadAgain(skips: Bool) async throws {
        let long = String(repeating: "x", count: LineParser.lineLimit + 1)
        var all = [Entry(0, "one"), Entry(1, "failed")]
        if skips { all.append(Entry(2, long)) }
        try await files.write(all)
        var stream = StreamConfiguration(
            name: "app", kind: .journal(selection("shop.service")), format: .lines)
        stream.multiline = MultilineRule(.java)
        func read(_ position: JournalPosition?) throws -> (Int, JournalPosition?) {
            var builder = BatchBuilder(try LineParser(stream))
            let source = JournalSource(
                selection("shop.service"), position: position, beginning: .start)
            let moment = Moment(
                boot: .seconds(20_000),
                wall: WallTime(nanoseconds: Int64(JournalFiles.start + 10) * 1_000_000_000))
            builder.begin(at: moment)
            while source.poll(now: moment, into: &builder) {}
            let lines = builder.take(source: .reading).lines
            return (lines, source.position(before: builder.held)?.journal)
        }
        let (first, position) = try read(nil)
        #expect(first == (skips ? 3 : 1))
        try await files.write([Entry(3, "\tat a"), Entry(4, "last"), Entry(5, "end")])
        // What is held is `failed` again, or nothing.
        #expect(try read(position).0 == 2)
    }

    @Test func aSelectionIsUnitsPriorityIdentifiersAndFields() async throws {
        var tagged = Entry(0, "tagged", unit: "a.service", priority: 2)
        tagged.fields["SYSLOG_IDENTIFIER"] = "shop"
        var boxed = Entry(1, "boxed", unit: "b.service", priority: 4)
        boxed.fields["CONTAINER_NAME"] = "web"
        try await files.write([tagged, boxed, Entry(2, "c", unit: "c.service", priority: 7)])
        func count(_ change: (inout JournalSelection) -> Void) throws -> Int {
            var selection = selection()
            change(&selection)
            return try Reading(selection).poll(at: 5).lines
        }
        #expect(try count { $0.units = ["a.service", "c.service"] } == 2)
        #expect(try count { $0.identifiers = ["shop", "other"] } == 1)
        #expect(try count { $0.priority = .warning } == 2)
        #expect(try count { $0.matches = [.init("CONTAINER_NAME", ["web", "db"])] } == 1)
        #expect(
            try count {
                $0.units = ["b.service"]
                $0.priority = .crit
            } == 0)
        #expect(try count { _ in } == 3)
    }

    @Test func theFormatReadsTheMessage() async throws {
        try await files.write([
            Entry(0, "status=503"), Entry(1, "status=200", priority: 3), Entry(2, "hello"),
        ])
        var stream = StreamConfiguration(name: "app", kind: .journal(selection()), format: .logfmt)
        stream.roles[.status] = .init(.name("status"))
        let source = JournalSource(selection("shop.service"), position: nil, beginning: .start)
        var builder = BatchBuilder(try LineParser(stream))
        let moment = Moment(
            boot: .seconds(1000),
            wall: WallTime(nanoseconds: Int64(JournalFiles.start) * 1_000_000_000))
        builder.begin(at: moment)
        _ = source.poll(now: moment, into: &builder)
        let batch = builder.take(source: source.source)
        #expect(batch.slices.reduce(0) { $0 + $1.count } == 2)
        #expect(batch.slices.reduce(0) { $0 + $1.errors } == 1)
        #expect(batch.losses.unparsed == 1)
    }

    @Test func withoutAPositionItBeginsWithWhatComes() async throws {
        try await files.write(entries(0..<5))
        let reading = try Reading(selection("shop.service"), beginning: .end)
        #expect(reading.poll(at: 5).lines == 0)
        try await files.write(entries(5..<8))
        #expect(reading.poll(at: 9).lines == 3)
    }

    @Test func alsoWhenNothingMatchedBefore() async throws {
        try await files.write(entries(0..<5, unit: "other.service"))
        let reading = try Reading(selection("shop.service"), beginning: .end)
        #expect(reading.poll(at: 5).lines == 0)
        try await files.write(entries(5..<8))
        #expect(reading.poll(at: 9).lines == 3)
        try await files.write(entries(9..<10))
        #expect(reading.poll(at: 11).lines == 1)
    }

    @Test func aRestartGoesOnWithTheNextEntry() async throws {
        try await files.write(entries(0..<5))
        let first = try Reading(selection("shop.service"))
        #expect(first.poll(at: 5).lines == 5)
        let position = try #require(first.position)
        #expect(try Reading(selection("shop.service"), position: position).poll(at: 6).lines == 0)
        try await files.write(entries(6..<9))
        let second = try Reading(selection("shop.service"), position: position)
        #expect(second.poll(at: 10).lines == 3)
        #expect(second.poll(at: 11).losses == .init())
    }

    /// The position moves while nothing matches, so that it never names what was vacuumed long ago.
    @Test func thePositionMovesOnWithoutLines() async throws {
        try await files.write(entries(0..<1, unit: "other.service"))
        let reading = try Reading(selection("shop.service"), beginning: .end)
        reading.poll(at: 5)
        let early = try #require(reading.position)
        reading.poll(at: 500)
        let later = try #require(reading.position)
        #expect(later.seen - early.seen == 495_000_000_000)
    }

    @Test func rotationLosesAndDoublesNothing() async throws {
        let reading = try Reading(selection("shop.service"))
        var lines = 0
        for round in 0..<10 {
            try await files.write(entries(round * 10..<round * 10 + 10))
            if round % 2 == 0 { lines += reading.poll(at: Double(round * 10 + 10)).lines }
            try files.archive(as: "old@\(round)")
        }
        lines += reading.poll(at: 200).lines
        #expect(lines == 100)
    }

    @Test func whatWasVacuumedUnreadMakesTheStreamBlind() async throws {
        try await files.write(entries(0..<5))
        let first = try Reading(selection("shop.service"))
        first.poll(at: 5)
        let position = try #require(first.position)
        // Written and thrown away while nobody read.
        try files.remove()
        try await files.write(entries(100..<103), to: "b")
        let second = try Reading(selection("shop.service"), position: position)
        let batch = second.poll(at: 104)
        #expect(batch.lines == 3)
        #expect(batch.losses.dropped == 1)
        #expect(second.poll(at: 105).losses.dropped == 0)
    }

    @Test func whatWasReadBeforeItWasVacuumedIsNoLoss() async throws {
        try await files.write(entries(0..<5))
        try await files.write(entries(5..<8), to: "b")
        let first = try Reading(selection("shop.service"))
        #expect(first.poll(at: 9).lines == 8)
        try files.remove()
        try await files.write(entries(9..<10), to: "b")
        #expect(first.poll(at: 11).lines == 1)
        let second = try Reading(
            selection("shop.service"), position: first.position)
        #expect(second.poll(at: 12).lines == 0)
        #expect(second.poll(at: 12).losses == .init())
    }

    @Test func anotherSelectionBeginsWhereTheOldOneHadLooked() async throws {
        try await files.write(entries(0..<5) + entries(0..<5, unit: "other.service"))
        let first = try Reading(selection("shop.service"))
        first.poll(at: 60)
        let position = try #require(first.position)
        try await files.write(entries(61..<63, unit: "other.service"))
        let second = try Reading(selection("other.service"), position: position)
        #expect(second.poll(at: 70).lines == 2)
    }

    @Test func whatJournaldDroppedIsCounted() async throws {
        var told = Entry(1, "Suppressed 4711 messages from shop.service", unit: "init.scope")
        told.fields["MESSAGE_ID"] = "a596d6fe7bfa4994828e72309e95d61e"
        told.fields["N_DROPPED"] = "4711"
        told.fields["OBJECT_SYSTEMD_UNIT"] = "shop.service"
        var other = told
        other.fields["OBJECT_SYSTEMD_UNIT"] = "other.service"
        try await files.write([Entry(0, "a"), told, other, Entry(2, "Suppressed by ourselves")])
        let batch = try Reading(selection("shop.service")).poll(at: 5)
        #expect(batch.losses.dropped == 4711)
        #expect(batch.lines == 2)
    }

    @Test func linesOfSeveralLinesAndOfTooManyBytesAreBounded() async throws {
        try await files.write([
            Entry(0, "a\nb\npanic"), Entry(1, String(repeating: "x", count: 70_000)),
            Entry(2, ""),
        ])
        let batch = try Reading(selection("shop.service")).poll(at: 5)
        #expect(batch.lines == 3)
        #expect(batch.losses.tooLong == 1)
        #expect(batch.slices.first?.patterns == ["panic": 1])
    }

    @Test func aJournalThatIsNotThereIsWaitedFor() async throws {
        let reading = try Reading(selection("shop.service"), beginning: .end)
        guard case .unreadable(let reason) = reading.poll(at: 5).source else {
            Issue.record("it was readable")
            return
        }
        #expect(reason.contains("there are no journal files in \(files.path)"))
        try await files.write(entries(6..<9))
        let batch = reading.poll(at: 10)
        #expect(batch.source == .reading)
        #expect(batch.lines == 3)
        #expect(batch.losses == .init())
    }

    @Test func aLiveStreamSeesAnEntryAtOnce() async throws {
        try await files.write(entries(0..<1))
        var stream = StreamConfiguration(
            name: "app", kind: .journal(selection("shop.service")), format: .lines)
        stream.patterns = [.init("line", "line")]
        let total = Total()
        let log = try LogStream(
            service: "shop", configuration: stream, time: Clock(), position: nil,
            sink: { total.take($0, $1) })
        log.start()
        await total.wait { !$0.batches.isEmpty }
        try await files.write(entries(1..<4))
        await total.wait { $0.lines >= 3 }
        log.stop()
        #expect(total.sum.withLock { $0.position?.journal?.cursor } != nil)
    }
}
