// Real senders: logger(1) by UDP, TCP and a socket; floods, and senders that are no syslog.

import Foundation
import Synchronization
import Testing
import WatchCore
import WatchReceivers
import WatchStreams
import WatchSystem

@Suite(.timeLimit(.minutes(1))) struct SyslogReceiverTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("watchd-receivers-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// A stream with a receiver, and what it handed over.
    private final class Listening: Sendable {
        struct Sum {
            var lines = 0
            var counted = 0
            var errors = 0
            var patterns = 0
            var losses = StreamBatch.Losses()
            var reason = ""
        }

        let sum = Mutex(Sum())
        let receiver: Mutex<SyslogReceiver?> = Mutex(nil)
        private let stream: Mutex<LogStream?> = Mutex(nil)
        private let changes: AsyncStream<Void>
        private let change: AsyncStream<Void>.Continuation

        init(_ listener: SyslogListener) throws {
            (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
            var configuration = StreamConfiguration(
                name: "app", kind: .syslog(listener), format: .lines)
            configuration.error = try LineCondition("level >= error")
            configuration.patterns = [.init("line", "^line")]
            let stream = try LogStream(
                service: "shop", configuration: configuration, time: SystemTime(), position: nil,
                receiver: { [self] kind, inbox in
                    guard case .syslog(let listener) = kind else { return nil }
                    let receiver = SyslogReceiver(listener, inbox: inbox)
                    self.receiver.withLock { $0 = receiver }
                    return receiver
                }
            ) { [self] event, _ in take(event) }
            self.stream.withLock { $0 = stream }
            stream.start()
        }

        private func take(_ event: Event) {
            guard case .stream(_, _, let batch) = event else { return }
            sum.withLock {
                $0.lines += batch.lines
                $0.counted += batch.slices.reduce(0) { $0 + $1.count }
                $0.errors += batch.slices.reduce(0) { $0 + $1.errors }
                $0.patterns += batch.slices.reduce(0) { $0 + ($1.patterns["line"] ?? 0) }
                $0.losses.dropped += batch.losses.dropped
                $0.losses.tooLong += batch.losses.tooLong
                $0.losses.unparsed += batch.losses.unparsed
                if case .unreadable(let why) = batch.source { $0.reason = why }
            }
            change.yield()
        }

        func wait(until condition: (borrowing Sum) -> Bool) async {
            if sum.withLock({ condition($0) }) { return }
            for await _ in changes where sum.withLock({ condition($0) }) { return }
        }

        /// Where it listens, once it does.
        var port: Int {
            get async {
                while true {
                    if let port = receiver.withLock({ $0?.port }) { return port }
                    await Task.yield()
                }
            }
        }

        func stop() { stream.withLock { $0 }?.stop() }
    }

    private func logger(_ arguments: [String], _ text: String) async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/logger")
        process.arguments = arguments
        let input = Pipe()
        process.standardInput = input
        let (ended, end) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in end.finish() }
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        for await _ in ended {}
        #expect(process.terminationStatus == 0)
    }

    private func text(_ count: Int) -> String { (0..<count).map { "line \($0)\n" }.joined() }

    @Test func datagramsOfBothFormatsAreRead() async throws {
        let listening = try Listening(SyslogListener(.udp(host: "127.0.0.1", port: 0)))
        let port = await listening.port
        let to = ["-n", "127.0.0.1", "-P", "\(port)", "-d", "-t", "shop"]
        try await logger(to + ["--rfc5424", "-p", "user.err"], text(10))
        try await logger(to + ["--rfc3164", "-p", "user.info"], text(10))
        await listening.wait { $0.counted >= 20 }
        listening.stop()
        let sum = listening.sum.withLock { $0 }
        #expect(sum.counted == 20)
        #expect(sum.errors == 10)
        #expect(sum.patterns == 20)
    }

    @Test func connectionsCountedOrWithNewlinesLoseNothing() async throws {
        let listening = try Listening(SyslogListener(.tcp(host: "127.0.0.1", port: 0)))
        let port = await listening.port
        let to = ["-n", "127.0.0.1", "-P", "\(port)", "-T", "-t", "shop", "-p", "user.warning"]
        async let first: Void = logger(to + ["--rfc5424", "--octet-count"], text(5000))
        async let second: Void = logger(to + ["--rfc3164"], text(5000))
        _ = try await (first, second)
        await listening.wait { $0.counted >= 10_000 }
        listening.stop()
        let sum = listening.sum.withLock { $0 }
        #expect(sum.patterns == 10_000)
        #expect(sum.losses == .init())
    }

    @Test func aSocketFileIsMadeAndTakenAway() async throws {
        let path = folder.appendingPathComponent("log.sock").path
        var listener = SyslogListener(.unix(path: path))
        listener.mode = 0o622
        let listening = try Listening(listener)
        // It is there a little before it has its permissions.
        while (try? FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
            != 0o622
        { await Task.yield() }
        try await logger(["-u", path, "-t", "shop", "-p", "user.crit"], text(100))
        await listening.wait { $0.counted >= 100 }
        #expect(listening.sum.withLock { $0.errors } == 100)
        // Taken away by somebody, and made again.
        try FileManager.default.removeItem(atPath: path)
        while !FileManager.default.fileExists(atPath: path) { await Task.yield() }
        try await logger(["-u", path, "-t", "shop", "-p", "user.crit"], text(100))
        await listening.wait { $0.counted >= 200 }
        let second = try Listening(listener)
        await second.wait { !$0.reason.isEmpty }
        #expect(second.sum.withLock { $0.reason }.contains("reads from \(path)"))
        second.stop()
        listening.stop()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func onlyTheProgramsThatAreNamedCount() async throws {
        var listener = SyslogListener(.udp(host: "127.0.0.1", port: 0))
        listener.programs = ["shop"]
        let listening = try Listening(listener)
        let to = ["-n", "127.0.0.1", "-P", "\(await listening.port)", "-d"]
        try await logger(to + ["-t", "other"], text(10))
        try await logger(to + ["-t", "shop"], text(10))
        await listening.wait { $0.counted >= 10 }
        listening.stop()
        #expect(listening.sum.withLock { $0.lines } == 10)
    }

    @Test func aPlaceThatIsTakenIsAReason() async throws {
        let first = try Listening(SyslogListener(.tcp(host: "127.0.0.1", port: 0)))
        let port = await first.port
        let second = try Listening(SyslogListener(.tcp(host: "127.0.0.1", port: port)))
        await second.wait { !$0.reason.isEmpty }
        #expect(second.sum.withLock { $0.reason }.contains("listens at tcp 127.0.0.1:\(port)"))
        second.stop()
        first.stop()
    }

    @Test func aSenderThatIsNoSyslogIsLetGoAndCounted() async throws {
        let listening = try Listening(SyslogListener(.tcp(host: "127.0.0.1", port: 0)))
        let port = await listening.port
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        // Ends when it is let go.
        process.arguments = ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port); echo 12345x >&3; cat <&3"]
        let (ended, end) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in end.finish() }
        try process.run()
        for await _ in ended {}
        await listening.wait { $0.losses.unparsed >= 1 }
        listening.stop()
    }

    /// Ten times what the inbox holds, with nobody taking anything out.
    @Test func aFloodIsBoundedAndCounted() throws {
        let inbox = try LineInbox()
        var lines = ReceivedLines()
        let line = [UInt8](repeating: 120, count: 1000)
        for _ in 0..<1000 { line.withUnsafeBytes { lines.add($0) } }
        var taken = 0
        for _ in 0..<160 where inbox.put(lines) { taken += 1 }
        #expect(taken * 1000 * 1000 <= LineInbox.limit)
        #expect(taken >= 14)
    }
}
