// Writes and reads checkpoints. A checkpoint that does not decode is none: it costs a warm-up.

import FoundationEssentials
import Logging
import WatchCore
import WatchStore

struct CheckpointKeeper: Sendable {
    private struct Content: Codable {
        var bootID: String
        var checkpoint: Checkpoint
    }

    let file: CheckpointFile
    let bootID: String
    let logger: Logger

    func save(_ checkpoint: Checkpoint) async {
        do {
            let content = Content(bootID: bootID, checkpoint: checkpoint)
            try file.save(Array(try JSONEncoder().encode(content)))
        } catch {
            logger.warning("the checkpoint could not be written: \(error)")
        }
    }

    /// The stream positions; windows and timers go into the engine.
    func restore(into engine: inout Engine, at now: Moment) -> [String: StreamPosition] {
        guard let bytes = file.load() else { return [:] }
        do {
            let content = try JSONDecoder().decode(Content.self, from: Data(bytes))
            engine.restore(
                content.checkpoint.engine, isSameBoot: content.bootID == bootID, at: now)
            return content.checkpoint.positions
        } catch {
            logger.notice("the checkpoint does not fit any more, windows start empty: \(error)")
            return [:]
        }
    }
}
