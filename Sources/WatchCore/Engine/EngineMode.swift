// How the engine is driven. Live it judges whenever something came in, and rolls back by running
// steps. A replay judges at whole seconds only, so that its answer does not depend on how lines
// were batched, and nothing is there that steps could change.

public struct EngineMode: Hashable, Sendable {
    /// Verdicts and timers move with `.tick` alone; other events only bring in what they say.
    public var judgesAtTicksOnly: Bool
    /// A rollback that was decided runs no gate and no step, and nothing withdraws it: it lasts
    /// until `Engine.assumeRolledBack`.
    public var assumesRollbacks: Bool

    public static let live = EngineMode(judgesAtTicksOnly: false, assumesRollbacks: false)
    public static let replay = EngineMode(judgesAtTicksOnly: true, assumesRollbacks: true)

    public init(judgesAtTicksOnly: Bool, assumesRollbacks: Bool) {
        self.judgesAtTicksOnly = judgesAtTicksOnly
        self.assumesRollbacks = assumesRollbacks
    }
}
