// A listener for syslog by UDP, TCP, TLS and connections of this host. It only cuts what comes into
// messages and puts them into the stream's inbox; the stream's thread does the rest.

import NIOCore
import NIOPosix
public import WatchCore
public import WatchStreams

public final class SyslogReceiver: LineReceiver {
    /// Senders at one time, and those of one address.
    static let connectionLimit = 256
    static let connectionsOfOne = 128
    /// Of a handshake. A sender that has nothing to say may be silent as long as it likes.
    private static let handshake = TimeAmount.seconds(10)

    private let socket: ListeningSocket

    /// - Parameter secrets: where a key of TLS may be kept.
    public init(_ listener: SyslogListener, inbox: LineInbox, secrets: any SecretSource) {
        let file: SocketFile? =
            if case .unixStream(let path) = listener.endpoint {
                SocketFile(path, .connections)
            } else { nil }
        let keeper: TLSKeeper? =
            if case .tls(_, _, let files) = listener.endpoint {
                TLSKeeper(files, secrets)
            } else { nil }
        socket = ListeningSocket(at: listener.endpoint.text, file: file, inbox: inbox) { group in
            Self.bind(Parts(listener: listener, inbox: inbox, keeper: keeper), group)
        }
    }

    /// Where it listens; nil: nowhere yet.
    public var port: Int? { socket.port }

    public func start() { socket.start() }

    public func stop() { socket.stop() }

    // MARK: - Listening

    private struct Parts: Sendable {
        let listener: SyslogListener
        let inbox: LineInbox
        let keeper: TLSKeeper?
        let connections = ConnectionCount(
            limit: SyslogReceiver.connectionLimit, ofOne: SyslogReceiver.connectionsOfOne)
    }

    private static func bind(
        _ parts: Parts, _ group: MultiThreadedEventLoopGroup
    ) -> EventLoopFuture<any Channel> {
        switch parts.listener.endpoint {
        // Read by the stream's own thread: NIO has no datagrams of senders without an address.
        case .unix: return group.next().makeFailedFuture(ChannelError.operationUnsupported)
        case .udp(let host, let port): return datagrams(parts, group).bind(host: host, port: port)
        case .tcp(let host, let port): return connections(parts, group).bind(host: host, port: port)
        case .tls(let host, let port, _):
            do {
                // A certificate that cannot be used is known before somebody comes.
                _ = try parts.keeper?.context(now: .now())
            } catch {
                return group.next().makeFailedFuture(error)
            }
            return connections(parts, group).bind(host: host, port: port)
        case .unixStream(let path):
            let mode = parts.listener.mode
            return connections(parts, group).bind(unixDomainSocketPath: path).map { channel in
                SocketFile(path, .connections).allow(mode)
                return channel
            }
        }
    }

    private static func connections(
        _ parts: Parts, _ group: MultiThreadedEventLoopGroup
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                let peer = channel.remoteAddress?.ipAddress
                if let why = parts.connections.begin(peer) {
                    parts.inbox.turnAway(why)
                    return channel.close()
                }
                channel.closeFuture.whenComplete { _ in parts.connections.end(peer) }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let keeper = parts.keeper {
                        try pipeline.addHandler(
                            TLSHandler(keeper.context(now: .now()), within: handshake))
                    }
                    try pipeline.addHandler(SyslogConnection(parts.listener, parts.inbox))
                }
            }
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
    }

    private static func datagrams(
        _ parts: Parts, _ group: MultiThreadedEventLoopGroup
    ) -> DatagramBootstrap {
        DatagramBootstrap(group: group)
            // A burst waits in the kernel while the last one is cut up.
            .channelOption(.socketOption(.so_rcvbuf), value: 4 << 20)
            .channelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        SyslogDatagrams(parts.listener, parts.inbox))
                }
            }
    }
}
