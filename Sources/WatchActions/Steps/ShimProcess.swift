// The process of a shim: started as a child, or found again by pid and start time after a
// restart. A pidfd names it, so that a reused pid can never be waited for or killed by mistake.

import CProcess
import Glibc
import WatchSystem

final class ShimProcess: Sendable {
    enum Wait: Equatable {
        /// Its exit status; nil: it was no child of ours, or a signal killed it.
        case ended(Int32?)
        case timedOut
    }

    /// Of a shim whose claim found no room: it has run nothing (`ShimExit.noRoom` of watchd-step).
    static let noRoom: Int32 = 73

    let pid: pid_t
    private let descriptor: Int32
    private let isChild: Bool

    private init(pid: pid_t, descriptor: Int32, isChild: Bool) {
        self.pid = pid
        self.descriptor = descriptor
        self.isChild = isChild
    }

    deinit { close(descriptor) }

    /// The running process with this pid and start time; nil: it is gone, or dead and waits for
    /// whoever has inherited it to notice.
    static func find(pid: pid_t, start: UInt64) -> ShimProcess? {
        guard pid > 0 else { return nil }
        let descriptor = watchd_pidfd_open(pid)
        guard descriptor >= 0 else { return nil }
        // Read after the descriptor was made: if the times agree, it is of the right process.
        let process = ShimProcess(pid: pid, descriptor: descriptor, isChild: false)
        return startTime(pid) == start && !process.isDead ? process : nil
    }

    /// A process that is dead and not reaped yet still has its entry in /proc.
    private var isDead: Bool {
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&event, 1, 0) > 0
    }

    /// Starts a program in a session of its own with nothing of ours open, /dev/null for input
    /// and output, and `log` for errors. SIGTERM is blocked in it until it asks for it, so that
    /// an early cancel is not lost.
    static func spawn(
        _ program: String, _ arguments: [String], environment: [String], log: String
    ) throws(SystemError) -> ShimProcess {
        let pid = try ProgramStart.start(
            program, [program] + arguments, environment: environment, blocked: [SIGTERM]
        ) {
            posix_spawn_file_actions_addopen(&$0, 0, "/dev/null", O_RDWR, 0)
            posix_spawn_file_actions_adddup2(&$0, 0, 1)
            posix_spawn_file_actions_addopen(&$0, 2, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
        // Our child stays a zombie until we reap it, so its pid cannot be another's yet.
        let descriptor = watchd_pidfd_open(pid)
        guard descriptor >= 0 else {
            let error = SystemError("watch process \(pid)")
            // Nobody may be left running unwatched: it has at most just begun.
            kill(pid, SIGTERM)
            waitpid(pid, nil, 0)
            throw error
        }
        return ShimProcess(pid: pid, descriptor: descriptor, isChild: true)
    }

    func send(_ signal: Int32) {
        _ = watchd_pidfd_send_signal(descriptor, signal)
    }

    /// Blocks until it is dead, and reaps it if it is a child of ours.
    func wait(seconds: Double) -> Wait {
        var left = seconds
        while true {
            var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let slice = min(left, 3600)
            let count = poll(&event, 1, Int32(slice * 1000))
            if count > 0 { break }
            if count < 0 && errno == EINTR { continue }
            left -= slice
            if left <= 0 { return .timedOut }
        }
        guard isChild else { return .ended(nil) }
        var status: Int32 = 0
        var reaped = waitpid(pid, &status, 0)
        while reaped < 0 && errno == EINTR { reaped = waitpid(pid, &status, 0) }
        guard reaped == pid, status & 0x7f == 0 else { return .ended(nil) }
        return .ended((status >> 8) & 0xff)
    }

    /// Field 22 of /proc/PID/stat (proc(5)); nil: no such process.
    static func startTime(_ pid: pid_t) -> UInt64? {
        guard let bytes = try? File.read("/proc/\(pid)/stat", limit: 4096) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }
}
