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

    /// What the daemon was started with is none of its business.
    private static let environment = [
        "HOME=/", "LANG=C.UTF-8",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ]

    private static func spawn(
        _ path: String, _ arguments: [String], output: Int32, complaints: Int32
    ) -> Result<pid_t, Failure> {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, complaints, 2)
        _ = watchd_spawn_close_from(&actions, 3)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes,
            watchd_spawn_setsid() | Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var argv = arguments.map { strdup($0) } + [nil]
        var envp = environment.map { strdup($0) } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, path, &actions, &attributes, &argv, &envp)
        guard code != 0 else { return .success(pid) }
        return .failure(Failure(message: explain(printable(path, limit: 200), path, code)))
    }

    /// The kernel says ENOENT also when it is the interpreter that is missing.
    private static func explain(_ name: String, _ path: String, _ code: Int32) -> String {
        let exists = access(path, F_OK) == 0
        switch code {
        case ENOENT where exists:
            return "\(name) is there but its interpreter is not; install that or mend the first "
                + "line"
        case ENOENT, ENOTDIR: return "there is no program at \(name); install it or mend the path"
        case EACCES where exists:
            return "\(name) may not be run by watchd's user; chmod 755 it, and check that its "
                + "directories can be entered and are not mounted noexec"
        case ENOEXEC:
            return "\(name) is neither a binary for this machine nor a script with a first line "
                + "'#!/path/to/interpreter'; add that line"
        default: return "\(SystemError("start \(name)", code: code))"
        }
    }
}
