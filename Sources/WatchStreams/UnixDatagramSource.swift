// The datagram socket that programs of this host write syslog to, as nginx does
// (`access_log syslog:server=unix:…`). Read by the stream's own thread: no queue lies between.

import Glibc
import WatchCore

/// Makes the socket file and takes it away. The kernel holds but few messages
/// (`net.unix.max_dgram_qlen`, 10 on many hosts; unix(7)); then senders wait or, as nginx, drop
/// what they have, which nobody can count here. So it is read at once.
final class UnixDatagramSource: LogSource {
    /// Messages read in one turn.
    private static let turnLimit = 8192
    /// The socket file is looked after so often.
    private static let lookEvery = Duration.seconds(1)

    private let listener: SyslogListener
    private let file: SocketFile
    private let programs: [[UInt8]]
    private var descriptor: Int32 = -1
    /// The socket of a file that somebody took away: what was sent to it is still read.
    private var former: Int32 = -1
    private var identity: SocketFile.Identity?
    private var problem: String?
    private var lookAfter: Instant?
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: LineParser.lineLimit + SyslogFraming.headerLimit, alignment: 16)

    init(_ listener: SyslogListener, path: String) {
        self.listener = listener
        file = SocketFile(path, .datagrams)
        programs = listener.programs.map { Array($0.utf8) }
    }

    deinit {
        close()
        buffer.deallocate()
    }

    var isUrgent: Bool { true }
    var source: StreamBatch.Source { problem.map { .unreadable($0) } ?? .reading }
    var descriptors: [Int32] { descriptor >= 0 ? [descriptor] : [] }

    func position(before held: BatchBuilder.Held) -> StreamPosition? { nil }

    func look(now: Moment) {
        guard lookAfter.map({ now.boot >= $0 }) ?? true else { return }
        lookAfter = now.boot + Self.lookEvery
        if descriptor >= 0, identity == file.identity { return }
        // Somebody took the file away: what is sent from now on would not come here. What was sent
        // already is still read; then senders that hold on to it are told to look for the new one.
        if descriptor >= 0 {
            closeFormer()
            former = descriptor
        }
        descriptor = -1
        problem = bind()
    }

    func poll(now: Moment, into builder: inout BatchBuilder) -> Bool {
        look(now: now)
        if former >= 0 {
            if read(former, into: &builder) { return true }
            closeFormer()
        }
        return descriptor >= 0 && read(descriptor, into: &builder)
    }

    /// A turn; whether there is more.
    private func read(_ descriptor: Int32, into builder: inout BatchBuilder) -> Bool {
        for _ in 0..<Self.turnLimit {
            let count = recv(
                descriptor, buffer.baseAddress, buffer.count, Int32(MSG_TRUNC))
            if count < 0 {
                if errno == EINTR { continue }
                return false
            }
            guard count <= buffer.count else {
                builder.skippedLongLine()
                continue
            }
            take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), &builder)
        }
        return true
    }

    private func take(_ bytes: UnsafeRawBufferPointer, _ builder: inout BatchBuilder) {
        let message = SyslogMessage(bytes)
        let program = bytes[message.program]
        guard programs.isEmpty || programs.contains(where: { program.elementsEqual($0) }) else {
            return
        }
        guard message.text.count <= LineParser.lineLimit else {
            return builder.skippedLongLine()
        }
        builder.consume(
            UnsafeRawBufferPointer(rebasing: bytes[message.text]), time: message.time,
            level: message.level)
    }

    private func closeFormer() {
        if former >= 0 { Glibc.close(former) }
        former = -1
    }

    func close() {
        closeFormer()
        guard descriptor >= 0 else { return }
        file.remove(identity)
        Glibc.close(descriptor)
        descriptor = -1
    }

    // MARK: - The socket

    /// Why it could not be made; nil: it was.
    private func bind() -> String? {
        if let problem = file.makeWay() { return problem }
        let made = Glibc.socket(
            AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard made >= 0 else { return file.sentence(errno) }
        var size: Int32 = 4 << 20
        setsockopt(made, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        let code = file.withAddress(on: made) { Glibc.bind($0, $1, $2) }
        guard code == 0 else {
            Glibc.close(made)
            return file.sentence(code)
        }
        file.allow(listener.mode)
        descriptor = made
        identity = file.identity
        return nil
    }
}
