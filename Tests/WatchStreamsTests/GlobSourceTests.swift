// Files by a pattern: those that come and go, and those that are renamed within it.

import Glibc
import Testing
import WatchCore

@testable import WatchStreams

@Suite struct GlobSourceTests {
    private let directory = Directory()
    private var pattern: String { directory.file("*.log") }

    private func write(_ name: String, _ lines: Int) {
        Writer(directory.file(name)).write(String(repeating: "200\n", count: lines))
    }

    @Test func allFilesAreReadAndNewOnesFromTheirStart() throws {
        write("a.log", 5)
        write("b.log", 5)
        write("other.txt", 5)
        let reading = try GlobReading(pattern)
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
        let reading = try GlobReading(pattern, beginning: .start)
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
        let first = try GlobReading(pattern, beginning: .start)
        #expect(first.poll() == 6)
        var position = try #require(first.position)
        // What is left of the position: `old` is not known, and was not written to since.
        position.files.removeAll { $0.path.hasSuffix("old.log") }
        position.seen += 100_000_000_000
        write("a.log", 3)
        rename(directory.file("b.log"), directory.file("b-1.log"))
        write("b.log", 4)
        let second = try GlobReading(pattern, position: position)
        #expect(second.poll() == 7)
        position.seen -= 200_000_000_000
        let third = try GlobReading(pattern, position: position)
        // Now `old` may have been written meanwhile.
        #expect(third.poll() == 9)
    }

    @Test func aFileThatGoesIsForgottenAndNoFileIsSaid() throws {
        write("a.log", 1)
        write("b.log", 1)
        let reading = try GlobReading(pattern, beginning: .start)
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
        let reading = try GlobReading(pattern)
        _ = reading.poll()
        #expect(reading.reason.contains("257 files, and 256 can be followed"))
    }

    @Test(.timeLimit(.minutes(10))) func aStreamNoticesWhatIsWritten() async throws {
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
