// What is known of the disk of the state directory: asked every few seconds, told in `status`.

import Synchronization
import WatchCore

final class StorageWatch: Sendable {
    /// So often the disk is asked, and a reserve that was given up tried again.
    static let every = Duration.seconds(10)

    private let state: Mutex<StorageStatus>

    init(free: UInt64? = nil, hasReserve: Bool = true) {
        state = Mutex(StorageStatus(hasReserve: hasReserve))
        note(free: free, hasReserve: hasReserve)
    }

    var status: StorageStatus { state.withLock { $0 } }

    func note(free: UInt64?, hasReserve: Bool) {
        state.withLock {
            $0.free = free.map { Int64(clamping: $0) }
            $0.hasReserve = hasReserve
        }
    }

    /// - Parameter problem: why a checkpoint could not be written; nil: it was.
    /// - Returns: whether that is news.
    func noteCheckpoint(_ problem: String?, at now: WallTime) -> Bool {
        state.withLock { status in
            let isNews = (status.checkpointProblem == nil) != (problem == nil)
            status.checkpointProblem = problem
            status.checkpointsFailSince =
                problem == nil ? nil : status.checkpointsFailSince ?? now
            return isNews
        }
    }
}
