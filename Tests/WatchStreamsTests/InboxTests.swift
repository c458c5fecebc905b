// A stream that is sent to needs an inbox, and a host that has no descriptor left has none to give.

import Glibc
import Synchronization
import Testing
import WatchCore
import WatchSystem

@testable import WatchStreams

@Suite(.timeLimit(.minutes(10))) struct InboxTests {
    /// Puts one line into the inbox when it begins.
    private final class Receiver: LineReceiver {
        let inbox: LineInbox
        let isStopped = Mutex(false)

        init(_ inbox: LineInbox) { self.inbox = inbox }

        func start() {
            var lines = ReceivedLines()
            Array("hello".utf8).withUnsafeBytes { lines.add($0) }
            _ = inbox.put(lines)
        }

        func stop() { isStopped.withLock { $0 = true } }
    }

    private static let stream = StreamConfiguration(
        name: "app", kind: .syslog(SyslogListener(.udp(host: "127.0.0.1", port: 5514))),
        format: .lines)

    @Test func withoutAnInboxTheStreamIsBlindUntilThereIsOne() async throws {
        let fails = Mutex(true)
        let made = Mutex<Receiver?>(nil)
        let total = Total()
        let log = try LogStream(
            service: "shop", configuration: Self.stream, time: Clock(), position: nil,
            beginning: .end, audiences: nil,
            receiver: { _, inbox in
                let receiver = Receiver(inbox)
                made.withLock { $0 = receiver }
                return receiver
            },
            inbox: { () throws(SystemError) in
                if fails.withLock({ $0 }) { throw SystemError("create a pipe", code: EMFILE) }
                return try LineInbox()
            }, sink: { total.take($0, $1) })
        log.start()
        await total.wait { !$0.batches.isEmpty }
        guard case .unreadable(let why)? = total.sum.withLock({ $0.batches.first?.source }) else {
            Issue.record("it is silent")
            return
        }
        #expect(why.contains("nothing can be received at udp 127.0.0.1:5514"), "\(why)")
        #expect(why.contains("raise LimitNOFILE"))
        #expect(made.withLock { $0 == nil })
        fails.withLock { $0 = false }
        log.wake()
        await total.wait { $0.lines == 1 }
        #expect(total.sum.withLock { $0.batches.last?.source } == .reading)
        log.stop()
        #expect(made.withLock { $0?.isStopped.withLock { $0 } } == true)
    }

    @Test func aStreamThatStopsWaitsForNoInbox() throws {
        let total = Total()
        let log = try LogStream(
            service: "shop", configuration: Self.stream, time: Clock(), position: nil,
            beginning: .end, audiences: nil, receiver: { _, _ in nil },
            inbox: { () throws(SystemError) in
                throw SystemError("create a pipe", code: EMFILE)
            }, sink: { total.take($0, $1) })
        log.start()
        log.stop()
    }
}
