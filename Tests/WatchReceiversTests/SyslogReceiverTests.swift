// Real senders: logger(1) by UDP, TCP and a socket; floods, and senders that are no syslog.

import Foundation
import Glibc
import Testing
import WatchCore

@testable import WatchReceivers
@testable import WatchStreams

@Suite(.timeLimit(.minutes(10))) struct SyslogReceiverTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("watchd-receivers-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func logger(_ arguments: [String], _ text: String) async throws {
        #expect(try await run(["logger"] + arguments, text).status == 0)
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
        let sum = listening.seen
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
        let sum = listening.seen
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
        #expect(listening.seen.errors == 100)
        // Taken away by somebody, and made again.
        try FileManager.default.removeItem(atPath: path)
        while !FileManager.default.fileExists(atPath: path) { await Task.yield() }
        try await logger(["-u", path, "-t", "shop", "-p", "user.crit"], text(100))
        await listening.wait { $0.counted >= 200 }
        let second = try Listening(listener)
        await second.wait { !$0.reason.isEmpty }
        #expect(second.seen.reason.contains("reads from \(path)"))
        second.stop()
        listening.stop()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func aSocketForConnectionsIsMadeAndMadeAgain() async throws {
        let path = folder.appendingPathComponent("stream.sock").path
        // Left behind by a process that was killed.
        _ = try await run([
            "python3", "-c",
            "import socket; socket.socket(socket.AF_UNIX).bind('\(path)')",
        ])
        #expect(FileManager.default.fileExists(atPath: path))
        var listener = SyslogListener(.unixStream(path: path))
        listener.mode = 0o622
        let listening = try Listening(listener)
        func permissions() -> Int? {
            try? FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        while permissions() != 0o622 { await Task.yield() }
        try await logger(["-u", path, "-T", "-t", "shop", "-p", "user.crit"], text(100))
        await listening.wait { $0.counted >= 100 }
        try FileManager.default.removeItem(atPath: path)
        while permissions() != 0o622 { await Task.yield() }
        try await logger(["-u", path, "-T", "-t", "shop", "-p", "user.crit"], text(100))
        await listening.wait { $0.counted >= 200 }
        let second = try Listening(listener)
        await second.wait { $0.reason.contains("reads from \(path)") }
        second.stop()
        #expect(FileManager.default.fileExists(atPath: path))
        listening.stop()
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(listening.seen.patterns == 200)
    }

    /// Who is turned away holds no place.
    @Test func placesOfConnectionsAreGivenBack() {
        let count = ConnectionCount(limit: 3, ofOne: 2)
        #expect(count.begin("a") == nil && count.begin("a") == nil)
        for _ in 0..<10 { #expect(count.begin("a") == "2 connections of one address") }
        #expect(count.begin("b") == nil)
        for _ in 0..<10 { #expect(count.begin(nil) == "3 connections") }
        count.end("a")
        #expect(count.begin(nil) == nil)
        count.end(nil)
        count.end("b")
        #expect(count.begin("a") == nil)
        #expect(count.begin("a") != nil)
    }

    @Test func sendersThatAreTurnedAwayAreCounted() async throws {
        let listening = try Listening(SyslogListener(.tcp(host: "127.0.0.1", port: 0)))
        let port = await listening.port
        let sockets = (0..<SyslogReceiver.connectionsOfOne + 1).map { _ in Self.connect(port) }
        defer { for socket in sockets { close(socket) } }
        await listening.wait { $0.turnedAway != nil }
        #expect(listening.seen.turnedAway?.count == 1)
        #expect(listening.seen.turnedAway?.why == "128 connections of one address")
        listening.stop()
    }

    private static func connect(_ port: Int) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = UInt16(port).bigEndian
        inet_pton(AF_INET, "127.0.0.1", &place.sin_addr)
        withUnsafePointer(to: &place) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return descriptor
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
        #expect(listening.seen.lines == 10)
    }

    @Test func aPlaceThatIsTakenIsAReason() async throws {
        let first = try Listening(SyslogListener(.tcp(host: "127.0.0.1", port: 0)))
        let port = await first.port
        let second = try Listening(SyslogListener(.tcp(host: "127.0.0.1", port: port)))
        await second.wait { !$0.reason.isEmpty }
        #expect(second.seen.reason.contains("listens at tcp 127.0.0.1:\(port)"))
        second.stop()
        first.stop()
    }

    @Test func aSenderThatIsNoSyslogIsLetGoAndCounted() async throws {
        let listening = try Listening(SyslogListener(.tcp(host: "127.0.0.1", port: 0)))
        let port = await listening.port
        // Ends when it is let go.
        _ = try await run([
            "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/\(port); echo 12345x >&3; cat <&3",
        ])
        await listening.wait { $0.losses.unparsed >= 1 }
        listening.stop()
    }

    /// Its connection took them, so to the sender they are delivered.
    @Test func theLastLinesOfASenderThatIsGoneFindRoomInAFullInbox() async throws {
        let inbox = try LineInbox()
        let receiver = SyslogReceiver(
            SyslogListener(.tcp(host: "127.0.0.1", port: 0)), inbox: inbox, secrets: Secrets())
        receiver.start()
        while receiver.port == nil { await Task.yield() }
        let port = try #require(receiver.port)
        var filler = ReceivedLines()
        let line = [UInt8](repeating: 120, count: 1000)
        for _ in 0..<1000 { line.withUnsafeBytes { filler.add($0) } }
        while inbox.put(filler) {}
        var one = ReceivedLines()
        line.withUnsafeBytes { one.add($0) }
        while inbox.put(one) {}
        let sent = (0..<5000).map { "<14>line \($0)\n" }.joined()
        await withCheckedContinuation { done in
            Thread {
                let sender = Self.connect(port)
                // The first lines wait for room; the others are still in the connection.
                for part in [sent.prefix(100), sent.dropFirst(100)] {
                    _ = write(sender, String(part), part.utf8.count)
                }
                shutdown(sender, Int32(SHUT_WR))
                var byte: UInt8 = 0
                // Until the other side has closed it, too.
                _ = read(sender, &byte, 1)
                close(sender)
                done.resume()
            }.start()
        }
        receiver.stop()
        let (received, dropped, _) = inbox.take()
        let lines = received.reduce(0) { sum, lines in
            sum + lines.entries.count { $0.count < 1000 }
        }
        #expect(lines == 5000)
        #expect(dropped == 0)
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
