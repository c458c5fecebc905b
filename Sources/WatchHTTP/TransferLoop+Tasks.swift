// Tasks may live on the client's thread: one that asks and looks at the answer then wakes nobody
// else. When the thread has ended they go on wherever others do.

import WatchCore
import WatchSystem

extension TransferLoop: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if !take(job) { Self.runElsewhere(job) }
    }

    func run(_ jobs: [UnownedJob]) {
        guard !jobs.isEmpty else { return }
        let executor = asUnownedTaskExecutor()
        for job in jobs { job.runSynchronously(on: executor) }
    }

    static func runElsewhere(_ job: UnownedJob) {
        globalConcurrentExecutor.enqueue(ExecutorJob(job))
    }

    static func ringElsewhere(_ alarm: TransferInbox.Alarm) {
        Task {
            try? await Task.sleep(for: alarm.due - SystemTime().boot())
            alarm.ring()
        }
    }
}
