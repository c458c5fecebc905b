// What the daemon needs of whoever runs steps.

public import WatchCore

/// Runs gates, steps and checks. Each call is answered by one `Event.task`, except that calls for
/// a task that is under way already share its answer, and that a step of a rollback which surely
/// did not begin, because the disk has no room for its records, is answered by an
/// `Event.storeFailed` that names it among the skipped: it is resumed later.
public protocol TaskRunner: Sendable {
    /// Runs the task, at most once however often it is asked for, also across restarts.
    func run(_ task: StepTask)
    /// Says what became of it, waits for it while it runs, or runs it when it surely never began.
    func resume(_ task: StepTask)
    /// Kills it; a task that has not begun never will.
    func cancel(id: String)
}
