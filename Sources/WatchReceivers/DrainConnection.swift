// One connection to a drain. A request is taken as a whole or not at all, and answered when its
// lines are in the inbox; what finds no room there its sender is to send again.

import NIOCore
import NIOHTTP1
import WatchCore
import WatchStreams

final class DrainConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        /// Between two requests.
        case waiting
        case receiving(DrainRequest, DrainKeys)
        /// It was answered before its end; what still comes is thrown away.
        case refusing
        case closed
    }

    private let drain: Drain
    private let peer: String
    private let count: DrainGauge.Count
    private var state = State.waiting
    private var body = ByteBuffer()
    /// Bytes that the budget was asked for.
    private var taken = 0
    private var timer: Scheduled<Void>?

    init(_ drain: Drain, peer: String, _ count: DrainGauge.Count) {
        self.drain = drain
        self.peer = peer
        self.count = count
    }

    func handlerAdded(context: ChannelHandlerContext) {
        wait(drain.bounds.request, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        state = .closed
        forget()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError, case .waiting = state else {
            context.close(promise: nil)
            return
        }
        answer(DrainAnswer(status: .badRequest, text: "this is no HTTP"), isKept: false, context)
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let piece):
            count.body += piece.readableBytes
            take(piece, context)
        case .end:
            count.begin()
            end(context)
        }
    }

    // MARK: - A request

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard case .waiting = state else { return }
        wait(drain.bounds.request, context)
        guard let keys = drain.keyring.keys(now: .now()) else {
            drain.inbox.drop(1)
            return refuse(.full, context)
        }
        do throws(DrainAnswer) {
            let request = try DrainRequest(head, drain.listener, keys, isJSON: drain.isJSON)
            state = .receiving(request, keys)
            guard request.expectsContinue else { return }
            let head = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        } catch {
            if error.status == .payloadTooLarge { lost(by: head, keys) }
            refuse(error, verify: keys.verify, context)
        }
    }

    /// Lines that nobody will send smaller are missing from now on; who sent them must be known.
    private func lost(by head: HTTPRequestHead, _ keys: DrainKeys) {
        guard drain.listener.signature == nil else { return }
        var listener = drain.listener
        listener.maxBody = .max
        guard (try? DrainRequest(head, listener, keys, isJSON: true)) != nil else { return }
        drain.inbox.drop(1)
    }

    private func take(_ piece: ByteBuffer, _ context: ChannelHandlerContext) {
        guard case .receiving(let request, let keys) = state else { return }
        var piece = piece
        let limit = drain.listener.maxBody
        guard body.readableBytes + piece.readableBytes <= limit else {
            if request.digest == nil { drain.inbox.drop(1) }
            return refuse(.tooBig(limit), verify: keys.verify, context)
        }
        switch drain.budget.take(piece.readableBytes, peer) {
        case .yes: taken += piece.readableBytes
        case .tooMuchForOne: return refuse(.tooMuchForOne, verify: keys.verify, context)
        case .tooMuch:
            // Whoever signs has not been believed yet: strangers could make the stream blind. The
            // true sender is told to send it again.
            if request.digest == nil { drain.inbox.drop(1) }
            return refuse(.full, verify: keys.verify, context)
        }
        body.writeBuffer(&piece)
    }

    private func end(_ context: ChannelHandlerContext) {
        switch state {
        case .waiting, .closed: return
        case .refusing: context.close(promise: nil)
        case .receiving(let request, let keys):
            state = .waiting
            let said = receive(request, keys)
            forget()
            answer(said, isKept: request.isKept, verify: keys.verify, context)
            if request.isKept {
                wait(drain.bounds.idle, context)
            } else {
                context.close(promise: nil)
            }
        }
    }

    private func receive(_ request: DrainRequest, _ keys: DrainKeys) -> DrainAnswer {
        let lines: ReceivedLines
        do throws(DrainAnswer) {
            lines = try body.withUnsafeReadableBytes { bytes throws(DrainAnswer) in
                try request.lines(bytes, drain.listener, keys)
            }
        } catch {
            switch error.status {
            case .badRequest: drain.note(broken: 1)
            case .payloadTooLarge: drain.inbox.drop(1)
            default: break
            }
            return error
        }
        return lines.isEmpty || drain.inbox.putOrDrop(lines) ? .taken : .full
    }

    private func forget() {
        drain.budget.give(taken, peer)
        taken = 0
        body = ByteBuffer()
    }

    // MARK: - Answers

    /// Answers a request that is not at its end, and hears the rest of it for a while: closed at
    /// once, its sender might never read the answer (RFC 9112 §9.6).
    private func refuse(
        _ what: DrainAnswer, verify: String? = nil, _ context: ChannelHandlerContext
    ) {
        forget()
        state = .refusing
        answer(what, isKept: false, verify: verify, context)
        wait(drain.bounds.linger, context)
    }

    private func answer(
        _ what: DrainAnswer, isKept: Bool, verify: String? = nil, _ context: ChannelHandlerContext
    ) {
        let text = what.text.isEmpty ? "" : what.text + "\n"
        var head = HTTPResponseHead(version: .http1_1, status: what.status)
        head.headers.add(name: "Content-Length", value: "\(text.utf8.count)")
        if !text.isEmpty { head.headers.add(name: "Content-Type", value: "text/plain") }
        if !isKept { head.headers.add(name: "Connection", value: "close") }
        if let verify { head.headers.add(name: "x-vercel-verify", value: verify) }
        for (name, value) in what.headers { head.headers.add(name: name, value: value) }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !text.isEmpty {
            let buffer = context.channel.allocator.buffer(string: text)
            context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    // MARK: - Time

    private func wait(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        timer?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: time) {
            let (handler, context) = bound.value
            handler.isLate(context)
        }
    }

    private func isLate(_ context: ChannelHandlerContext) {
        switch state {
        case .receiving(_, let keys):
            answer(
                DrainAnswer(status: .requestTimeout, text: "the body took too long"),
                isKept: false, verify: keys.verify, context)
        case .waiting, .refusing, .closed: break
        }
        context.close(promise: nil)
    }
}
