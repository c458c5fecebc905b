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
