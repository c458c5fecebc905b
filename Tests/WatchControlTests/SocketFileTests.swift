import Foundation
import Logging
import Testing
import WatchCore
import WatchHTTP

@testable import WatchControl

@Suite struct SocketFileTests {
    private func server(_ path: String) -> ControlServer {
        ControlServer(
            path: path, access: Access(), backend: FakeBackend(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// What a crashed daemon leaves: a socket file that nobody listens on.
    private func leaveSocket(_ path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
    }

    @Test func aSocketLeftByACrashIsTakenOverAndRemovedAtTheEnd() async throws {
        try await withDirectory { directory in
            let path = directory + "/watchd.sock"
            try leaveSocket(path)
            let file = try SocketFile.claim(path)
            #expect(!FileManager.default.fileExists(atPath: path))
            file.release(removing: nil)
        }
        try await withServer { server in
            #expect(FileManager.default.fileExists(atPath: server.path))
        }
    }

    @Test func theSocketIsGoneAfterTheServerStopped() async throws {
        let path = Box("")
        try await withServer { path.value = $0.path }
        #expect(!path.value.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: path.value))
    }

    @Test func aSecondServerIsRefusedAndTheFirstGoesOn() async throws {
        try await withServer { first in
            await #expect(throws: ControlError.anotherIsListening(first.path)) {
                try await server(first.path).run()
            }
            let answer = try await first.get("/v1/status")
            #expect(answer.status == 200)
        }
    }

    @Test func aListenerWithoutTheLockIsRespectedToo() async throws {
        try await withServer { first in
            try FileManager.default.removeItem(atPath: first.path + ".lock")
            await #expect(throws: ControlError.anotherIsListening(first.path)) {
                try await server(first.path).run()
            }
            let answer = try await first.get("/v1/status")
            #expect(answer.status == 200)
        }
    }

    @Test func aFileThatIsNoSocketIsNotTouched() async throws {
        try await withDirectory { directory in
            let path = directory + "/watchd.sock"
            try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
            await #expect(throws: ControlError.notASocket(path)) {
                try await server(path).run()
            }
            #expect(FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func aPathTheKernelCannotTakeIsSaid() async {
        let path = "/tmp/" + String(repeating: "x", count: 103)
        await #expect(throws: ControlError.pathTooLong(path, bytes: 108)) {
            try await server(path).run()
        }
    }

    @Test func aMissingDirectoryIsSaid() async throws {
        do {
            try await server("/tmp/watchd-test-nowhere/watchd.sock").run()
            Issue.record("it ran")
        } catch let error as ControlError {
            #expect(error.description.contains("/tmp/watchd-test-nowhere"))
            #expect(error.description.contains("RuntimeDirectory=watchd"))
        }
    }
}

/// A value that a closure can set.
// Safe: one test writes it, then reads it, in turn.
final class Box<Value>: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
}
