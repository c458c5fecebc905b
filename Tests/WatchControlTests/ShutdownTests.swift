import Glibc
import Logging
import ServiceLifecycle
import Testing
import WatchCore

@testable import WatchControl

@Suite struct ShutdownTests {
    /// A reader that asks for all events and then takes nothing.
    private func stuckReader(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(connected == 0)
        let request = "GET /v1/events?follow=1&after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n"
        #expect(write(descriptor, request, request.utf8.count) == request.utf8.count)
        return descriptor
    }

    @Test func gracefulShutdownEndsReadersEvenOnesThatTakeNothing() async throws {
        try await withDirectory { directory in
            let backend = FakeBackend()
            for id in 1...20_000 { backend.append(Fixtures.event(Int64(id))) }
            let path = directory + "/watchd.sock"
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let (listening, ready) = AsyncStream<Void>.makeStream()
            let server = ControlServer(
                path: path, access: Access(), backend: backend, logger: logger,
                onListening: { ready.finish() })
            let group = ServiceGroup(services: [server], logger: logger)
            let running = Task { try await group.run() }
            for await _ in listening {}
            let reader = try stuckReader(path)
            defer { close(reader) }
            for await _ in backend.followed { break }
            // What it has not taken stays in the journal: no more than the kernel's buffer, the
            // channel's and one page are in memory.
            await group.triggerGracefulShutdown()
            try await running.value
            #expect(access(path, F_OK) != 0)
        }
    }
}
