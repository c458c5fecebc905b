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
        /// Every thread is busy and as many calls as may wait do.
        case full
    }

    private struct Job: Sendable {
        var key: String
        var work: @Sendable () -> Void
    }

    private struct State {
        var threads = 0
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

    /// Runs `work` on a thread of its own and waits for its value, at most `timeout`.
    public func run<Value: Sendable>(
        key: String, timeout: Duration, _ work: @escaping @Sendable () -> Value
    ) async -> Result<Value, Failure> {
        let limit = time.now().boot + timeout
        let answer = OneAnswer<Result<Value, Failure>>()
        let job = Job(key: key) { answer.give(.success(work())) }
        if let failure = submit(job) { return .failure(failure) }
        let timer = Task { [time] in
            await time.sleep(until: limit)
            answer.give(.failure(.timedOut))
        }
        defer { timer.cancel() }
        return await answer.value()
    }

    private func submit(_ job: Job) -> Failure? {
        let (failure, isNewThread): (Failure?, Bool) = state.withLock {
            guard !$0.keys.contains(job.key) else { return (.stuck, false) }
            let mayStart = $0.threads < threads
            guard mayStart || $0.waiting.count < queue else { return (.full, false) }
            $0.keys.insert(job.key)
            $0.waiting.append(job)
            if mayStart { $0.threads += 1 }
            return (nil, mayStart)
        }
        guard isNewThread else { return failure }
        guard !startThread({ self.workUntilIdle() }) else { return nil }
        return state.withLock {
            $0.threads -= 1
            // Other threads, if there are any, will come to it.
            guard $0.threads == 0 else { return nil }
            $0.waiting.removeAll { $0.key == job.key }
            $0.keys.remove(job.key)
            return .full
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
