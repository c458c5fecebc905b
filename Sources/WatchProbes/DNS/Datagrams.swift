// Asks by UDP and waits for the answer: all questions on one thread, which is there while there
// are any. libcurl has no datagrams, and the resolver of the C library cannot be bounded in time.

import CProcess
import Glibc
import Synchronization
import WatchCore
import WatchSystem

final class Datagrams: Sendable {
    enum Failure: Error, Hashable, Sendable {
        case timedOut
        /// The error number of errno(3): nobody listens, no way there, no descriptor.
        case system(Int32)
        /// So many questions are under way already.
        case full
    }

    /// Each is a descriptor.
    private static let limit = 512
    /// Times a question is sent, spread over its time: datagrams get lost.
    private static let attempts: Int64 = 3
    /// A datagram over UDP is not larger.
    private static let sizeLimit = 65535

    struct Question: Sendable {
        var bytes: [UInt8]
        var server: Endpoint
        var timeout: Duration
        /// Other datagrams are not for us.
        var accepts: @Sendable ([UInt8]) -> Bool
    }

    private struct Order: Sendable {
        var question: Question
        var finish: @Sendable (Result<[UInt8], Failure>) -> Void
    }

    private struct State {
        var inbox: [Order] = []
        var underWay = 0
        var isRunning = false
    }

    private let state = Mutex(State())
    private let time: any TimeSource
    /// Written to when there is a new question (eventfd(2)). Without one a new question waits for
    /// the next turn, a second at most.
    private let bell: Int32

    init(time: any TimeSource) {
        self.time = time
        bell = watchd_eventfd()
    }

    deinit { if bell >= 0 { close(bell) } }

    func ask(_ question: Question) async -> Result<[UInt8], Failure> {
        await withCheckedContinuation { continuation in
            submit(Order(question: question) { continuation.resume(returning: $0) })
        }
    }

    private func submit(_ order: Order) {
        let (isFull, isFirst) = state.withLock { state in
            guard state.underWay < Self.limit else { return (true, false) }
            state.underWay += 1
            state.inbox.append(order)
            let isFirst = !state.isRunning
            state.isRunning = true
            return (false, isFirst)
        }
        guard !isFull else { return order.finish(.failure(.full)) }
        guard isFirst else {
            if bell >= 0 { eventfd_write(bell, 1) }
            return
        }
        guard !startThread({ self.run() }) else { return }
        let rest = state.withLock { state in
            let rest = state.inbox
            state = State()
            return rest
        }
        for order in rest { order.finish(.failure(.full)) }
    }

    // MARK: - On the thread

    private final class Asking {
        let order: Order
        let socket: Int32
        let started: Instant
        var sent: Int64 = 0

        init(_ order: Order, socket: Int32, started: Instant) {
            self.order = order
            self.socket = socket
            self.started = started
        }

        /// When it is sent again, or given up.
        var due: Instant {
            let part = Duration(
                nanoseconds: order.question.timeout.nanoseconds / Datagrams.attempts)
            return sent >= Datagrams.attempts
                ? started + order.question.timeout : started + part * Double(sent)
        }
    }

    private func run() {
        var asking: [Asking] = []
        while let orders = next(isIdle: asking.isEmpty) {
            for order in orders { if let new = begin(order) { asking.append(new) } }
            asking = asking.filter { goesOn($0) }
            wait(asking)
        }
    }

    /// nil: there is nothing to do any more, and the thread ends.
    private func next(isIdle: Bool) -> [Order]? {
        state.withLock { state in
            if isIdle, state.inbox.isEmpty {
                state.isRunning = false
                return nil
            }
            let orders = state.inbox
            state.inbox = []
            return orders
        }
    }

    private func begin(_ order: Order) -> Asking? {
        switch Self.connected(to: order.question.server) {
        case .success(let socket):
            return Asking(order, socket: socket, started: time.now().boot)
        case .failure(let failure):
            finish(order, .failure(failure))
            return nil
        }
    }

    private func finish(_ order: Order, _ result: Result<[UInt8], Failure>) {
        state.withLock { $0.underWay -= 1 }
        order.finish(result)
    }

    private func goesOn(_ asking: Asking) -> Bool {
        var result = received(asking)
        let now = time.now().boot
        if result == nil, now >= asking.due {
            if asking.sent >= Self.attempts {
                result = .failure(.timedOut)
            } else {
                asking.sent += 1
                let bytes = asking.order.question.bytes
                let count = send(asking.socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                if count < 0, errno != EAGAIN, errno != EINTR { result = .failure(.system(errno)) }
            }
        }
        guard let result else { return true }
        close(asking.socket)
        finish(asking.order, result)
        return false
    }

    private func received(_ asking: Asking) -> Result<[UInt8], Failure>? {
        var buffer = [UInt8](repeating: 0, count: Self.sizeLimit)
        // A flood of strangers' datagrams must not keep the others waiting.
        for _ in 0..<16 {
            let count = recv(asking.socket, &buffer, buffer.count, 0)
            if count < 0 {
                return errno == EAGAIN || errno == EINTR ? nil : .failure(.system(errno))
            }
            let bytes = Array(buffer.prefix(count))
            if asking.order.question.accepts(bytes) { return .success(bytes) }
        }
        return nil
    }

    private func wait(_ asking: [Asking]) {
        guard let next = asking.map(\.due).min() else { return }
        var descriptors = asking.map { pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0) }
        descriptors.append(pollfd(fd: bell, events: Int16(POLLIN), revents: 0))
        let left = (next - time.now().boot).nanoseconds / 1_000_000 + 1
        poll(&descriptors, nfds_t(descriptors.count), Int32(min(1000, max(0, left))))
        var rung: eventfd_t = 0
        if bell >= 0 { eventfd_read(bell, &rung) }
    }

    /// Connected, so that only this server's datagrams come, and its refusal too.
    private static func connected(to server: Endpoint) -> Result<Int32, Failure> {
        guard let address = NumericAddress(server) else { return .failure(.system(EINVAL)) }
        let type =
            Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(address.family, type, 0)
        guard descriptor >= 0 else { return .failure(.system(errno)) }
        guard address.withSocketAddress({ connect(descriptor, $0, $1) }) == 0 else {
            let code = errno
            close(descriptor)
            return .failure(.system(code))
        }
        return .success(descriptor)
    }
}
