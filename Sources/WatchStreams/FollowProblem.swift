// Why a log cannot be read, as a sentence that says what to do.

import Glibc

struct FollowProblem: Error, Hashable {
    enum Cause: Hashable {
        case call(Int32)
        case directory
        case notRegular(String)
        case gone
        case notPacked
    }

    var cause: Cause

    init(code: Int32) { cause = .call(code) }

    init(_ cause: Cause) { self.cause = cause }

    /// nil: a regular file.
    init?(mode: mode_t) {
        switch mode & S_IFMT {
        case S_IFREG: return nil
        case S_IFDIR: cause = .directory
        case S_IFIFO: cause = .notRegular("a FIFO")
        case S_IFSOCK: cause = .notRegular("a socket")
        default: cause = .notRegular("a device")
        }
    }

    /// The file is not there (any more), which is what rotation looks like for a moment.
    var isAbsence: Bool { cause == .call(ENOENT) || cause == .gone }

    /// There is nothing to open it with: it says nothing about the file.
    var isShortage: Bool {
        switch cause {
        case .call(EMFILE), .call(ENFILE), .call(ENOMEM): true
        case .call, .directory, .notRegular, .gone, .notPacked: false
        }
    }

    func sentence(_ path: String) -> String {
        switch cause {
        case .directory: "\(path) is a directory; name the log file in it"
        case .notRegular(let kind):
            "\(path) is \(kind), and only regular files can be followed; let the service log to a "
                + "file"
        case .gone:
            "\(path) is gone and nothing took its place; watchd waits for it: check the log "
                + "rotation, and that the service reopens its log"
        case .notPacked: "\(path) is called .gz and is no gzip file; rename it"
        case .call(ENOENT):
            "\(path) is not there; watchd waits for it: check the path, and that the service "
                + "writes its log"
        case .call(EACCES), .call(EPERM):
            "watchd's user may not read \(path); add the user to the group of the file (often "
                + "adm) or set an ACL, for its directories too"
        case .call(ELOOP):
            "\(path) is a loop of symbolic links; let it point at the log"
        case .call(ENOTDIR): "a part of \(path) is no directory; correct the path"
        case .call(EMFILE), .call(ENFILE):
            "\(path) cannot be opened, there are too many open files; raise LimitNOFILE of watchd"
        case .call(let code):
            "\(path) cannot be read (\(String(cString: strerror(code)))); watchd tries again"
        }
    }
}
