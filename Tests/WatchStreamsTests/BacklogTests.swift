// What was written while nobody read: more seconds than one batch has room for, and none is lost.

import Glibc
import Synchronization
import Testing
import WatchCore

@testable import WatchStreams

@Suite(.timeLimit(.minutes(10))) struct BacklogTests {
    private let directory = Directory()

    /// A line for each second, the last of them now.
    private func lines(_ count: Int) -> String {
        let now = Clock().now().wall.nanoseconds / 1_000_000_000
        return (0..<count).map { "\(now - Int64(count - 1 - $0)).000 200\n" }.joined()
    }

    private func stream(_ kind: StreamConfiguration.Kind) -> StreamConfiguration {
        StreamConfiguration(name: "app", kind: kind, format: .nginx("$msec $status"))
    }

    private func expectAll(_ kind: StreamConfiguration.Kind, _ count: Int) async throws {
        let total = Total()
        let log = try LogStream(
            service: "shop", configuration: stream(kind), time: Clock(), position: nil,
            beginning: .start, sink: { total.take($0, $1) })
        log.start()
        await total.wait { $0.lines >= count }
        log.stop()
        let sum = total.sum.withLock { (lines: $0.lines, counted: $0.counted, losses: $0.losses) }
        #expect(sum.lines == count)
        #expect(sum.counted == count)
        #expect(sum.losses == 0)
        let seconds = total.sum.withLock { sum in
            Set(sum.batches.flatMap { $0.slices.map(\.second) })
        }
        #expect((count - 10...count + 1).contains(seconds.count))
    }

    @Test func tenThousandSecondsOfAFile() async throws {
        let path = directory.file("app.log")
        Writer(path).write(lines(10_000))
        try await expectAll(.file(path: path), 10_000)
    }

    @Test func ofSeveralFiles() async throws {
        for name in ["a", "b"] { Writer(directory.file("\(name).log")).write(lines(10_000)) }
        let total = Total()
        let log = try LogStream(
            service: "shop", configuration: stream(.files(pattern: directory.file("*.log"))),
            time: Clock(), position: nil, beginning: .start, sink: { total.take($0, $1) })
        log.start()
        await total.wait { $0.lines >= 20_000 }
        log.stop()
        #expect(total.sum.withLock { $0.counted } == 20_000)
        #expect(total.sum.withLock { $0.losses } == 0)
    }

    @Test func ofAProgram() async throws {
        let path = directory.file("app.log")
        Writer(path).write(lines(10_000))
        try await expectAll(.command(["/bin/sh", "-c", "cat \(path); exec sleep 600"]), 10_000)
    }

    /// The rest of a chunk that had no room is read again, and the position is before it.
    @Test func theTurnEndsWhenTheBatchIsFull() throws {
        let path = directory.file("app.log")
        let text = lines(10_000)
        Writer(path).write(text)
        var builder = BatchBuilder(try LineParser(stream(.file(path: path))))
        let source = FileSource(path: path, position: nil, beginning: .start)
        let now = Clock().now()
        builder.begin(at: now)
        #expect(source.poll(now: now, into: &builder))
        #expect(builder.take(source: .reading).lines == BatchBuilder.fullAt)
        let size = Int64(text.utf8.count / 10_000)
        let offset = source.position(before: builder.held)?.file?.offset
        #expect(offset == size * Int64(BatchBuilder.fullAt))
    }
}
