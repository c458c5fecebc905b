// The server's side of TLS around a connection, by OpenSSL: its bytes go through memory, so the
// event loop never waits for it.

import CTLS
import NIOCore

final class TLSHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The plain text of one record (RFC 8446 §5.1).
    private static let record = 16 * 1024

    private let ssl: OpaquePointer
    private var hasShaken = false
    private var isOver = false

    private let patience: TimeAmount
    private var timer: Scheduled<Void>?

    /// - Parameter patience: how long the handshake may take.
    init(_ context: TLSContext, within patience: TimeAmount) throws(ListenRefusal) {
        self.patience = patience
        guard let ssl = watchd_tls_accept(context.pointer) else {
            throw ListenRefusal(text: "OpenSSL has no memory")
        }
        self.ssl = ssl
    }

    deinit { SSL_free(ssl) }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: patience) {
            let (handler, context) = bound.value
            if !handler.hasShaken { handler.end(context) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        isOver = true
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        let sent = unwrapInboundIn(data)
        let isKept = sent.withUnsafeReadableBytes { bytes in
            BIO_write(SSL_get_rbio(ssl), bytes.baseAddress, Int32(bytes.count)) == bytes.count
        }
        guard isKept, hasShaken || shake(context) else { return end(context) }
        if hasShaken { read(context) }
    }

    /// False: it failed.
    private func shake(_ context: ChannelHandlerContext) -> Bool {
        ERR_clear_error()
        let code = SSL_do_handshake(ssl)
        let problem = SSL_get_error(ssl, code)
        flush(context)
        hasShaken = code == 1
        if hasShaken { timer?.cancel() }
        return hasShaken || problem == SSL_ERROR_WANT_READ
    }

    private func read(_ context: ChannelHandlerContext) {
        while !isOver {
            var plain = context.channel.allocator.buffer(capacity: Self.record)
            var code: Int32 = 0
            ERR_clear_error()
            plain.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.record) {
                code = SSL_read(ssl, $0.baseAddress, Int32(Self.record))
                return Swift.max(0, Int(code))
            }
            guard code <= 0 else {
                context.fireChannelRead(wrapInboundOut(plain))
                continue
            }
            // Asked before anything else is: the answer is that of the last call.
            let problem = SSL_get_error(ssl, code)
            flush(context)
            if problem != SSL_ERROR_WANT_READ { end(context) }
            return
        }
    }

    /// What OpenSSL has to say to the other side.
    private func flush(_ context: ChannelHandlerContext) {
        guard let sealed = sealed(context) else { return }
        context.writeAndFlush(wrapOutboundOut(sealed), promise: nil)
    }

    private func sealed(_ context: ChannelHandlerContext) -> ByteBuffer? {
        let waiting = BIO_ctrl_pending(SSL_get_wbio(ssl))
        guard waiting > 0 else { return nil }
        var sealed = context.channel.allocator.buffer(capacity: waiting)
        sealed.writeWithUnsafeMutableBytes(minimumWritableBytes: waiting) {
            Swift.max(0, Int(BIO_read(SSL_get_wbio(ssl), $0.baseAddress, Int32(waiting))))
        }
        return sealed
    }

    /// The other side is done, or does not keep to the protocol.
    private func end(_ context: ChannelHandlerContext) {
        guard !isOver else { return }
        context.close(promise: nil)
    }

    // MARK: - What is sent

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let plain = unwrapOutboundIn(data)
        guard hasShaken, !isOver, plain.readableBytes > 0 else {
            if plain.readableBytes > 0 {
                promise?.fail(ChannelError.ioOnClosedChannel)
            } else {
                promise?.succeed()
            }
            return
        }
        ERR_clear_error()
        let count = plain.withUnsafeReadableBytes {
            SSL_write(ssl, $0.baseAddress, Int32($0.count))
        }
        guard count == plain.readableBytes, let sealed = sealed(context) else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return end(context)
        }
        context.write(wrapOutboundOut(sealed), promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if !isOver, hasShaken {
            ERR_clear_error()
            SSL_shutdown(ssl)
            flush(context)
        }
        isOver = true
        context.close(mode: mode, promise: promise)
    }
}
