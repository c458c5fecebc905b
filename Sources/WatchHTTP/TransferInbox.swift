// What others leave for the client's thread: requests, tasks that go on there, and when it is to
// be woken.

import WatchCore

/// Guarded by the loop's lock.
struct TransferInbox {
    enum Message {
        case start(TransferLoop.Order)
        case cancel(UInt64)
    }

    struct Alarm: Sendable {
        let id: UInt64
        let due: Instant
        let ring: @Sendable () -> Void
    }

    /// What is there at once.
    struct Contents {
        var messages: [Message] = []
        var jobs: [UnownedJob] = []
        /// That are due.
        var alarms: [Alarm] = []
        var stopping = false

        var isEmpty: Bool { messages.isEmpty && jobs.isEmpty && alarms.isEmpty }
    }

    /// Bounded by `limit` starts and two cancellations for each.
    private var messages: [Message] = []
    /// Of tasks, each of which has one at most.
    private var jobs: [UnownedJob] = []
    /// One for each that somebody made, which is one for each sleeper on the client.
    private var alarms: [Alarm] = []
    /// The thread waits for the network, or is about to: it must be woken.
    private var isWaiting = false
    private(set) var stopping = false
    /// Nothing is taken out any more.
    private(set) var ended = false
    /// Those who wait for the thread's end.
    private var waiters: [CheckedContinuation<Void, Never>] = []
    var multi: MultiHandle?

    mutating func put(_ message: Message) {
        messages.append(message)
        wake()
    }

    /// - Returns: false when nobody would take it out.
    mutating func put(_ job: UnownedJob) -> Bool {
        guard !ended else { return false }
        jobs.append(job)
        wake()
        return true
    }

    /// In place of the one with its id that was set before.
    /// - Returns: false when nobody would ring it.
    mutating func set(_ alarm: Alarm) -> Bool {
        guard !ended else { return false }
        alarms.removeAll { $0.id == alarm.id }
        let isSoonest = nextAlarm.map { alarm.due < $0 } ?? true
        alarms.append(alarm)
        if isSoonest { wake() }
        return true
    }

    mutating func stop() {
        stopping = true
        wake()
    }

    /// Once for all that comes before the thread looks.
    private mutating func wake() {
        guard isWaiting else { return }
        isWaiting = false
        multi?.wakeUp()
    }

    /// - Returns: whether there is somebody to be told of the end.
    mutating func waitForEnd(_ waiter: CheckedContinuation<Void, Never>) -> Bool {
        if !ended { waiters.append(waiter) }
        return !ended
    }

    // MARK: - The thread's side

    mutating func take(at now: Instant) -> Contents {
        isWaiting = false
        var contents = Contents(messages: messages, jobs: jobs, stopping: stopping)
        messages.removeAll(keepingCapacity: messages.capacity <= 1024)
        jobs.removeAll(keepingCapacity: jobs.capacity <= 1024)
        if let nextAlarm, nextAlarm <= now {
            contents.alarms = alarms.filter { $0.due <= now }
            alarms.removeAll { $0.due <= now }
        }
        return contents
    }

    /// Whether there is nothing new to do; from here on whoever has something wakes the thread.
    mutating func isIdle() -> Bool {
        isWaiting = messages.isEmpty && jobs.isEmpty && !stopping
        return isWaiting
    }

    var nextAlarm: Instant? { alarms.lazy.map(\.due).min() }

    /// No more orders from here on.
    mutating func close() -> [Message] {
        stopping = true
        multi = nil
        defer { messages = [] }
        return messages
    }

    /// Nothing at all from here on; who is left.
    mutating func end() -> (
        jobs: [UnownedJob], alarms: [Alarm], waiters: [CheckedContinuation<Void, Never>]
    ) {
        (stopping, ended) = (true, true)
        defer { (jobs, alarms, waiters) = ([], [], []) }
        return (jobs, alarms, waiters)
    }
}
