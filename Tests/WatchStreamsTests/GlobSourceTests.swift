// Files by a pattern: those that come and go, and those that are renamed within it.

import Glibc
import Testing
import WatchCore

@testable import WatchStreams

@Suite struct GlobSourceTests {
    private let directory = Directory()
    private var pattern: String { directory.file("*.log") }

    /// A source and what it read, with a clock that is moved by hand.
    private final class Reading {
        let source: GlobSource
        var builder: BatchBuilder
        var seconds = 1000.0
        /// What the files' own times are compared with.
        let wall: Int64

        init(
            _ pattern: String, position: FilesPosition? = nil,
            beginning: FileFollower.Beginning = .end
        ) throws {
            var stream = StreamConfiguration(
                name: "app", kind: .files(pattern: pattern), format: .nginx("$status"))
            stream.countsRoutes = false
            builder = BatchBuilder(try LineParser(stream))
            source = GlobSource(pattern: pattern, position: position, beginning: beginning)
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            wall = Int64(time.tv_sec) * 1_000_000_000
        }

        /// Lines that were read `after` so many seconds.
        func poll(after: Double = 2) -> Int {
            seconds += after
            let moment = Moment(
                boot: Instant(nanoseconds: Int64(seconds * 1e9)),
                wall: WallTime(nanoseconds: wall))
            builder.begin(at: moment)
            while source.poll(now: moment, into: &builder) {}
            let batch = builder.take(source: source.source)
            #expect(batch.losses == .init())
            return batch.lines
        }

        var position: FilesPosition? { source.position(before: .init())?.files }

        var reason: String {
            if case .unreadable(let why) = source.source { why } else { "" }
        }
    }

    private func write(_ name: String, _ lines: Int) {
        Writer(directory.file(name)).write(String(repeating: "200\n", count: lines))
    }

    private func copy(_ name: String, to other: String) {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let from = open(directory.file(name), O_RDONLY)
        defer { close(from) }
        let count = read(from, &bytes, bytes.count)
        Writer(directory.file(other)).write(Array(bytes[..<max(0, count)]))
    }

    /// As logrotate does with `copytruncate`; `looks`: between copying and truncating, too.
    @Test(arguments: [false, true]) func aCopyOfALogIsNotReadAgain(looks: Bool) throws {
        let reading = try Reading(pattern)
        #expect(reading.poll() == 0)
        write("app.log", 10)
        #expect(reading.poll() == 10)
        copy("app.log", to: "app-20261127.log")
        if looks { #expect(reading.poll() == 0) }
        Writer(directory.file("app.log")).truncate()
        #expect(reading.poll() == 0)
        write("app.log", 3)
        #expect(reading.poll() == 3)
        #expect(reading.poll() == 0)
    }

    @Test func aCopyThatWasMadeMeanwhileIsNotReadEither() throws {
        write("app.log", 10)
        let before = try Reading(pattern, beginning: .start)
        #expect(before.poll() == 10)
        copy("app.log", to: "app-20261127.log")
        Writer(directory.file("app.log")).truncate()
        write("app.log", 2)
        let after = try Reading(pattern, position: before.position)
        #expect(after.poll() == 2)
        #expect(after.poll() == 0)
    }

    /// Two logs that begin alike are two logs.
    @Test func aLogThatBeginsAsAnotherIsRead() throws {
        let reading = try Reading(pattern)
        #expect(reading.poll() == 0)
        write("a.log", 1)
        #expect(reading.poll() == 1)
        // What it has in common with the other is taken for a copy, what follows is not.
        write("b.log", 1)
        #expect(reading.poll() == 0)
        write("b.log", 4)
        #expect(reading.poll() == 4)
        write("c.log", 3)
        #expect(reading.poll() == 3)
    }

    @Test func aRecordOfOneFileDoesNotGoOnInAnother() throws {
        var stream = StreamConfiguration(
            name: "app", kind: .files(pattern: pattern), format: .lines)
        stream.multiline = MultilineRule(.java)
        let source = GlobSource(pattern: pattern, position: nil, beginning: .start)
        var builder = BatchBuilder(try LineParser(stream))
        let (a, b) = (Writer(directory.file("a.log")), Writer(directory.file("b.log")))
        func poll(_ seconds: Int64) {
            let moment = Moment(
                boot: Instant(nanoseconds: seconds * 1_000_000_000), wall: WallTime(nanoseconds: 0))
            builder.begin(at: moment)
            while source.poll(now: moment, into: &builder) {}
        }
        a.write("one\nfailed\n")
        poll(1000)
        b.write("\tat x\n")
        poll(1002)
        let batch = builder.take(source: .reading)
        #expect(batch.lines == 2)
        #expect(builder.held.lines == 1)
        let files = source.position(before: builder.held)?.files?.files ?? []
        #expect(
            Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0.offset) })
                == [a.path: 11, b.path: 0])
    }

    @Test func allFilesAreReadAndNewOnesFromTheirStart() throws {
        write("a.log", 5)
        write("b.log", 5)
        write("other.txt", 5)
        let reading = try Reading(pattern)
        #expect(reading.poll() == 0)
        write("a.log", 1)
        write("b.log", 2)
        #expect(reading.poll() == 3)
        write("c.log", 4)
        #expect(reading.poll() == 4)
        #expect(reading.source.source == .reading)
    }

    @Test func aFileThatIsRenamedWithinThePatternIsReadOnce() throws {
        write("app.log", 1)
        let reading = try Reading(pattern, beginning: .start)
        #expect(reading.poll() == 1)
        for round in 0..<5 {
            write("app.log", 3)
            for number in stride(from: round, to: 0, by: -1) {
                rename(
                    directory.file("app-\(number).log"), directory.file("app-\(number + 1).log"))
            }
            rename(directory.file("app.log"), directory.file("app-1.log"))
            write("app.log", 2)
            #expect(reading.poll() == 5, "\(round)")
            // Also when the old file was let go.
            #expect(reading.poll(after: 6) == 0)
            #expect(reading.poll(after: 6) == 0)
        }
    }

    @Test func aRestartGoesOnInEachAndFindsWhatIsNew() throws {
        write("a.log", 2)
        write("b.log", 2)
        write("old.log", 2)
        let first = try Reading(pattern, beginning: .start)
        #expect(first.poll() == 6)
        var position = try #require(first.position)
        // What is left of the position: `old` is not known, and was not written to since.
        position.files.removeAll { $0.path.hasSuffix("old.log") }
        position.seen += 100_000_000_000
        write("a.log", 3)
        rename(directory.file("b.log"), directory.file("b-1.log"))
        write("b.log", 4)
        let second = try Reading(pattern, position: position)
        #expect(second.poll() == 7)
        position.seen -= 200_000_000_000
        let third = try Reading(pattern, position: position)
        // Now `old` may have been written meanwhile.
        #expect(third.poll() == 9)
    }

    @Test func aFileThatGoesIsForgottenAndNoFileIsSaid() throws {
        write("a.log", 1)
        write("b.log", 1)
        let reading = try Reading(pattern, beginning: .start)
        #expect(reading.poll() == 2)
        unlink(directory.file("a.log"))
        for _ in 0..<4 { #expect(reading.poll(after: 6) == 0) }
        #expect(reading.source.source == .reading)
        #expect(reading.position?.files.count == 1)
        unlink(directory.file("b.log"))
        for _ in 0..<4 { #expect(reading.poll(after: 6) == 0) }
        #expect(reading.reason.contains("no file is named as in \(pattern)"))
        write("c.log", 2)
        #expect(reading.poll() == 2)
        #expect(reading.source.source == .reading)
    }

    @Test func tooManyFilesAreAReason() throws {
        for number in 0..<GlobSource.fileLimit + 1 { write("\(number).log", 1) }
        let reading = try Reading(pattern)
        _ = reading.poll()
        #expect(reading.reason.contains("257 files, and 256 can be followed"))
    }

    @Test(.timeLimit(.minutes(1))) func aStreamNoticesWhatIsWritten() async throws {
        write("a.log", 1)
        let stream = StreamConfiguration(
            name: "app", kind: .files(pattern: pattern), format: .nginx("$status"))
        let total = Total()
        let log = try LogStream(
            service: "shop", configuration: stream, time: Clock(), position: nil,
            sink: { total.take($0, $1) })
        log.start()
        await total.wait { !$0.batches.isEmpty }
        write("a.log", 2)
        write("b.log", 3)
        await total.wait { $0.counted >= 5 }
        log.stop()
    }
}
