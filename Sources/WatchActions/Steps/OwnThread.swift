// Blocking calls (waiting for a process, fsync) get a thread of their own: on Swift's cooperative
// pool a few of them would stop the whole daemon.

import WatchSystem

enum OwnThread {
    /// Runs `work` on a new thread and returns what it returns. Without a thread to be had
    /// (EAGAIN) it runs where it is: slow is better than never.
    static func run<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in
            start { continuation.resume(returning: work()) }
        }
    }

    static func start(_ body: @escaping @Sendable () -> Void) {
        if !startThread(body) { body() }
    }
}
