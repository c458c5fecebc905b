// What becomes of the bytes of one sender: messages, and of these the lines that are wanted.

import Glibc
import NIOCore
import WatchCore
import WatchStreams

extension ReceivedLines {
    /// Adds a message, if its program is one of those that are wanted.
    mutating func add(message bytes: UnsafeRawBufferPointer, of programs: [[UInt8]]) {
        let message = SyslogMessage(bytes)
        if !programs.isEmpty {
            let program = bytes[message.program]
            guard programs.contains(where: { program.elementsEqual($0) }) else { return }
        }
        add(
            UnsafeRawBufferPointer(rebasing: bytes[message.text]), time: message.time,
            level: message.level)
    }
}

/// Each datagram is a message. One that finds no room is dropped and counted: nobody waits for us.
final class SyslogDatagrams: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let programs: [[UInt8]]
    private let inbox: LineInbox
    private var lines = ReceivedLines()
    /// By the kernel, since the socket was made.
    private var missed: UInt32 = 0

    init(_ listener: SyslogListener, _ inbox: LineInbox) {
        programs = listener.programs.map { Array($0.utf8) }
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unwrapInboundIn(data).data.withUnsafeReadableBytes { lines.add(message: $0, of: programs) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        countMissed(context.channel)
        guard !lines.isEmpty else { return }
        inbox.putOrDrop(lines)
        lines = ReceivedLines()
    }

    /// What came faster than it was read was thrown away by the kernel, which counts it for each
    /// socket. What it throws away leaves more to read, so this is looked at after it.
    private func countMissed(_ channel: any Channel) {
        guard let options = channel as? any SocketOptionProvider else { return }
        let found: EventLoopFuture<KernelCounts> = options.unsafeGetSocketOption(
            level: SocketOptionLevel(SOL_SOCKET), name: SocketOptionName(KernelCounts.option))
        found.assumeIsolated().whenSuccess { [self] counts in
            let new = counts.dropped &- missed
            missed = counts.dropped
            if new > 0 { inbox.drop(Int(new)) }
        }
    }
}

/// What `SO_MEMINFO` tells of a socket: nine numbers (`SK_MEMINFO_VARS` of linux/sock_diag.h), of
/// which the last is how many messages found no room.
private struct KernelCounts: Sendable {
    /// Of asm-generic/socket.h; since Linux 4.12.
    static let option: CInt = 55

    var others: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) =
        (0, 0, 0, 0, 0, 0, 0, 0)
    var dropped: UInt32 = 0
}

/// One connection. While there is no room nothing is read from it, so its sender waits, and nothing
/// is lost. When that goes, what it had sent is read all the same.
final class SyslogConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private static let pause = TimeAmount.milliseconds(25)

    private let programs: [[UInt8]]
    private let inbox: LineInbox
    private var framing = SyslogFraming()
    private var lines = ReceivedLines()

    init(_ listener: SyslogListener, _ inbox: LineInbox) {
        programs = listener.programs.map { Array($0.utf8) }
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let programs = programs
        var received = lines
        lines = ReceivedLines()
        var tooLong = 0
        unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            framing.take(
                bytes, { received.add(message: $0, of: programs) }, tooLong: { tooLong += 1 })
        }
        for _ in 0..<tooLong { received.addTooLong() }
        if framing.isBroken { received.broken += 1 }
        lines = received
        if framing.isBroken { context.close(promise: nil) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        handOver(context)
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        let programs = programs
        var received = lines
        framing.end { received.add(message: $0, of: programs) }
        lines = ReceivedLines()
        if !received.isEmpty { inbox.putLast(received) }
        context.fireChannelInactive()
    }

    private func handOver(_ context: ChannelHandlerContext) {
        guard !lines.isEmpty else { return }
        if inbox.put(lines) {
            lines = ReceivedLines()
            context.channel.setOption(.autoRead, value: true).whenFailure { _ in }
            return
        }
        context.channel.setOption(.autoRead, value: false).whenFailure { _ in }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.pause) {
            let (handler, context) = bound.value
            if context.channel.isActive { handler.handOver(context) }
        }
    }
}
