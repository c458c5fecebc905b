// A listener for syslog by UDP and TCP. It only cuts what comes into messages and puts them into
// the stream's inbox; the stream's thread does the rest.

import NIOCore
import NIOPosix
import Synchronization
public import WatchCore
public import WatchStreams

/// Listens from `start` to `stop`. Where it cannot, the inbox is told why, and it tries again every
/// few seconds: an address can be there late, a socket of before can be in the way.
public final class SyslogReceiver: LineReceiver {
    /// Senders at one time.
    static let connectionLimit = 256
    private static let retry = TimeAmount.seconds(2)

    private struct State {
        var channel: (any Channel)?
        var isStopped = false
    }

    private let listener: SyslogListener
    private let inbox: LineInbox
    private let group: MultiThreadedEventLoopGroup
    private let state = Mutex(State())

    public init(_ listener: SyslogListener, inbox: LineInbox) {
        self.listener = listener
        self.inbox = inbox
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    }

    /// Where it listens; nil: nowhere yet.
    public var port: Int? { state.withLock { $0.channel?.localAddress?.port } }

    public func start() {
        bind().whenComplete { [self] result in
            switch result {
            case .success(let channel): opened(channel)
            case .failure(let error):
                inbox.report(ListenProblem.sentence(error, at: listener.endpoint.text))
                let isStopped = state.withLock { $0.isStopped }
                guard !isStopped else { return }
                group.next().scheduleTask(in: Self.retry) { [self] in start() }
            }
        }
    }

    private func opened(_ channel: any Channel) {
        let isStopped = state.withLock { state in
            state.channel = channel
            return state.isStopped
        }
        if isStopped {
            channel.close(promise: nil)
        } else {
            inbox.report(nil)
        }
    }

    /// When this returns, nothing more comes into the inbox.
    public func stop() {
        let channel = state.withLock { state in
            state.isStopped = true
            return state.channel
        }
        try? channel?.close().wait()
        try? group.syncShutdownGracefully()
    }

    // MARK: - Listening

    private func bind() -> EventLoopFuture<any Channel> {
        switch listener.endpoint {
        // Read by the stream's own thread: NIO has no datagrams of senders without an address.
        case .unix: return group.next().makeFailedFuture(ChannelError.operationUnsupported)
        case .udp(let host, let port): return datagrams().bind(host: host, port: port)
        case .tcp(let host, let port):
            let connections = ConnectionCount(limit: Self.connectionLimit)
            return ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 64)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { [listener, inbox] channel in
                    guard connections.begin() else { return channel.close() }
                    channel.closeFuture.whenComplete { _ in connections.end() }
                    return channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            SyslogConnection(listener, inbox))
                    }
                }
                .childChannelOption(.socketOption(.so_keepalive), value: 1)
                .bind(host: host, port: port)
        }
    }

    private func datagrams() -> DatagramBootstrap {
        DatagramBootstrap(group: group)
            // A burst waits in the kernel while the last one is cut up.
            .channelOption(.socketOption(.so_rcvbuf), value: 4 << 20)
            .channelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536)
            )
            .channelInitializer { [listener, inbox] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        SyslogDatagrams(listener, inbox))
                }
            }
    }
}
