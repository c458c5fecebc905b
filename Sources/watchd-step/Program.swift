// Finding and starting the program of a step, and saying why that failed in a way that helps.

import CProcess
import Glibc

/// The step never began; the sentence names cause and remedy.
struct CannotStart: Error {
    var message: String
}

enum Program {
    private static let defaultPath =
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// The file to run for `name`: itself when it has a slash, else the first in PATH.
    static func find(_ name: String) throws(CannotStart) -> String {
        guard !name.isEmpty else {
            throw CannotStart(message: "the step's command is empty; give exec: a program")
        }
        if name.contains("/") { return name }
        let path = getenv("PATH").map { String(cString: $0) } ?? defaultPath
        var forbidden: String?
        for directory in path.split(separator: ":") {
            let candidate = "\(directory)/\(name)"
            if access(candidate, X_OK) == 0 && !isDirectory(candidate) { return candidate }
            if access(candidate, F_OK) == 0 && !isDirectory(candidate) { forbidden = candidate }
        }
        if let forbidden { throw CannotStart(message: notExecutable(forbidden)) }
        throw CannotStart(
            message: "there is no program '\(name)' in PATH (\(path)); install it, or give exec: "
                + "its full path")
    }

    /// What it has open, and nothing else.
    struct Files {
        var input: String
        var output: Int32
        var errors: Int32
    }

    /// Starts it in a process group of its own.
    static func spawn(
        _ file: String, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
        _ files: Files
    ) throws(CannotStart) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, files.input, O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, files.output, 1)
        posix_spawn_file_actions_adddup2(&actions, files.errors, 2)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var pid: pid_t = 0
        let code = posix_spawn(
            &pid, file, &actions, &attributes, arguments, watchd_environment())
        guard code == 0 else { throw CannotStart(message: explain(file, code)) }
        return pid
    }

    /// Why exec failed. The kernel says ENOENT also when it is the interpreter that is missing.
    private static func explain(_ file: String, _ code: Int32) -> String {
        let exists = access(file, F_OK) == 0
        switch code {
        case ENOENT where exists:
            let interpreter = firstLine(file).map { " '\($0)'" } ?? ""
            return "\(file) is there but its interpreter\(interpreter) is not (ENOENT); install "
                + "the interpreter or mend the first line"
        case ENOENT, ENOTDIR:
            return "there is no program at \(file); install it or mend the path in exec:"
        case EACCES where exists:
            return isDirectory(file) ? "\(file) is a directory, not a program" : notExecutable(file)
        case ENOEXEC:
            return "\(file) is neither a binary for this machine nor a script with a first line "
                + "'#!/path/to/interpreter' (ENOEXEC); add that line"
        default:
            return "\(file) cannot be started: \(String(cString: strerror(code)))"
        }
    }

    private static func notExecutable(_ file: String) -> String {
        "\(file) is not executable for this user (EACCES); chmod 755 it, and check that its "
            + "directories can be entered and are not mounted noexec"
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The text after `#!`, if it is a script.
    private static func firstLine(_ file: String) -> String? {
        guard let text = readSmall(file), text.hasPrefix("#!") else { return nil }
        return text.dropFirst(2).split(whereSeparator: \.isNewline).first.map {
            String($0.prefix(200))
        }
    }
}
