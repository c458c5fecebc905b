// A thread of our own for calls that block.

import Glibc

/// Runs `body` on a new detached thread with every signal blocked there: signals are the main
/// program's business, and a write of OpenSSL to a closed socket must not kill it with SIGPIPE.
/// - Returns: false when the system has no thread left.
public func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let masks = UnsafeMutablePointer<sigset_t>.allocate(capacity: 2)
    defer { masks.deallocate() }
    sigfillset(masks)
    pthread_sigmask(SIG_BLOCK, masks, masks + 1)
    defer { pthread_sigmask(SIG_SETMASK, masks + 1, nil) }
    let box = Unmanaged.passRetained(Box(body))
    var thread = pthread_t()
    let code = pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
            return nil
        }, box.toOpaque())
    guard code == 0 else {
        box.release()
        return false
    }
    pthread_detach(thread)
    return true
}
