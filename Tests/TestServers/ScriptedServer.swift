// A server on a real socket whose manners a test writes: answer, drip, hang, reset. One thread
// for each connection, so that one script never waits for another.

import Glibc
import Synchronization
import WatchHTTP
import WatchSystem

public final class ScriptedServer: Sendable {
    public typealias Script = @Sendable (Connection) -> Void

    private struct State {
        var listener: Int32
        var open: Set<Int32> = []
        var stopped = false
        var requests: [String] = []
    }

    private let state: Mutex<State>
    private let readsRequest: Bool
    public let address: String

    /// On a port of the kernel's choice, or on a Unix socket.
    /// - Parameter readsRequest: off, the script begins when the connection does.
    public init?(
        unixSocket path: String? = nil, readsRequest: Bool = true, script: @escaping Script
    ) {
        self.readsRequest = readsRequest
        guard let (listener, address) = path.map(listenUnix) ?? listenLoopback() else {
            return nil
        }
        self.address = address
        state = Mutex(State(listener: listener))
        let started = startThread { self.acceptAll(listener, script) }
        if !started { return nil }
    }

    public var url: String { "http://\(address)/" }

    /// The head (request line and headers) of each request so far.
    public var requests: [String] { state.withLock { $0.requests } }

    /// Ends the listener and every connection; hanging scripts return.
    public func stop() {
        state.withLock {
            guard !$0.stopped else { return }
            $0.stopped = true
            shutdown($0.listener, Int32(SHUT_RDWR))
            for descriptor in $0.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    private func acceptAll(_ listener: Int32, _ script: @escaping Script) {
        while true {
            let descriptor = accept(listener, nil, nil)
            if descriptor < 0, errno == EINTR || errno == ECONNABORTED { continue }
            guard descriptor >= 0 else { break }
            let isWelcome = state.withLock {
                if !$0.stopped { $0.open.insert(descriptor) }
                return !$0.stopped
            }
            let started = isWelcome && startThread { self.serve(descriptor, script) }
            if !started { close(descriptor) }
        }
        close(listener)
    }

    private func serve(_ descriptor: Int32, _ script: Script) {
        let connection = Connection(descriptor: descriptor)
        if !readsRequest {
            script(connection)
        } else if let head = connection.readHead() {
            state.withLock { $0.requests.append(head) }
            script(connection)
        }
        _ = state.withLock { $0.open.remove(descriptor) }
        close(descriptor)
    }
}

/// One accepted connection whose request head has been read.
public struct Connection: Sendable {
    let descriptor: Int32

    /// False when the peer is gone.
    @discardableResult
    public func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    @discardableResult
    public func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    /// A whole answer with its length; the connection closes after it.
    public func answer(_ status: Int = 200, _ headers: [String] = [], _ body: String = "") {
        answer(status, headers, Array(body.utf8))
    }

    public func answer(_ status: Int = 200, _ headers: [String] = [], _ body: [UInt8]) {
        let lines =
            ["HTTP/1.1 \(status) Scripted"] + headers
            + ["Content-Length: \(body.count)", "Connection: close"]
        write(lines.joined(separator: "\r\n") + "\r\n\r\n")
        write(body)
    }

    /// Says no more until the peer goes away or the server is stopped.
    public func hang() {
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) > 0 {}
    }

    /// Nothing more will be written; what comes is still read.
    public func finishWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// As `answer`, and the connection is kept for the next request.
    public func answerAndKeep(_ status: Int = 200, _ headers: [String] = [], _ body: String = "") {
        let lines =
            ["HTTP/1.1 \(status) Scripted"] + headers + ["Content-Length: \(body.utf8.count)"]
        write(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    /// Whatever comes from now on is lost on the way here, and not even the kernel says that it
    /// came: as if the host had lost its power. A filter that lets no byte in (SO_ATTACH_FILTER of
    /// socket(7); one instruction, BPF_RET | BPF_K with 0).
    public func loseContact() {
        var instruction = (code: UInt16(0x06), jt: UInt8(0), jf: UInt8(0), k: UInt32(0))
        withUnsafeMutablePointer(to: &instruction) { first in
            var program = (count: UInt16(1), first: first)
            setsockopt(
                descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program,
                socklen_t(MemoryLayout.size(ofValue: program)))
        }
    }

    /// How a slow peer paces itself; no test waits for it.
    public func pause(milliseconds: Int32) { poll(nil, 0, milliseconds) }

    /// The peer gets RST instead of FIN.
    public func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &linger,
            socklen_t(MemoryLayout.size(ofValue: linger)))
    }

    /// Head and body, for a server that was told not to read requests itself; nil: no request came.
    public func readRequest() -> (head: String, body: [UInt8])? {
        guard let head = readHead() else { return nil }
        let length =
            head.lowercased().split(separator: "\r\n")
            .first { $0.hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst(15).drop { $0 == " " }) } ?? 0
        var body: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while body.count < length {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            body += buffer.prefix(count)
        }
        return (head, body)
    }

    func readHead() -> String? {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while head.count < 65536, recv(descriptor, &byte, 1, 0) == 1 {
            head.append(byte)
            if head.suffix(4) == [13, 10, 13, 10] { return String(decoding: head, as: UTF8.self) }
        }
        return nil
    }
}
