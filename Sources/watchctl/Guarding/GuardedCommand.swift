// The command under guard: in our own process group and on our own terminal, as if it had been
// started without us, so that it may ask, be stopped and be interrupted. Signals sent to us alone
// are passed on; those of the terminal have reached it already.

import CProcess
import Glibc
import WatchCore
import WatchSystem

struct GuardedCommand: Sendable {
    enum Happening: Hashable, Sendable {
        /// Time to report that it runs.
        case beat
        /// As a shell counts: 128 and its number where a signal ended it.
        case ended(Int32)
        /// It is gone, and its status went to nobody.
        case lost
    }

    /// Conventions of env(1) and the shells.
    static let notFound: Int32 = 127
    static let notRunnable: Int32 = 126

    private let pid: pid_t

    /// Where execvp(3) finds it; nil with the status of one that cannot be found or run.
    static func find(_ name: String) -> (path: String?, status: Int32, problem: String) {
        if name.contains("/") { return check(name, name) }
        var denied: String?
        for directory in (Environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":") {
            let path = "\(directory)/\(name)"
            if Executable.isRunnable(path) { return (path, 0, "") }
            if access(path, F_OK) == 0 { denied = denied ?? path }
        }
        return check(denied ?? "", name)
    }

    private static func check(
        _ path: String, _ name: String
    ) -> (path: String?, status: Int32, problem: String) {
        if Executable.isRunnable(path) { return (path, 0, "") }
        guard access(path, F_OK) == 0 else {
            return (nil, notFound, "there is no program \(safe(name))")
        }
        return (nil, notRunnable, "\(safe(path)) may not be run; chmod +x it")
    }

    /// - Parameter added: variables besides those that we were started with.
    init(
        _ path: String, _ arguments: [String], added: [(String, String)]
    ) throws(SystemError) {
        let inherited = Inherited.atStart
        let names = added.map { Array("\($0.0)=".utf8) }
        let kept = inherited.environment.filter { entry in
            !names.contains { entry.starts(with: $0) }
        }
        let environment = kept + added.map { Array("\($0.0)=\($0.1)".utf8) }
        var argv = arguments.map { strdup($0) } + [nil]
        var envp = environment.map { Self.duplicate($0) } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let code =
            inherited.ignoresChildren
            ? Self.startIgnoring(&pid, path, &argv, &envp, inherited)
            : Self.start(&pid, path, &argv, &envp, inherited)
        guard code == 0 else { throw SystemError("start \(path)", code: code) }
        self.pid = pid
    }

    private static func start(
        _ pid: inout pid_t, _ path: String, _ argv: inout [UnsafeMutablePointer<CChar>?],
        _ envp: inout [UnsafeMutablePointer<CChar>?], _ inherited: Inherited
    ) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in inherited.ours {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var mask = inherited.mask
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        return posix_spawn(&pid, path, &actions, &attributes, &argv, &envp)
    }

    /// We heed our children, and the command shall not: posix_spawn(3) cannot say so.
    private static func startIgnoring(
        _ pid: inout pid_t, _ path: String, _ argv: inout [UnsafeMutablePointer<CChar>?],
        _ envp: inout [UnsafeMutablePointer<CChar>?], _ inherited: Inherited
    ) -> Int32 {
        var mask = inherited.mask
        let ours = inherited.ours
        return watchd_run_ignoring(&pid, path, &argv, &envp, &mask, ours, Int32(ours.count))
    }

    private static func duplicate(_ bytes: [UInt8]) -> UnsafeMutablePointer<CChar>? {
        (bytes + [0]).withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { $0.baseAddress.flatMap { strdup($0) } }
        }
    }

    /// What happens until it has ended, on a thread of its own.
    func follow(beatEvery: Duration) -> AsyncStream<Happening> {
        let (stream, happening) = AsyncStream.makeStream(of: Happening.self)
        let pid = pid
        let body: @Sendable () -> Void = {
            Self.watch(pid, beatEvery.nanoseconds / 1_000_000_000) { happening.yield($0) }
            happening.finish()
        }
        // Without a thread it is waited for here; nothing is reported meanwhile.
        if !startThread(body) { body() }
        return stream
    }

    private static func watch(
        _ pid: pid_t, _ seconds: Int64, _ tell: (Happening) -> Void
    ) {
        var watched = sigset_t()
        sigemptyset(&watched)
        for signal in Inherited.forwarded + [SIGCHLD] { sigaddset(&watched, signal) }
        while true {
            var status: Int32 = 0
            let found = waitpid(pid, &status, WNOHANG)
            if found == pid { return tell(.ended(Self.exitStatus(status))) }
            if found < 0, errno != EINTR { return tell(.lost) }
            var information = siginfo_t()
            // As timespec(3type): seconds, and nanoseconds.
            let signal = [Int(seconds), 0].withUnsafeBytes {
                sigtimedwait(
                    &watched, &information, $0.assumingMemoryBound(to: timespec.self).baseAddress)
            }
            if signal < 0 {
                if errno == EAGAIN { tell(.beat) }
            } else if signal != SIGCHLD, information.si_code <= 0 {
                // From the kernel it came to the whole group (sigaction(2), si_code).
                kill(pid, signal)
            }
        }
    }

    /// WIFSIGNALED and WEXITSTATUS of wait(2).
    private static func exitStatus(_ status: Int32) -> Int32 {
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}
