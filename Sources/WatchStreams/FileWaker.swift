// Wakes the follower: at once when the kernel says that the file or its directory changed
// (inotify(7)), after a second anyway (file systems without it), and when it is told to stop.

import Glibc

final class FileWaker {
    private let inotify: Int32
    private var fileWatch: Int32 = -1
    private let path: String
    private let stop: Int32

    /// `stop`: readable when the thread is to end.
    init(path: String, stop: Int32) {
        self.path = path
        self.stop = stop
        inotify = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        if inotify >= 0 {
            inotify_add_watch(
                inotify, directory.isEmpty ? "/" : directory,
                UInt32(IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE))
        }
    }

    deinit { if inotify >= 0 { close(inotify) } }

    /// Waits for a change, at most `milliseconds`; false: stop.
    func wait(milliseconds: Int32) -> Bool {
        watchFile()
        var descriptors = [pollfd(fd: stop, events: Int16(POLLIN), revents: 0)]
        if inotify >= 0 {
            descriptors.append(pollfd(fd: inotify, events: Int16(POLLIN), revents: 0))
        }
        poll(&descriptors, nfds_t(descriptors.count), milliseconds)
        drain()
        return descriptors[0].revents == 0
    }

    /// Rests without looking, so that changes are taken together; false: stop.
    func rest(milliseconds: Int32) -> Bool {
        var descriptor = pollfd(fd: stop, events: Int16(POLLIN), revents: 0)
        poll(&descriptor, 1, milliseconds)
        return descriptor.revents == 0
    }

    /// After a rotation the name means another file; adding the same again changes nothing.
    private func watchFile() {
        guard inotify >= 0 else { return }
        let watch = inotify_add_watch(inotify, path, UInt32(IN_MODIFY))
        if fileWatch >= 0, watch != fileWatch { inotify_rm_watch(inotify, fileWatch) }
        fileWatch = watch
    }

    private func drain() {
        guard inotify >= 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 4096)
        while read(inotify, &buffer, buffer.count) > 0 {}
    }
}
