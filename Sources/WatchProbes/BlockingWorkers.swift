// Calls that may block for ever (a file on a dead NFS server) run here, on threads of their own,
// with a time limit for the caller. A stuck call keeps its thread; so the same thing is never
// asked a second time while the first is stuck, and a dead mount costs one thread per file.

import Synchronization
import WatchCore
import WatchHTTP
import WatchSystem

public final class BlockingWorkers: Sendable {
    /// Why there is no value, fit for a message.
    public enum Failure: Error, Hashable, Sendable {
        case timedOut
        /// An earlier call for the same key has not come back yet.
        case stuck
        /// Every thread is busy, and as many calls as may wait do, or this one waited in vain: it
        /// never began.
        case full
    }

    private struct Job: Sendable {
        var id: UInt64
        var key: String
        var work: @Sendable () -> Void
    }

    /// When a job began.
    private final class Begin: Sendable {
        let at = Mutex<Instant?>(nil)
    }

    private struct State {
        var threads = 0
        var lastID: UInt64 = 0
        var waiting: [Job] = []
        var keys: Set<String> = []
    }

    private let state = Mutex(State())
    private let threads: Int
    private let queue: Int
    private let time: any Sleeper

    public init(threads: Int = 32, queue: Int = 1024, time: any Sleeper) {
        self.threads = threads
        self.queue = queue
        self.time = time
    }

    /// Runs `work` on a thread of its own and waits for its value, at most `timeout`. One that has
    /// not begun by then never does: nobody wants its value any more.
    /// - Parameter waiting: the time limit for waiting in line; then `timeout` runs from when the
    ///   work begins. nil: it is one limit for both.
    public func run<Value: Sendable>(
        key: String, timeout: Duration, waiting: Duration? = nil,
        _ work: @escaping @Sendable () -> Value
    ) async -> Result<Value, Failure> {
        let submitted = time.now().boot
        let answer = OneAnswer<Result<Value, Failure>>()
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let begin = Begin()
        let job = Job(id: id, key: key) { [time] in
            begin.at.withLock { $0 = $0 ?? time.now().boot }
            answer.give(.success(work()))
        }
        let (failure, beginsNow) = submit(job)
        if let failure { return .failure(failure) }
        if beginsNow { begin.at.withLock { $0 = submitted } }
        let timer = Task { [self] in
            if let waiting, !beginsNow {
                await time.sleep(until: submitted + waiting)
                if withdraw(id) { return answer.give(.failure(.full)) }
                let begun = begin.at.withLock { $0 } ?? time.now().boot
                await time.sleep(until: begun + timeout)
            } else {
                await time.sleep(until: submitted + timeout)
            }
            answer.give(.failure(withdraw(id) ? .full : .timedOut))
        }
        defer { timer.cancel() }
        return await answer.value()
    }

    /// Takes a job out of the queue; false: it has begun.
    private func withdraw(_ id: UInt64) -> Bool {
        state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0.id == id }) else { return false }
            state.keys.remove(state.waiting.remove(at: index).key)
            return true
        }
    }

    /// - Returns: why it is not taken, and whether it has a thread at once.
    private func submit(_ job: Job) -> (failure: Failure?, beginsNow: Bool) {
        let (failure, isNewThread): (Failure?, Bool) = state.withLock {
            guard !$0.keys.contains(job.key) else { return (.stuck, false) }
            let mayStart = $0.threads < threads
            guard mayStart || $0.waiting.count < queue else { return (.full, false) }
            $0.keys.insert(job.key)
            $0.waiting.append(job)
            if mayStart { $0.threads += 1 }
            return (nil, mayStart)
        }
        guard isNewThread else { return (failure, false) }
        guard !startThread({ self.workUntilIdle() }) else { return (nil, true) }
        return state.withLock {
            $0.threads -= 1
            // Other threads, if there are any, will come to it.
            guard $0.threads == 0 else { return (nil, false) }
            $0.waiting.removeAll { $0.key == job.key }
            $0.keys.remove(job.key)
            return (.full, false)
        }
    }

    private func workUntilIdle() {
        while let job = next() {
            job.work()
            _ = state.withLock { $0.keys.remove(job.key) }
        }
    }

    private func next() -> Job? {
        state.withLock {
            guard !$0.waiting.isEmpty else {
                $0.threads -= 1
                return nil
            }
            return $0.waiting.removeFirst()
        }
    }
}
