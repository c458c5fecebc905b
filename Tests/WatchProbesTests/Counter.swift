import Synchronization

final class Counter: Sendable {
    private let count = Mutex(0)

    /// 1 at the first call.
    func next() -> Int {
        count.withLock {
            $0 += 1
            return $0
        }
    }

    func leave() { count.withLock { $0 -= 1 } }
}
