// The engine's checkpoint, kept beside the database; see `CheckpointFile` for why.

extension Store {
    /// Makes a checkpoint piece by piece, each handed to `put` in its turn.
    public typealias CheckpointContent =
        @Sendable (_ put: ([UInt8]) throws(StoreError) -> Void) throws -> Void

    /// Replaces the checkpoint. Failing costs a warm-up after the next restart, nothing else.
    public func saveCheckpoint(_ content: @escaping CheckpointContent) async throws {
        try await checkpoints.save(bootID: bootID, content)
    }

    public func saveCheckpoint(_ bytes: [UInt8]) async throws {
        try await saveCheckpoint { put in try put(bytes) }
    }

    /// The last checkpoint that is whole, and the boot it was written in; nil: none. Blocks;
    /// call it once, at start.
    public func loadCheckpoint() -> (bytes: [UInt8], bootID: String)? {
        checkpoints.load()
    }
}
