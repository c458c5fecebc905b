// What a stream's thread waits at instead of sleeping: changes of its files (inotify(7)), a call
// from outside (eventfd(2)), and the pace of handing over (timerfd_create(2)).

import Glibc
import WatchSystem

/// Descriptors only; the kernel makes their use from several threads safe.
final class Waker: Sendable {
    enum Wait {
        /// For anything, or until the fall-back interval for file systems without inotify is over.
        case change
        /// For the pace, or a call.
        case pace
        /// Not at all.
        case none
    }

    static let fallbackMilliseconds: Int32 = 1000
    static let paceMilliseconds = 25

    private let call: Int32
    private let timer: Int32
    /// −1: there is none, the fall-back interval must do.
    private let notify: Int32

    init() throws(SystemError) {
        call = eventfd(0, Int32(EFD_CLOEXEC.rawValue | EFD_NONBLOCK.rawValue))
        guard call >= 0 else { throw SystemError("create an eventfd") }
        timer = timerfd_create(
            CLOCK_MONOTONIC, Int32(TFD_CLOEXEC.rawValue | TFD_NONBLOCK.rawValue))
        guard timer >= 0 else {
            let error = SystemError("create a timerfd")
            close(call)
            throw error
        }
        notify = inotify_init1(Int32(IN_CLOEXEC.rawValue | IN_NONBLOCK.rawValue))
    }

    deinit {
        close(call)
        close(timer)
        if notify >= 0 { close(notify) }
    }

    /// Ends the wait that is under way, or else the next one.
    func wake() {
        var one: UInt64 = 1
        _ = write(call, &one, 8)
    }

    /// From now on the pace is not due for 25 ms.
    func startPace() {
        var due = itimerspec()
        due.it_value.tv_nsec = Self.paceMilliseconds * 1_000_000
        timerfd_settime(timer, 0, &due, nil)
    }

    /// Watches open files, whatever they are called by now, and the directory of `path`. Both may
    /// fail (no inotify, no directory yet): then the fall-back interval notices.
    func watch(path: String, descriptors: [Int32]) {
        guard notify >= 0 else { return }
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { String(path[...$0]) } ?? "."
        inotify_add_watch(
            notify, directory, UInt32(IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE))
        for descriptor in descriptors {
            inotify_add_watch(
                notify, "/proc/self/fd/\(descriptor)", UInt32(IN_MODIFY | IN_ATTRIB))
        }
    }

    /// Returns whether the pace was due.
    func wait(_ wait: Wait) -> Bool {
        let events = Int16(POLLIN)
        var descriptors = [
            pollfd(fd: call, events: events, revents: 0),
            pollfd(fd: timer, events: events, revents: 0),
            pollfd(fd: wait == .change ? notify : -1, events: events, revents: 0),
        ]
        let timeout: Int32 =
            switch wait {
            case .change: Self.fallbackMilliseconds
            case .pace: -1
            case .none: 0
            }
        guard poll(&descriptors, nfds_t(descriptors.count), timeout) > 0 else { return false }
        for descriptor in descriptors where descriptor.revents != 0 { empty(descriptor.fd) }
        return descriptors[1].revents != 0
    }

    private func empty(_ descriptor: Int32) {
        withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 8) { buffer in
            // An eventfd and a timer are empty after one read; what inotify holds beyond 16 KB
            // wakes the next wait.
            _ = read(descriptor, buffer.baseAddress, buffer.count)
        }
    }
}
