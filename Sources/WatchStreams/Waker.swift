// What a stream's thread waits at instead of sleeping: changes of its files (inotify(7)), a call
// from outside, and after a second anyway, for file systems without inotify.

import Glibc
import WatchCore
import WatchSystem

/// Descriptors only; the kernel makes their use from several threads safe.
final class Waker: Sendable {
    enum Wait {
        /// For a change or a call, or until the fall-back interval is over.
        case change
        /// For the pace of handing over to be due, or a call; changes gather meanwhile.
        case pace
        /// Not at all.
        case none
    }

    static let fallbackMilliseconds: Int32 = 1000
    static let paceMilliseconds: Int32 = 25
    static let pace = Duration.milliseconds(25)

    private let called: Int32
    private let caller: Int32
    /// −1: there is none, the fall-back interval must do.
    private let notify: Int32

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemError("create a pipe") }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (called, caller) = (ends[0], ends[1])
        notify = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    }

    deinit {
        close(called)
        close(caller)
        if notify >= 0 { close(notify) }
    }

    /// Ends the wait that is under way, or else the next one.
    func wake() {
        var one: UInt8 = 1
        _ = write(caller, &one, 1)
    }

    /// Watches open files, whatever they are called by now, and the directory of `path`. Both may
    /// fail (no inotify, no directory yet): then the fall-back interval notices.
    func watch(path: String, descriptors: [Int32]) {
        guard notify >= 0 else { return }
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        inotify_add_watch(
            notify, directory,
            UInt32(IN_CREATE) | UInt32(IN_MOVED_TO) | UInt32(IN_MOVED_FROM) | UInt32(IN_DELETE))
        for descriptor in descriptors {
            inotify_add_watch(
                notify, "/proc/self/fd/\(descriptor)", UInt32(IN_MODIFY) | UInt32(IN_ATTRIB))
        }
    }

    /// Returns whether the time ran out, without a change or a call.
    /// - Parameters:
    ///   - others: descriptors whose readiness is a change, too; whoever owns them reads them.
    ///   - patience: how long to wait for a change, if less than the usual interval.
    func wait(
        _ wait: Wait, at others: [Int32] = [], within patience: Duration? = nil
    ) -> Bool {
        let events = Int16(POLLIN)
        var descriptors = [
            pollfd(fd: called, events: events, revents: 0),
            pollfd(fd: wait == .change ? notify : -1, events: events, revents: 0),
        ]
        if wait != .none {
            descriptors += others.map { pollfd(fd: $0, events: events, revents: 0) }
        }
        let timeout: Int32 =
            switch wait {
            case .change: Self.milliseconds(patience)
            case .pace: Self.paceMilliseconds
            case .none: 0
            }
        let ready = poll(&descriptors, nfds_t(descriptors.count), timeout)
        for descriptor in descriptors.prefix(2) where descriptor.revents != 0 {
            empty(descriptor.fd)
        }
        return ready == 0
    }

    private static func milliseconds(_ patience: Duration?) -> Int32 {
        guard let patience else { return fallbackMilliseconds }
        let whole = (Swift.max(patience, .zero).nanoseconds + 999_999) / 1_000_000
        return Swift.min(fallbackMilliseconds, Int32(clamping: whole))
    }

    private func empty(_ descriptor: Int32) {
        withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 8) { buffer in
            // What is left beyond 16 KB ends the next wait.
            _ = read(descriptor, buffer.baseAddress, buffer.count)
        }
    }
}
