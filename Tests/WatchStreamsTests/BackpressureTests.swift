// Ten times more than there is room for: what can wait waits where it comes from, what cannot is
// dropped and counted, and a stream that dropped something is not believed.

import Glibc
import Synchronization
import Testing

@testable import WatchCore
@testable import WatchStreams

@Suite(.timeLimit(.minutes(10))) struct BackpressureTests {
    private let directory = Directory()

    private func builder(_ format: StreamConfiguration.Format) throws -> BatchBuilder {
        BatchBuilder(
            try LineParser(StreamConfiguration(name: "a", kind: .file(path: "/a"), format: format)))
    }

    private func blindness(_ batch: StreamBatch) -> String? {
        var health = StreamHealth()
        health.record(batch, late: 0, now: .seconds(100))
        return health.blindness(now: .seconds(100), noDataAfter: nil)
    }

    /// Lines in pieces as a receiver makes of datagrams, ten times what may wait.
    private func flood(_ inbox: LineInbox) -> (lines: Int, bytes: Int) {
        let line = Array("500 0.010 a line of a flood that does not end\n".utf8.dropLast())
        var (lines, bytes) = (0, 0)
        while bytes < 10 * LineInbox.limit {
            var piece = ReceivedLines()
            for _ in 0..<1000 { line.withUnsafeBytes { piece.add($0) } }
            lines += piece.count
            bytes += piece.size
            inbox.putOrDrop(piece)
        }
        return (lines, bytes)
    }

    @Test func datagramsThatDoNotFitAreDroppedCountedAndBlindTheStream() throws {
        let inbox = try LineInbox()
        let (lines, _) = flood(inbox)
        let source = InboxSource(inbox)
        var builder = try builder(.nginx("$status $request_time $request"))
        let now = Moment(boot: .seconds(100), wall: .seconds(1_795_683_600))
        builder.begin(at: now)
        _ = source.poll(now: now, into: &builder)
        let batch = builder.take(source: source.source)
        #expect(batch.lines + batch.losses.dropped == lines)
        // A tenth fits, and no more is held.
        #expect(batch.lines > lines / 12)
        #expect(batch.lines < lines / 9)
        #expect(batch.losses.unparsed == 0)
        #expect(
            blindness(batch)
                == "dropped: \(batch.losses.dropped) lines were lost in the last minute")
        _ = source.poll(now: now, into: &builder)
        #expect(builder.take(source: source.source).losses.dropped == 0)
    }

    @Test func whoeverCanWaitIsToldThatThereIsNoRoom() throws {
        let inbox = try LineInbox()
        var piece = ReceivedLines()
        let line = [UInt8](repeating: 120, count: 60_000)
        for _ in 0..<16 { line.withUnsafeBytes { piece.add($0) } }
        var taken = 0
        for _ in 0..<170 where inbox.put(piece) { taken += 1 }
        #expect(taken == LineInbox.limit / piece.size)
        let waiting = inbox.take()
        #expect(waiting.lines.count == taken)
        #expect(waiting.dropped == 0)
    }

    @Test func aProgramThatPrintsTooMuchWaits() throws {
        // Each line it has printed, as far as the pipe took it, it also notes. All of them are
        // twice what is read in one turn, which may well keep up with the program.
        let notes = directory.file("notes")
        let request = String(repeating: "r", count: 2 * CommandSource.turnLimit / 100_000)
        let script = """
            i=0
            while [ $i -lt 100000 ]; do
                echo "200 0.010 \(request)"; i=$((i + 1))
                [ $((i % 1000)) -ne 0 ] || echo $i >> \(notes)
            done
            """
        let source = CommandSource(["/bin/sh", "-c", script])
        var builder = try builder(.nginx("$status $request_time $request"))
        let now = Moment(boot: .seconds(100), wall: .seconds(1_795_683_600))
        source.look(now: now)
        builder.begin(at: now)
        // Its first turn; then nobody reads for a while.
        while builder.isEmpty { _ = source.poll(now: now, into: &builder) }
        let before = contents(notes).split(separator: 10).count
        #expect(before < 90, "it was not held back")
        while source.source == .reading {
            if !source.poll(now: now, into: &builder) {
                var polled = source.descriptors.map {
                    pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
                }
                poll(&polled, nfds_t(polled.count), 1000)
            }
        }
        let batch = builder.take(source: source.source)
        #expect(batch.lines == 100_000)
        #expect(batch.losses == StreamBatch.Losses())
    }

    @Test func aFileThatGrowsTooFastIsReadInTurnsAndWhole() throws {
        let log = directory.file("access.log")
        let writer = Writer(log)
        let follower = FileFollower(path: log, beginning: .start)
        var builder = try builder(.nginx("$status $request_time"))
        builder.begin(at: Moment(boot: .seconds(100), wall: .seconds(1_795_683_600)))
        let block = Array(repeatElement(Array("500 0.010\n".utf8), count: 100_000).joined())
        // Ten times what is read in one turn.
        let blocks = 10 * FileFollower.turnLimit / block.count
        for _ in 0..<blocks { writer.write(block) }
        var turns = 0
        while true {
            let outcome = follower.poll(now: .seconds(100), into: &builder)
            #expect(outcome.bytes <= FileFollower.turnLimit + 400_000)
            turns += 1
            guard outcome.hasMore else { break }
        }
        let batch = builder.take(source: .reading)
        #expect(turns >= 10)
        #expect(batch.lines == blocks * 100_000)
        #expect(batch.losses == StreamBatch.Losses())
        #expect(blindness(batch) == nil)
    }

    @Test func moreRotatedFilesThanMayBeOpenBlindTheStream() throws {
        let log = directory.file("access.log")
        let writer = Writer(log)
        let follower = FileFollower(path: log, beginning: .start)
        var builder = try builder(.nginx("$status $request_time"))
        builder.begin(at: Moment(boot: .seconds(100), wall: .seconds(1_795_683_600)))
        writer.write("200 0.010\n")
        _ = follower.poll(now: .seconds(100), into: &builder)
        for number in 0..<640 {
            rename(log, directory.file("access.log-\(10_000 + number)"))
            writer.reopen()
            writer.write("200 0.010\n")
        }
        while follower.poll(now: .seconds(100), into: &builder).hasMore {}
        #expect(follower.descriptors.count <= FileFollower.openLimit)
        let batch = builder.take(source: .reading)
        #expect(batch.lines + batch.losses.dropped == 641)
        #expect(blindness(batch)?.hasPrefix("dropped: ") == true)
    }
}
