// How programs are started here: without a shell, in a session of their own, with nothing of ours
// open, no signal blocked or ignored, and an environment that is given to them.

public import CProcess
import Glibc

public enum ProgramStart {
    /// For programs that are asked or followed: what the daemon was started with is none of their
    /// business.
    public static let environment = [
        "HOME=/", "LANG=C.UTF-8",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ]

    /// `arguments` begin with the program's own name, `environment` has `NAME=value`.
    /// - Parameters:
    ///   - blocked: signals that wait until the program asks for them.
    ///   - files: opens descriptors 0 to 2 (posix_spawn_file_actions_addopen(3)); all others are
    ///     closed.
    /// - Returns: its pid, which is also its session's and its process group's.
    /// - Throws: the code of posix_spawn(3); `explanation` has words for it.
    public static func start(
        _ path: String, _ arguments: [String], environment: [String] = environment,
        blocked: [Int32] = [], files: (inout posix_spawn_file_actions_t) -> Void
    ) throws(SystemError) -> pid_t {
        // Whoever started us may have had it ignored; then every program would seem to end well.
        _ = watchd_heed_children()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        files(&actions)
        _ = watchd_spawn_close_from(&actions, 3)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var mask = sigset_t()
        sigemptyset(&mask)
        for signal in blocked { sigaddset(&mask, signal) }
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setsigdefault(&attributes, &all)
        // A new session is a new group besides, and has no terminal.
        posix_spawnattr_setflags(
            &attributes,
            watchd_spawn_setsid() | Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var argv = arguments.map { strdup($0) } + [nil]
        var envp = environment.map { strdup($0) } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, path, &actions, &attributes, &argv, &envp)
        guard code == 0 else { throw SystemError("start \(path)", code: code) }
        return pid
    }

    /// Cause and remedy, `name` being how the program is shown. (The kernel says ENOENT also when
    /// it is the interpreter that is missing.)
    public static func explanation(of error: SystemError, _ path: String, name: String) -> String {
        let exists = access(path, F_OK) == 0
        switch error.code {
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
        default: return "\(SystemError("start \(name)", code: error.code))"
        }
    }
}
