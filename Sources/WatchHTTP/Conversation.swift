// An exchange under way. libcurl connected (and shook hands); from there on its loop keeps the
// time and moves the bytes through libcurl, which encrypts where there is TLS.

import CCurl
import Glibc
import WatchCore

/// Lives on the loop's thread only, as its transfer.
final class Conversation {
    let socket: curl_socket_t
    let deadline: Instant?
    private let exchange: Exchange
    private let began: Instant
    private var unsent: ArraySlice<UInt8>
    private(set) var heard: [UInt8] = []
    private var firstByte: Instant?

    init(_ exchange: Exchange, socket: curl_socket_t, began: Instant, deadline: Instant?) {
        self.exchange = exchange
        self.socket = socket
        self.began = began
        self.deadline = deadline
        unsent = exchange.send[...]
    }

    var isSending: Bool { !unsent.isEmpty }

    enum Step {
        case goesOn
        case ended(Exchange.End)
        case broken(CURLcode)
    }

    func step(_ easy: UnsafeMutableRawPointer, at now: Instant) -> Step {
        if let code = say(easy) { return .broken(code) }
        guard let isEnough = exchange.isEnough else {
            if !isSending { return .ended(.enough) }
            return isLate(now) ? .ended(.timedOut) : .goesOn
        }
        switch listen(easy, now) {
        case .nothing: break
        case .bytes where isEnough(heard): return .ended(.enough)
        case .bytes where heard.count >= exchange.limit: return .ended(.full)
        case .bytes: break
        case .end: return .ended(isEnough(heard) ? .enough : .closed)
        case .broken(let code): return .broken(code)
        }
        return isLate(now) ? .ended(.timedOut) : .goesOn
    }

    private func isLate(_ now: Instant) -> Bool { deadline.map { now >= $0 } ?? false }

    private func say(_ easy: UnsafeMutableRawPointer) -> CURLcode? {
        while isSending {
            var count = 0
            let code = unsent.withUnsafeBytes {
                curl_easy_send(easy, $0.baseAddress, $0.count, &count)
            }
            if code == CURLE_AGAIN { return nil }
            guard code == CURLE_OK else { return code }
            unsent = unsent.dropFirst(count)
        }
        return nil
    }

    private enum Heard {
        case nothing, bytes, end
        case broken(CURLcode)
    }

    /// Whatever is there, up to the bound; more would be read for nothing.
    private func listen(_ easy: UnsafeMutableRawPointer, _ now: Instant) -> Heard {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var isNew = false
        while heard.count < exchange.limit {
            var count = 0
            let wanted = min(buffer.count, exchange.limit - heard.count)
            let code = curl_easy_recv(easy, &buffer, wanted, &count)
            if code == CURLE_AGAIN { return isNew ? .bytes : .nothing }
            guard code == CURLE_OK else { return .broken(code) }
            guard count > 0 else { return .end }
            if firstByte == nil { firstByte = now }
            isNew = true
            heard += buffer.prefix(count)
        }
        return .bytes
    }

    /// - Parameter connected: libcurl's times up to the connection.
    func timings(_ connected: PhaseTimings, at now: Instant) -> PhaseTimings {
        var timings = connected
        timings.firstByte = firstByte.map { ($0 - began).seconds }
        timings.body = firstByte.map { (now - $0).seconds }
        timings.total += (now - began).seconds
        return timings
    }

    var phase: HTTPFailure.Phase { firstByte == nil ? .firstByte : .body }
}

extension Transfer {
    /// - Returns: false where nothing is to be said: then a connection is the answer.
    func beginConversation(at now: Instant) -> Bool {
        guard let exchange = order.exchange else { return false }
        var socket = curl_socket_t(-1)
        watchd_easy_get_socket(easy, CURLINFO_ACTIVESOCKET, &socket)
        guard socket >= 0 else { return false }
        let used = Duration(nanoseconds: Int64(timings.total * 1e9))
        let left = request.timeout.map { max($0 - used, .zero) }
        conversation = Conversation(
            exchange, socket: socket, began: now, deadline: left.map { now + $0 })
        phase = .firstByte
        return true
    }

    /// The result when it is over.
    func converse(at now: Instant) -> HTTPResult? {
        guard let conversation else { return nil }
        let end: Exchange.End
        switch conversation.step(easy, at: now) {
        case .goesOn: return nil
        case .broken(let code):
            phase = conversation.phase
            return .failure(failure(kind(of: code)))
        case .ended(let how): end = how
        }
        var response = HTTPResponse(
            status: 0, body: conversation.heard, timings: conversation.timings(timings, at: now),
            effectiveURL: request.url)
        response.tls = tls
        response.place = place
        response.end = end
        return .success(response)
    }
}
