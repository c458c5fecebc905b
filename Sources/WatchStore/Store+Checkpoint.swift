// The engine's checkpoint, kept beside the database; see `CheckpointFile` for why.

extension Store {
    /// Replaces the checkpoint. Failing costs a warm-up after the next restart, nothing else.
    public func saveCheckpoint(_ bytes: [UInt8]) async throws(StoreError) {
        try await checkpoints.save(bytes, bootID: bootID)
    }

    /// The last checkpoint that is whole, and the boot it was written in; nil: none. Blocks;
    /// call it once, at start.
    public func loadCheckpoint() -> (bytes: [UInt8], bootID: String)? {
        checkpoints.load()
    }
}
