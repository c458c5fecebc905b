// How much one sender, and all of them together, may take of a drain: connections, memory, time.

public import NIOCore
import Synchronization

/// The numbers; tests have smaller ones.
public struct DrainBounds: Sendable {
    /// Bytes of a head, and of what frames a body beyond its own size.
    var head = 16 * 1024
    /// All of them, and those of one address.
    var connections = 256
    var connectionsOfOne = 64
    /// Bodies that are being received, all of them and those of one address.
    var bytes = 64 << 20
    var bytesOfOne = 32 << 20
    /// From a head to the end of its body; from a connection to its first head.
    public var request = TimeAmount.seconds(30)
    /// From an answer to the next head.
    public var idle = TimeAmount.seconds(60)
    /// How long what a refused sender still sends is thrown away, so that it hears the answer.
    var linger = TimeAmount.seconds(2)

    public init() {}
}

/// What is taken at the moment. Everybody has a share, so one sender cannot keep out the others.
final class DrainBudget: Sendable {
    enum Answer: Hashable {
        case yes
        /// Of one address.
        case tooMuchForOne
        case tooMuch
    }

    private struct Share {
        var connections = 0
        var bytes = 0
    }

    private struct State {
        var all = Share()
        var shares: [String: Share] = [:]
    }

    private let bounds: DrainBounds
    private let state = Mutex(State())

    init(_ bounds: DrainBounds) { self.bounds = bounds }

    /// Why this connection does not count, for there are too many; nil: it does.
    func connect(_ peer: String) -> String? {
        state.withLock { state in
            let one = state.shares[peer]?.connections ?? 0
            if one >= bounds.connectionsOfOne {
                return ConnectionCount.tooMany(bounds.connectionsOfOne, ofOne: true)
            }
            if state.all.connections >= bounds.connections {
                return ConnectionCount.tooMany(bounds.connections, ofOne: false)
            }
            state.all.connections += 1
            state.shares[peer, default: Share()].connections += 1
            return nil
        }
    }

    func disconnect(_ peer: String) {
        state.withLock { state in
            state.all.connections -= 1
            state.shares[peer]?.connections -= 1
            if state.shares[peer]?.connections == 0 { state.shares[peer] = nil }
        }
    }

    func take(_ bytes: Int, _ peer: String) -> Answer {
        state.withLock { state in
            let one = state.shares[peer]?.bytes ?? 0
            if one + bytes > bounds.bytesOfOne { return .tooMuchForOne }
            if state.all.bytes + bytes > bounds.bytes { return .tooMuch }
            state.all.bytes += bytes
            state.shares[peer]?.bytes += bytes
            return .yes
        }
    }

    /// What was taken, before the connection ends.
    func give(_ bytes: Int, _ peer: String) {
        state.withLock { state in
            state.all.bytes -= bytes
            state.shares[peer]?.bytes -= bytes
        }
    }
}

/// Ends a connection whose head, or what frames its body, has no end. Stands before the parser,
/// which would keep whatever comes.
final class DrainGauge: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Of one request; the connection tells.
    final class Count {
        var raw = 0
        var body = 0
        func begin() { (raw, body) = (0, 0) }
    }

    private static let answer =
        "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n"
        + "content-length: 0\r\n\r\n"

    private let limit: Int
    private let count: Count

    init(limit: Int, _ count: Count) {
        self.limit = limit
        self.count = count
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        count.raw += unwrapInboundIn(data).readableBytes
        context.fireChannelRead(data)
        // A piece that has all of a head is no longer than what one read takes.
        guard count.raw - count.body > limit + 2 * count.body else { return }
        count.begin()
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: Self.answer)), promise: nil)
        context.close(promise: nil)
    }
}
