// nginx itself, as it sends its access log by syslog to a socket of ours.

import Glibc
import Synchronization
import Testing
import WatchCore

@testable import WatchStreams

@Suite(.timeLimit(.minutes(10))) struct UnixDatagramTests {
    @Test(.enabled(if: Nginx.isInstalled))
    func theAccessLogOfARealNginxIsReceived() async throws {
        let directory = Directory()
        let path = directory.file("log.sock")
        let listener = SyslogListener(.unix(path: path))
        let stream = StreamConfiguration(
            name: "edge", kind: .syslog(listener), format: .nginx(LogFormatTests.timed))
        let total = Total()
        let log = try LogStream(
            service: "shop", configuration: stream, time: Clock(), position: nil,
            sink: { total.take($0, $1) })
        log.start()
        await total.wait { !$0.batches.isEmpty }
        let nginx = try Nginx(
            directory: directory, log: "syslog:server=unix:\(path),nohostname",
            format: LogFormatTests.timed)
        for number in 0..<50 {
            nginx.get(number % 5 == 0 ? "/broken" : "/")
            // The kernel holds ten, and nginx drops the eleventh.
            await total.wait { $0.lines > number - 8 }
        }
        await total.wait { $0.lines >= 50 }
        nginx.stop()
        log.stop()
        #expect(total.sum.withLock { $0.counted } == 50)
        #expect(total.sum.withLock { $0.errors } == 10)
        #expect(total.sum.withLock { $0.latencies } == 50)
        #expect(total.sum.withLock { $0.losses } == 0)
        #expect(access(path, F_OK) != 0)
    }

    /// Whoever had sent already has not sent in vain.
    @Test func whatWasSentToASocketThatIsReplacedIsStillRead() throws {
        let directory = Directory()
        let path = directory.file("log.sock")
        let source = UnixDatagramSource(SyslogListener(.unix(path: path)), path: path)
        defer { source.close() }
        func moment(_ second: Double) -> Moment {
            Moment(boot: .seconds(second), wall: .seconds(1_800_000_000 + second))
        }
        source.look(now: moment(1))
        let sender = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(sender) }
        #expect(
            SocketFile(path, .datagrams).withAddress(on: sender) { connect($0, $1, $2) } == 0)
        for text in ["<13>app: one", "<13>app: two"] {
            #expect(send(sender, text, text.utf8.count, 0) == text.utf8.count)
        }
        #expect(unlink(path) == 0)
        let rules = try LineRules(
            StreamConfiguration(
                name: "edge", kind: .syslog(SyslogListener(.unix(path: path))), format: .lines))
        var builder = BatchBuilder(try LineParser(rules))
        builder.begin(at: moment(3))
        while source.poll(now: moment(3), into: &builder) {}
        let read = builder.take(source: .reading)
        #expect(read.lines == 2)
        // There is a new one, and the old one is no more: its sender must look for it.
        #expect(access(path, F_OK) == 0)
        #expect(send(sender, "x", 1, Int32(MSG_NOSIGNAL)) == -1)
    }

    @Test func aFileThatIsNoSocketIsNotTakenAway() throws {
        let directory = Directory()
        let path = directory.file("log.sock")
        Writer(path).write("precious")
        let source = UnixDatagramSource(SyslogListener(.unix(path: path)), path: path)
        source.look(now: Moment(boot: .seconds(1), wall: WallTime(nanoseconds: 0)))
        guard case .unreadable(let why) = source.source else {
            Issue.record("it listens")
            return
        }
        #expect(why.contains("is there and no socket"))
        source.close()
        #expect(access(path, F_OK) == 0)
    }
}
