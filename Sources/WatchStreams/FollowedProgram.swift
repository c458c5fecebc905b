// A program whose output is followed: run without a shell and without our environment, in a session
// of its own, and gone with what it started there when this is let go.

import CProcess
import Glibc
import WatchCore
import WatchSystem

/// Confined to one thread.
final class FollowedProgram {
    struct Failure: Error, Hashable {
        /// A sentence with cause and remedy.
        var message: String
    }

    enum Ending: Hashable {
        case exited(Int32), signalled(Int32)
        /// It goes on without a standard output, which is no use.
        case closedOutput
    }

    enum Read {
        case bytes(Int)
        /// Nothing is there now.
        case nothing
        case end
    }

    /// Readable when there is output, complaints, or the end.
    var descriptors: [Int32] { [output, complaints, process].filter { $0 >= 0 } }

    private let pid: pid_t
    private var output: Int32
    private var complaints: Int32
    private let process: Int32
    private var isReaped = false
    /// Bytes of its complaints that are kept, the last.
    private static let complaintLimit = 1024
    private var said: [UInt8] = []

    /// - Parameter arguments: the program's absolute path first.
    init(_ arguments: [String]) throws(Failure) {
        var out: [Int32] = [-1, -1]
        var err: [Int32] = [-1, -1]
        guard let path = arguments.first, watchd_pipe(&out) == 0 else {
            throw Failure(message: "\(SystemError("make a pipe")); raise LimitNOFILE of watchd")
        }
        guard watchd_pipe(&err) == 0 else {
            let message = "\(SystemError("make a pipe")); raise LimitNOFILE of watchd"
            for end in out { Glibc.close(end) }
            throw Failure(message: message)
        }
        (output, complaints) = (out[0], err[0])
        let started = Self.spawn(path, arguments, output: out[1], complaints: err[1])
        Glibc.close(out[1])
        Glibc.close(err[1])
        switch started {
        case .success(let pid):
            self.pid = pid
            process = watchd_pidfd_open(pid)
        case .failure(let failure):
            Glibc.close(out[0])
            Glibc.close(err[0])
            throw failure
        }
        for end in [output, complaints] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    }

    deinit {
        if !isReaped { reap() }
        for end in descriptors { Glibc.close(end) }
    }

    /// Reads what it printed.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Read {
        guard output >= 0 else { return .end }
        while true {
            let count = Glibc.read(output, buffer.baseAddress, buffer.count)
            if count > 0 { return .bytes(count) }
            if count < 0 && errno == EINTR { continue }
            if count < 0 && errno == EAGAIN { return .nothing }
            Glibc.close(output)
            output = -1
            return .end
        }
    }

    /// Takes note of what it complains of.
    func listen() {
        guard complaints >= 0 else { return }
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            // What is left beyond 64 KB is read at the next turn.
            for _ in 0..<16 {
                let count = Glibc.read(complaints, buffer.baseAddress, buffer.count)
                if count < 0 && errno == EINTR { continue }
                if count < 0 && errno == EAGAIN { return }
                guard count > 0 else {
                    Glibc.close(complaints)
                    complaints = -1
                    return
                }
                said += UnsafeRawBufferPointer(buffer)[..<count]
                let excess = said.count - Self.complaintLimit
                if excess > 0 { said.removeFirst(excess) }
            }
        }
    }

    /// The last line it complained in; empty: it said nothing.
    var complaint: String {
        let text = String(decoding: said, as: UTF8.self)
        guard let line = text.split(whereSeparator: \.isNewline).last else { return "" }
        return printable(String(line), limit: 160)
    }

    /// Its output is at its end.
    var isSilent: Bool { output < 0 }

    /// How it ended, if it has, and takes what it started with it.
    func ended() -> Ending? {
        var status: Int32 = 0
        guard !isReaped, waitpid(pid, &status, WNOHANG) == pid else { return nil }
        isReaped = true
        // The number of a group is not given to another while one of the group lives.
        kill(-pid, SIGKILL)
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)
    }

    /// Ends one that goes on without an output.
    func end() -> Ending {
        if let ending = ended() { return ending }
        reap()
        return .closedOutput
    }

    /// Ends it and all that it started in its session.
    private func reap() {
        kill(-pid, SIGKILL)
        kill(pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        isReaped = true
    }

    // MARK: - Starting it

    private static func spawn(
        _ path: String, _ arguments: [String], output: Int32, complaints: Int32
    ) -> Result<pid_t, Failure> {
        do throws(SystemError) {
            return .success(
                try ProgramStart.start(path, arguments) {
                    posix_spawn_file_actions_addopen(&$0, 0, "/dev/null", O_RDONLY, 0)
                    posix_spawn_file_actions_adddup2(&$0, output, 1)
                    posix_spawn_file_actions_adddup2(&$0, complaints, 2)
                })
        } catch {
            let name = printable(path, limit: 200)
            return .failure(
                Failure(message: ProgramStart.explanation(of: error, path, name: name)))
        }
    }
}
