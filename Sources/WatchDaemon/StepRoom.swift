// Steps that were put off because the disk had no room for their own records, though what the
// store writes may have found some: they wait as those do whose intent is not durable.

import Logging
import Synchronization
import WatchCore

final class StepRoom: Sendable {
    private let missing = Mutex(false)
    private let report: @Sendable (Event) -> Void
    private let logger: Logger

    /// - Parameter report: takes what the engine must know of it.
    init(logger: Logger, report: @escaping @Sendable (Event) -> Void) {
        self.logger = logger
        self.report = report
    }

    var isMissing: Bool { missing.withLock { $0 } }

    /// The task surely did not begin; it is resumed when there is room.
    func putOff(_ tasks: [String], _ problem: String) {
        logger.critical("\(tasks.joined(separator: ", ")) waits: \(problem)")
        // In this order: that there is room again must not be heard of first.
        report(.storeFailed(problem, skipped: tasks))
        missing.withLock { $0 = true }
    }

    func found() { missing.withLock { $0 = false } }
}
