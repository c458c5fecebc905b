// A program's output as a stream: read whole, started again ever more seldom, gone when it is let
// go.

import CProcess
import Glibc
import Synchronization
import Testing
import WatchCore

@testable import WatchStreams

@Suite(.timeLimit(.minutes(10))) struct CommandSourceTests {
    private let directory = Directory()

    private func builder() throws -> BatchBuilder {
        var stream = StreamConfiguration(name: "app", kind: .command(["/a"]), format: .lines)
        stream.patterns = [.init("line", "line")]
        return BatchBuilder(try LineParser(stream))
    }

    /// Polls at the same time of a clock made up until `condition` holds, waiting as a stream does.
    private func poll(
        _ source: CommandSource, _ builder: inout BatchBuilder, at seconds: Double,
        until condition: (CommandSource) -> Bool
    ) {
        let moment = Moment(
            boot: Instant(nanoseconds: Int64(seconds * 1e9)), wall: WallTime(nanoseconds: 0))
        builder.begin(at: moment)
        while true {
            let hasMore = source.poll(now: moment, into: &builder)
            if condition(source) { return }
            if hasMore { continue }
            wait(for: source)
        }
    }

    private func wait(for source: CommandSource) {
        var polled = source.descriptors.map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        Glibc.poll(&polled, nfds_t(polled.count), 1000)
    }

    private func shell(_ script: String) -> [String] { ["/bin/sh", "-c", script] }

    private func reason(_ source: CommandSource) -> String {
        if case .unreadable(let why) = source.source { why } else { "" }
    }

    @Test func everyLineItPrintsIsRead() throws {
        let source = CommandSource(
            shell(
                "i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done; printf 'line end'"))
        var builder = try builder()
        poll(source, &builder, at: 10) { $0.source != .reading }
        let batch = builder.take(source: source.source)
        #expect(batch.lines == 5001)
        #expect(batch.slices.reduce(0) { $0 + ($1.patterns["line"] ?? 0) } == 5001)
        #expect(reason(source).contains("/bin/sh ended with exit status 0"))
    }

    @Test func whyItEndedIsWhatItSaidLast() throws {
        let source = CommandSource(shell("echo all is well >&2; echo no such pod >&2; exit 3"))
        var builder = try builder()
        poll(source, &builder, at: 10) { $0.source != .reading }
        #expect(
            reason(source)
                == "/bin/sh ended with exit status 3: no such pod; watchd starts it again in 1s")
    }

    @Test func aProgramThatIsNotThereSaysSo() throws {
        let source = CommandSource(["/nonexistent/logs"])
        source.look(now: Moment(boot: .seconds(1), wall: WallTime(nanoseconds: 0)))
        #expect(reason(source).hasPrefix("there is no program at /nonexistent/logs"))
    }

    @Test func itIsStartedAgainEverMoreSeldom() throws {
        let source = CommandSource(shell("exit 1"))
        var builder = try builder()
        var now = 10.0
        var pauses: [Double] = []
        for _ in 0..<9 {
            poll(source, &builder, at: now) { !$0.isRunning }
            let pause = Double(try #require(source.patience).nanoseconds) / 1e9
            pauses.append(pause)
            // Not before.
            poll(source, &builder, at: now + pause - 0.001) { _ in true }
            #expect(source.source != .reading)
            now += pause
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60])
    }

    @Test func oneThatEndsAtOnceIsNotReadInBetween() throws {
        let source = CommandSource(shell("exit 1"))
        var builder = try builder()
        poll(source, &builder, at: 10) { !$0.isRunning }
        for now in [11.0, 13.0, 17.0] {
            poll(source, &builder, at: now) { source in
                #expect(source.source != .reading)
                return !source.isRunning
            }
        }
    }

    @Test(arguments: ["echo line; read x < FLAG", "read x < FLAG"])
    func startedAgainItIsReadWhenItPrintsOrLives(_ script: String) throws {
        let flag = directory.file("go")
        try #require(mkfifo(flag, 0o600) == 0)
        let source = CommandSource(
            shell(
                "[ -e \(flag).1 ] || { touch \(flag).1; exit 1; }; "
                    + script.replacing("FLAG", with: flag)))
        var builder = try builder()
        poll(source, &builder, at: 10) { !$0.isRunning }
        if script.hasPrefix("echo") {
            poll(source, &builder, at: 11) { $0.source == .reading }
            #expect(builder.take(source: .reading).lines == 1)
        } else {
            source.look(now: Moment(boot: .seconds(11), wall: WallTime(nanoseconds: 0)))
            #expect(source.isRunning)
            #expect(source.source != .reading)
            #expect(source.patience == .seconds(1))
            poll(source, &builder, at: 12) { _ in true }
            #expect(source.source == .reading)
        }
    }

    @Test func oneThatRanForLongIsStartedSoonAgain() throws {
        let flag = directory.file("go")
        try #require(mkfifo(flag, 0o600) == 0)
        let source = CommandSource(shell("read x < \(flag)"))
        var builder = try builder()
        source.look(now: Moment(boot: .seconds(10), wall: WallTime(nanoseconds: 0)))
        let writer = open(flag, O_WRONLY)
        close(writer)
        poll(source, &builder, at: 100) { $0.source != .reading }
        #expect(source.patience == .seconds(1))
    }

    @Test func whatItStartedIsGoneWithIt() throws {
        let source = CommandSource(
            shell("sleep 1000 & echo $! > \(directory.file("pid")); echo line; wait"))
        var builder = try builder()
        while builder.isEmpty {
            poll(source, &builder, at: 10) { _ in true }
            wait(for: source)
        }
        let pid = try #require(Int32(text(directory.file("pid"))))
        let process = watchd_pidfd_open(pid)
        defer { close(process) }
        source.close()
        // Readable when it is dead.
        var polled = pollfd(fd: process, events: Int16(POLLIN), revents: 0)
        #expect(Glibc.poll(&polled, 1, 10_000) == 1)
    }

    @Test func oneThatClosesItsOutputIsEnded() throws {
        let source = CommandSource(shell("exec >&-; sleep 1000"))
        var builder = try builder()
        poll(source, &builder, at: 10) { $0.patience != nil }
        poll(source, &builder, at: 12) { $0.source != .reading }
        #expect(reason(source).contains("closed its output, and was ended"))
    }

    @Test func aFloodOfComplaintsIsNotKept() throws {
        let source = CommandSource(
            shell("yes complaint 2>/dev/null | head -c 1000000 >&2; echo last >&2; exit 1"))
        var builder = try builder()
        poll(source, &builder, at: 10) { $0.source != .reading }
        #expect(reason(source).contains("exit status 1: last;"))
    }

    @Test func tooLongALineIsSkipped() throws {
        let source = CommandSource(
            shell(
                "head -c 200000 /dev/zero | tr '\\0' x; echo; echo line; "
                    + "head -c 65536 /dev/zero | tr '\\0' y; echo"
            ))
        var builder = try builder()
        poll(source, &builder, at: 10) { $0.source != .reading }
        let batch = builder.take(source: source.source)
        #expect(batch.losses.tooLong == 1)
        #expect(batch.lines == 3)
    }

    @Test func aStreamFollowsItLive() async throws {
        let fifo = directory.file("in")
        try #require(mkfifo(fifo, 0o600) == 0)
        let stream = StreamConfiguration(
            name: "app", kind: .command(["/bin/cat", fifo]), format: .nginx("$status"))
        let total = Total()
        let log = try LogStream(
            service: "shop", configuration: stream, time: Clock(), position: nil,
            sink: { total.take($0, $1) })
        log.start()
        let writer = Writer(fifo)
        writer.write("200\n500\n")
        await total.wait { $0.counted >= 2 }
        writer.write("20")
        writer.write("0\n")
        await total.wait { $0.counted >= 3 }
        log.stop()
        #expect(total.sum.withLock { $0.errors } == 1)
    }

    private func text(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 64)
        fgets(&buffer, 64, file)
        return String(
            decoding: buffer.prefix { $0 > 32 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
