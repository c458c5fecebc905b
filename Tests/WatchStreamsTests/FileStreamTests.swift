// The thread, with real writers and a real nginx.

import Glibc
import Synchronization
import Testing
import WatchCore
import WatchStreams

@Suite(.timeLimit(.minutes(10))) struct FileStreamTests {
    let directory = Directory()
    var log: String { directory.file("access.log") }

    private func stream(
        _ total: Total, format: String = "$status $request_time", position: StreamPosition? = nil
    ) throws -> LogStream {
        try LogStream(
            service: "shop",
            configuration: StreamConfiguration(
                name: "access", kind: .file(path: log), format: .nginx(format)),
            time: Clock(), position: position, beginning: .start,
            sink: { total.take($0, $1) })
    }

    @Test func theFirstBatchSaysWhetherTheFileCanBeRead() async throws {
        let total = Total()
        let stream = try stream(total)
        stream.start()
        await total.wait { !$0.batches.isEmpty }
        let writer = Writer(log)
        writer.write("200 0.1\n")
        await total.wait { $0.counted == 1 }
        stream.stop()
        let batches = total.sum.withLock { $0.batches }
        #expect(batches.first?.lines == 0)
        #expect(batches.first?.source != .reading)
        #expect(batches.last?.source == .reading)
    }

    @Test func aStoppedStreamHasHandedOverWhatWasWritten() async throws {
        let total = Total()
        let writer = Writer(log)
        let stream = try stream(total)
        stream.start()
        await total.wait { $0.batches.first?.source == .reading && $0.batches.first?.lines == 0 }
        writer.write("200 0.1\n500 0.2\n20")
        stream.stop()
        let second = try self.stream(total, position: total.sum.withLock { $0.position })
        writer.write("0 0.3\n")
        second.start()
        second.stop()
        #expect(total.sum.withLock { $0.counted } == 3)
        #expect(total.sum.withLock { $0.errors } == 1)
        #expect(total.sum.withLock { $0.losses } == 0)
    }

    @Test func aFormatThatCannotWorkIsRefusedBeforeAnythingStarts() {
        #expect(throws: LineRulesError.self) {
            try stream(Total(), format: "$remote_addr")
        }
    }

    @Test func linesUnderRotationAreCountedExactly() async throws {
        let total = Total()
        let stream = try stream(total)
        let log = log
        let directory = directory
        // What is rotated away before the stream ever saw it is not its own.
        Writer(log).write("")
        stream.start()
        await total.wait { !$0.batches.isEmpty }
        let written = await Task.detached {
            let writer = Writer(log)
            var written = 0
            for rotation in 0..<20 {
                for _ in 0..<500 {
                    writer.write("200 0.001\n503 0.002\n")
                    written += 2
                }
                rename(log, directory.file("access.log-\(1000 + rotation)"))
                writer.write("200 0.003\n")
                written += 1
                writer.reopen()
            }
            return written
        }.value
        await total.wait { $0.lines >= written }
        stream.stop()
        #expect(total.sum.withLock { $0.lines } == written)
        #expect(total.sum.withLock { $0.counted } == written)
        #expect(total.sum.withLock { $0.errors } == 20 * 500)
        #expect(total.sum.withLock { $0.latencies } == written)
    }

    @Test func whileTheConsumerIsSlowNothingPilesUp() async throws {
        let total = Total()
        var gate: [Int32] = [-1, -1]
        try #require(pipe(&gate) == 0)
        let (held, opener) = (gate[0], gate[1])
        defer { close(held) }
        let stream = try LogStream(
            service: "shop",
            configuration: StreamConfiguration(
                name: "access", kind: .file(path: log), format: .nginx("$status")),
            time: Clock(), position: nil, beginning: .start
        ) { event, position in
            // Nothing goes on before the test lets it: end of file.
            var byte: UInt8 = 0
            _ = read(held, &byte, 1)
            total.take(event, position)
        }
        let writer = Writer(log)
        stream.start()
        for _ in 0..<100 { writer.write(String(repeating: "200\n", count: 1000)) }
        close(opener)
        await total.wait { $0.lines == 100_000 }
        stream.stop()
        #expect(total.sum.withLock { $0.batches.count } <= 4)
        #expect(total.sum.withLock { $0.counted } == 100_000)
    }

    @Test func truncationsBetweenBatchesLoseNothing() async throws {
        let total = Total()
        let stream = try stream(total)
        let writer = Writer(log)
        stream.start()
        var written = 0
        for round in 0..<20 {
            for _ in 0..<100 { writer.write("200 0.\(100 + round)\n") }
            written += 100
            let expected = written
            await total.wait { $0.lines >= expected }
            writer.truncate()
        }
        stream.stop()
        #expect(total.sum.withLock { $0.counted } == written)
    }

    @Test func restartsUnderWritingAndRotationCountEveryLineOnce() async throws {
        let total = Total()
        let log = log
        let directory = directory
        Writer(log).write("")
        let first = try stream(total)
        first.start()
        await total.wait { $0.position != nil }
        first.stop()
        let task = Task.detached {
            let writer = Writer(log)
            var written = 0
            for rotation in 0..<20 {
                for _ in 0..<1000 { writer.write("200 0.\(100 + rotation)\n") }
                written += 1000
                rename(log, directory.file("access.log-\(1000 + rotation)"))
                writer.reopen()
            }
            return written
        }
        for _ in 0..<10 {
            let before = total.sum.withLock { $0.batches.count }
            let stream = try stream(total, position: total.sum.withLock { $0.position })
            stream.start()
            await total.wait { $0.batches.count > before }
            stream.stop()
        }
        let written = await task.value
        let last = try stream(total, position: total.sum.withLock { $0.position })
        last.start()
        await total.wait { $0.lines >= written }
        last.stop()
        #expect(total.sum.withLock { $0.counted } == written)
        #expect(total.sum.withLock { $0.losses } == 0)
    }
}

extension FileStreamTests {
    @Test(.enabled(if: Nginx.isInstalled))
    func aRealNginxUnderRotationIsCountedExactly() async throws {
        let total = Total()
        let nginx = try Nginx(directory: directory, log: log, format: LogFormatTests.timed)
        let stream = try stream(total, format: LogFormatTests.timed)
        stream.start()
        await total.wait { !$0.batches.isEmpty }
        var written = 0
        for rotation in 0..<5 {
            for number in 0..<40 {
                nginx.get(number % 4 == 0 ? "/broken" : "/")
                written += 1
            }
            rename(log, directory.file("access.log-\(rotation)"))
            nginx.get("/")
            nginx.get("/broken")
            written += 2
            nginx.reopenLogs()
        }
        let expected = written
        await total.wait { $0.lines >= expected }
        nginx.stop()
        stream.stop()
        #expect(total.sum.withLock { $0.counted } == written)
        #expect(total.sum.withLock { $0.errors } == 5 * 11)
        #expect(total.sum.withLock { $0.latencies } == written)
        #expect(total.sum.withLock { $0.losses } == 0)
    }
}
