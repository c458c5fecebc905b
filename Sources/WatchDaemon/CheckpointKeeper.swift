// Writes and reads checkpoints: JSON, a line with the positions of streams, then one for each
// service. A line that does not decode is none: it costs a warm-up.

import FoundationEssentials
import Logging
import WatchCore
import WatchStore
import WatchStreams
import WatchSystem

struct CheckpointKeeper: Sendable {
    let store: Store
    let bootID: String
    let time: any TimeSource
    let logger: Logger
    /// Is told how each went.
    var storage = StorageWatch()

    private static let newline = UInt8(ascii: "\n")

    /// How long it took: the next one is to wait many times that.
    func save(_ checkpoint: Checkpoint) async -> Duration {
        let start = time.now().boot
        do {
            try await store.saveCheckpoint { put in
                try Self.pieces(of: checkpoint) { try put($0) }
            }
            if storage.noteCheckpoint(nil, at: time.now().wall) {
                logger.notice("checkpoints are written again")
            }
        } catch {
            // Once, not every few seconds: `status` says since when.
            if storage.noteCheckpoint("\(error)", at: time.now().wall) {
                logger.warning("the checkpoint could not be written: \(error)")
            }
        }
        return time.now().boot - start
    }

    /// One service at a time, so that no more than one is in memory as text.
    static func pieces(of checkpoint: Checkpoint, _ put: ([UInt8]) throws -> Void) throws {
        let head = Checkpoint(
            engine: checkpoint.engine.withoutServices, positions: checkpoint.positions)
        try put(try JSONStream.encode(head))
        for part in checkpoint.engine.parts {
            try put([newline] + (try JSONStream.encode(part)))
        }
    }

    /// The stream positions; windows and timers go into the engine.
    func restore(into engine: inout Engine, at now: Moment) -> [String: StreamPosition] {
        guard let (bytes, writtenIn) = store.loadCheckpoint() else { return [:] }
        do {
            let (checkpoint, problems) = try Self.checkpoint(in: bytes)
            for problem in problems { complain(problem) }
            engine.restore(checkpoint.engine, isSameBoot: writtenIn == bootID, at: now)
            return checkpoint.positions
        } catch {
            complain(error)
            return [:]
        }
    }

    /// What of it can be read, and why the rest cannot.
    static func checkpoint(in bytes: [UInt8]) throws -> (Checkpoint, problems: [any Error]) {
        let decoder = JSONDecoder()
        let lines = bytes.split(separator: newline)
        var checkpoint = try decoder.decode(Checkpoint.self, from: Data(lines.first ?? []))
        var problems: [any Error] = []
        for line in lines.dropFirst() {
            do {
                checkpoint.engine.add(
                    try decoder.decode(EngineCheckpoint.self, from: Data(line)))
            } catch {
                problems.append(error)
            }
        }
        return (checkpoint, problems)
    }

    private func complain(_ error: any Error) {
        logger.notice("the checkpoint does not fit any more, windows start empty: \(error)")
    }
}
