// A listener for lines that are posted over HTTP, as Vercel and other hosters do.

import NIOCore
import NIOHTTP1
import NIOPosix
public import WatchCore
public import WatchStreams

/// What all connections of a drain share.
struct Drain: Sendable {
    let listener: DrainListener
    /// Lines are JSON whatever a request's Content-Type says.
    let isJSON: Bool
    let inbox: LineInbox
    let bounds: DrainBounds
    let keyring: DrainKeyring
    let budget: DrainBudget

    /// Bodies that could not be read count as lines that do not parse.
    func note(broken: Int) {
        var lines = ReceivedLines()
        lines.broken = broken
        inbox.putOrDrop(lines)
    }
}

public final class DrainReceiver: LineReceiver {
    private let drain: Drain
    private let socket: ListeningSocket

    /// - Parameter isJSON: lines are JSON whatever a request's Content-Type says.
    public init(
        _ listener: DrainListener, isJSON: Bool, inbox: LineInbox, secrets: any SecretSource,
        bounds: DrainBounds = DrainBounds()
    ) {
        let drain = Drain(
            listener: listener, isJSON: isJSON, inbox: inbox, bounds: bounds,
            keyring: DrainKeyring(listener, secrets, inbox), budget: DrainBudget(bounds))
        self.drain = drain
        let keeper = listener.tls.map { TLSKeeper($0, secrets) }
        socket = ListeningSocket(at: listener.text, inbox: inbox) { group in
            do {
                // A certificate that cannot be used is known before somebody comes.
                _ = try keeper?.context(now: .now())
            } catch {
                return group.next().makeFailedFuture(error)
            }
            return ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 64)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { Self.begin($0, drain, keeper) }
                // Answers are short, and nobody shall wait for more of them.
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .bind(host: listener.host, port: listener.port)
        }
    }

    /// Where it listens; nil: nowhere yet.
    public var port: Int? { socket.port }

    public func start() {
        _ = drain.keyring.keys(now: .now())
        socket.start()
    }

    public func stop() { socket.stop() }

    private static func begin(
        _ channel: any Channel, _ drain: Drain, _ keeper: TLSKeeper?
    ) -> EventLoopFuture<Void> {
        let peer = channel.remoteAddress?.ipAddress ?? ""
        if let why = drain.budget.connect(peer) {
            drain.inbox.turnAway(why)
            return channel.close()
        }
        // The last thing of all, so that what the connection had taken was given back before.
        channel.closeFuture.whenComplete { _ in drain.budget.disconnect(peer) }
        return channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let keeper {
                try pipeline.addHandler(
                    TLSHandler(keeper.context(now: .now()), within: drain.bounds.request))
            }
            let count = DrainGauge.Count()
            try pipeline.addHandler(DrainGauge(limit: drain.bounds.head, count))
            // Requests are answered before the next one is looked at, so nothing has to keep order.
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: false)
            try pipeline.addHandler(DrainConnection(drain, peer: peer, count))
        }
    }
}
