// What watchctl was started with, before it opened or changed anything: a command that runs under
// guard gets the same. Signals are blocked from here on, so that one that comes early is neither
// lost nor ends the guard alone.

import CProcess
import Glibc
import WatchSystem

struct Inherited: Sendable {
    /// Touched first by `main`, while there is one thread.
    static let atStart = Inherited()

    /// Passed on to the command; SIGCHLD tells that it ended.
    static let forwarded = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2]

    let mask: sigset_t
    /// Some supervisors and agents start what they run so. While it stands, no status of a child
    /// reaches us.
    let ignoresChildren: Bool
    let descriptors: Set<Int32>
    /// `NAME=value`, as the kernel has it.
    let environment: [[UInt8]]

    private init() {
        var watched = sigset_t()
        var before = sigset_t()
        sigemptyset(&watched)
        for signal in Self.forwarded + [SIGCHLD] { sigaddset(&watched, signal) }
        pthread_sigmask(SIG_BLOCK, &watched, &before)
        mask = before
        ignoresChildren = watchd_heed_children() != 0
        descriptors = Self.openDescriptors()
        let bytes = (try? File.read("/proc/self/environ", limit: 8 << 20)) ?? []
        environment = bytes.split(separator: 0).map(Array.init)
    }

    /// Those of our own that a command must not get.
    var ours: [Int32] { Self.openDescriptors().subtracting(descriptors).filter { $0 > 2 } }

    private static func openDescriptors() -> Set<Int32> {
        guard let directory = opendir("/proc/self/fd") else { return [] }
        defer { closedir(directory) }
        var found: Set<Int32> = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let number = Int32(name), number != dirfd(directory) { found.insert(number) }
        }
        return found
    }

    /// A signal that would have ended us came; nil: none.
    var pendingEnd: Int32? {
        var pending = sigset_t()
        sigpending(&pending)
        return [SIGHUP, SIGINT, SIGQUIT, SIGTERM].first { sigismember(&pending, $0) == 1 }
    }
}
