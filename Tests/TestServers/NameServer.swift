// A name server on a real socket whose answers a test writes: by UDP, and by TCP on the same port.

import Glibc
import Synchronization
import WatchHTTP
import WatchSystem

public final class NameServer: Sendable {
    /// From a question's bytes to the datagrams that come back.
    public typealias Script = @Sendable ([UInt8]) -> [[UInt8]]

    public let address: String
    private let socket: Int32
    private let stream: ScriptedServer?
    private let questions = Mutex(0)

    /// - Parameter overTCP: the answer to a question by TCP, without its length; nil: nobody
    ///   listens there.
    public init?(overTCP: (@Sendable ([UInt8]) -> [UInt8])? = nil, script: @escaping Script) {
        // A port that nobody has for connections may be taken for datagrams.
        var found: Place?
        for _ in 0..<20 where found == nil { found = Self.place(overTCP) }
        guard let found else { return nil }
        (address, socket, stream) = (found.address, found.socket, found.stream)
        guard startThread({ self.serve(script) }) else { return nil }
    }

    private struct Place {
        var address: String
        var socket: Int32
        var stream: ScriptedServer?
    }

    private static func place(_ overTCP: (@Sendable ([UInt8]) -> [UInt8])?) -> Place? {
        var stream: ScriptedServer?
        if let overTCP {
            stream = ScriptedServer(readsRequest: false) { connection in
                guard let size = connection.read(2),
                    let question = connection.read(Int(size[0]) << 8 + Int(size[1]))
                else { return }
                let answer = overTCP(question)
                connection.write([UInt8(answer.count >> 8), UInt8(answer.count & 0xFF)] + answer)
            }
            if stream == nil { return nil }
        }
        let taken = stream.flatMap { UInt16($0.address.split(separator: ":").last ?? "") }
        guard let port = taken ?? (try? unusedPort()) else { return nil }
        let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        place.sin_port = port.bigEndian
        let code = withUnsafePointer(to: place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            close(socket)
            stream?.stop()
            return nil
        }
        return Place(address: "127.0.0.1:\(port)", socket: socket, stream: stream)
    }

    public var port: Int { Int(address.split(separator: ":").last ?? "") ?? 0 }

    /// Datagrams that came so far.
    public var asked: Int { questions.withLock { $0 } }

    public func stop() {
        stream?.stop()
        // Wakes whoever receives (shutdown(2) of a datagram socket that is not connected fails,
        // and does so all the same).
        shutdown(socket, Int32(SHUT_RDWR))
    }

    private func serve(_ script: Script) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            var from = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let count = withUnsafeMutablePointer(to: &from) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(socket, &buffer, buffer.count, 0, $0, &size)
                }
            }
            guard count > 0 else { break }
            questions.withLock { $0 += 1 }
            for answer in script(Array(buffer.prefix(count))) {
                withUnsafePointer(to: from) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        _ = sendto(socket, answer, answer.count, 0, $0, size)
                    }
                }
            }
        }
        close(socket)
    }

    /// An answer to a question: its head, the question again, and records of any type, each with
    /// its data.
    public static func answer(
        _ question: [UInt8], code: UInt8 = 0, truncated: Bool = false,
        _ records: [(type: UInt8, data: [UInt8])] = []
    ) -> [UInt8] {
        let flags: [UInt8] = [0x81 | (truncated ? 0x02 : 0), 0x80 | code]
        var bytes = Array(question.prefix(2)) + flags
        bytes += [0, 1, UInt8(records.count >> 8), UInt8(records.count & 0xFF), 0, 0, 0, 0]
        bytes += question.dropFirst(12)
        for record in records {
            // The name is the question's: a pointer to it.
            bytes += [0xC0, 12, 0, record.type, 0, 1, 0, 0, 0, 60]
            bytes += [UInt8(record.data.count >> 8), UInt8(record.data.count & 0xFF)] + record.data
        }
        return bytes
    }
}
