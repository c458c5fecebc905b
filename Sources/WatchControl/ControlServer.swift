// The socket people and pipelines talk to: HTTP/1.1 with JSON on a Unix socket (DESIGN §6). It
// checks who asks and what they may, and hands the rest to a `ControlBackend`.

import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle
import Synchronization
public import WatchCore
public import WatchSystem

/// A service that runs until graceful shutdown or cancellation. Errors of `run` are `ControlError`
/// where the socket cannot be opened.
public final class ControlServer: Service {
    private let path: String
    private let group: String
    private let logger: Logger
    private let access: AccessBox
    private let responder: Responder
    private let onListening: @Sendable () async -> Void
    private let time: any TimeSource
    /// Our own socket file, once it is there.
    private let own = Mutex<FileIdentity?>(nil)

    /// Connections at once; the next ones wait in the kernel's queue.
    static let connections = 256
    /// A reader that takes nothing may hold up the shutdown no longer than this.
    static let patience = Duration.seconds(2)

    /// - Parameters:
    ///   - path: of the socket; its directory must exist.
    ///   - group: its members may connect and read.
    ///   - onListening: called once, when connections are accepted.
    public init(
        path: String, access: Access, group: String = "watchd", backend: any ControlBackend,
        logger: Logger, time: any TimeSource = SystemTime(),
        onListening: @escaping @Sendable () async -> Void = {}
    ) {
        self.path = path
        self.group = group
        self.logger = logger
        self.onListening = onListening
        self.time = time
        self.access = AccessBox(access)
        responder = Responder(
            backend: backend, users: UserDirectory(time: time), access: self.access, group: group,
            feed: EventFeed(backend: backend))
    }

    /// After a reload: who may act from now on.
    public func update(access new: Access) { access.current = new }

    public func run() async throws {
        let path = path
        let file = try await NIOThreadPool.singleton.runIfActive { try SocketFile.claim(path) }
        defer { file.release(removing: own.withLock { $0 }) }
        try await runUntilShutdown(try server(on: file))
    }

    /// Hummingbird's `Application` without its clock, which wakes a thread once a second for ever
    /// so that a date is at hand: here it is made when there is an answer to date.
    private func server(on file: SocketFile) throws -> any Service {
        let (responder, quiet) = (responder, quiet(logger))
        return try HTTPServerBuilder.http1(
            configuration: .init(
                idleTimeout: .seconds(60),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024,
                    maxHeaderFieldCount: 100))
        ).buildServer(
            configuration: ServerConfiguration(
                address: .unixDomainSocket(path: path),
                availableConnectionsDelegate: .maximum(Self.connections, logger: logger)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet,
            responder: { [time] request, writer, channel in
                let context = ControlContext(
                    source: ApplicationRequestContextSource(channel: channel, logger: quiet))
                var response = await responder.respond(to: request, context: context)
                response.headers[.date] = HTTPDate.text(time.now().wall)
                try await writer.write(response: response.head, body: response.body)
            },
            onServerRunning: { _ in await self.listening(on: file) })
    }

    private func runUntilShutdown(_ server: any Service) async throws {
        let path = path
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                do {
                    try await server.run()
                } catch is CancellationError {
                } catch let error as IOError {
                    throw ControlError.system(
                        SystemError("listen on \(path)", code: error.errnoCode),
                        remedy: "check that watchd's user may write in its directory")
                }
            }
            tasks.addTask {
                try? await gracefulShutdown()
                try? await Task.sleep(for: Self.patience)
            }
            // Whichever ends first ends the other.
            defer { tasks.cancelAll() }
            try await tasks.next()
        }
    }

    private func listening(on file: SocketFile) async {
        own.withLock { $0 = file.identity() }
        do {
            let group = try await responder.users.group(group)
            if let warning = try file.protect(group: group, named: self.group) {
                logger.warning("\(warning)")
            }
        } catch {
            logger.error("the socket is open to its owner only: \(error)")
        }
        await onListening()
    }

    /// What Hummingbird says about each connection is nobody's concern at `info`.
    private func quiet(_ logger: Logger) -> Logger {
        var quiet = logger
        if quiet.logLevel < .warning { quiet.logLevel = .warning }
        return quiet
    }
}
