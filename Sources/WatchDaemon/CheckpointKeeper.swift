// Writes and reads checkpoints. A checkpoint that does not decode is none: it costs a warm-up.

import FoundationEssentials
import Logging
import WatchCore
import WatchStore

struct CheckpointKeeper: Sendable {
    let store: Store
    let bootID: String
    let logger: Logger

    func save(_ checkpoint: Checkpoint) async {
        do {
            try await store.saveCheckpoint(Array(try JSONEncoder().encode(checkpoint)))
        } catch {
            logger.warning("the checkpoint could not be written: \(error)")
        }
    }

    /// The stream positions; windows and timers go into the engine.
    func restore(into engine: inout Engine, at now: Moment) -> [String: StreamPosition] {
        guard let (bytes, writtenIn) = store.loadCheckpoint() else { return [:] }
        do {
            let checkpoint = try JSONDecoder().decode(Checkpoint.self, from: Data(bytes))
            engine.restore(checkpoint.engine, isSameBoot: writtenIn == bootID, at: now)
            return checkpoint.positions
        } catch {
            logger.notice("the checkpoint does not fit any more, windows start empty: \(error)")
            return [:]
        }
    }
}
