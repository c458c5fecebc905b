// HTTP/2 by hand (RFC 9113), as much as one answer needs: so that its manners can be scripted too.

import Glibc

extension Connection {
    /// Reads one request without TLS, answers it, and waits until the client goes.
    /// - Parameter wanted: any other body of a request is not answered.
    /// - Parameter headers: `:status` first, as names and values.
    public func answerHTTP2(
        to wanted: [UInt8], _ headers: [(String, String)], _ body: [UInt8] = [],
        trailers: [(String, String)] = []
    ) {
        guard read(24) == Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) else { return }
        write(Self.frame(4, 0, 0, []))
        var asked: [UInt8] = []
        while let head = read(9), let payload = read(head[..<3].reduce(0) { $0 << 8 | Int($1) }) {
            let (type, flags, stream) = (head[3], head[4], head[8])
            // SETTINGS wants a receipt.
            if type == 4, flags & 1 == 0 { write(Self.frame(4, 1, 0, [])) }
            if type == 0 { asked += payload }
            guard type <= 1, flags & 1 == 1 else { continue }
            guard asked == wanted else { return }
            let ends: UInt8 = body.isEmpty && trailers.isEmpty ? 1 : 0
            write(Self.frame(1, 4 | ends, stream, Self.block(headers)))
            if !body.isEmpty { write(Self.frame(0, trailers.isEmpty ? 1 : 0, stream, body)) }
            if !trailers.isEmpty { write(Self.frame(1, 5, stream, Self.block(trailers))) }
            // Closed with something unread, the connection would be reset under the answer.
            hang()
            return
        }
    }

    /// Takes a connection of HTTP/2 in, and waits for the first request.
    public func awaitHTTP2() -> Bool {
        guard read(24) == Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) else { return false }
        writeFrame(4, 0, stream: 0)
        while let head = read(9), read(head[..<3].reduce(0) { $0 << 8 | Int($1) }) != nil {
            if head[3] == 1 { return true }
        }
        return false
    }

    /// - Parameter type: 0 DATA, 1 HEADERS, 3 RST_STREAM, 4 SETTINGS, 6 PING, 7 GOAWAY, 9
    /// CONTINUATION.
    @discardableResult
    public func writeFrame(
        _ type: UInt8, _ flags: UInt8, stream: UInt8, _ payload: [UInt8] = []
    ) -> Bool {
        write(Self.frame(type, flags, stream, payload))
    }

    public static func block(_ headers: (String, String)...) -> [UInt8] { block(headers) }

    /// Answers requests without bodies one by one with an empty 200 each.
    /// - Parameter isAnswered: by the number of the request, from 1; false: the connection ends.
    public func serveHTTP2(_ isAnswered: (Int) -> Bool) {
        guard read(24) == Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) else { return }
        write(Self.frame(4, 0, 0, []))
        var count = 0
        while let head = read(9), read(head[..<3].reduce(0) { $0 << 8 | Int($1) }) != nil {
            let (type, flags, stream) = (head[3], head[4], head[8])
            if type == 4, flags & 1 == 0 { write(Self.frame(4, 1, 0, [])) }
            guard type == 1 else { continue }
            count += 1
            guard isAnswered(count) else { return }
            write(Self.frame(1, 5, stream, Self.block([(":status", "200")])))
        }
    }

    private static func frame(
        _ type: UInt8, _ flags: UInt8, _ stream: UInt8, _ payload: [UInt8]
    ) -> [UInt8] {
        let size = payload.count
        return [
            UInt8(size >> 16 & 0xFF), UInt8(size >> 8 & 0xFF), UInt8(size & 0xFF), type, flags, 0,
            0, 0, stream,
        ] + payload
    }

    /// Literal fields that nobody remembers (RFC 7541 §6.2.2).
    private static func block(_ headers: [(String, String)]) -> [UInt8] {
        var block: [UInt8] = []
        for (name, value) in headers {
            block.append(0)
            for text in [name, value] {
                block.append(UInt8(text.utf8.count))
                block += Array(text.utf8)
            }
        }
        return block
    }

    /// Just so many bytes; nil: the peer is gone.
    public func read(_ count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count < count {
            let got = recv(descriptor, &buffer, min(buffer.count, count - bytes.count), 0)
            guard got > 0 else { return nil }
            bytes += buffer.prefix(got)
        }
        return bytes
    }
}
