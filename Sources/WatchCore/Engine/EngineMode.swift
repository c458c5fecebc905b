// How the engine is driven. Live it judges whenever something came in, and rolls back by running
// steps. A replay judges at whole seconds only, so that its answer does not depend on how lines
// were batched, and nothing is there that steps could change.

public struct EngineMode: Hashable, Sendable {
    /// Verdicts and timers move with `.tick` alone; other events only bring in what they say.
    public var judgesAtTicksOnly: Bool
    /// A rollback that was decided runs no gate and no step, and nothing withdraws it: it lasts
    /// until `Engine.assumeRolledBack`.
    public var assumesRollbacks: Bool
    /// The directory in which the shell lays out what is stored of an incident before a step that
    /// asks for it runs; nil: it lays out nothing.
    public var evidence: String?

    public static let live = EngineMode(judgesAtTicksOnly: false, assumesRollbacks: false)
    public static let replay = EngineMode(judgesAtTicksOnly: true, assumesRollbacks: true)

    public init(judgesAtTicksOnly: Bool, assumesRollbacks: Bool, evidence: String? = nil) {
        self.judgesAtTicksOnly = judgesAtTicksOnly
        self.assumesRollbacks = assumesRollbacks
        self.evidence = evidence
    }

    /// The variable of steps that names the file.
    public static let evidenceVariable = "evidence"

    /// `/var/lib/watchd/evidence/shop-17.json`
    func evidence(of incident: String?) -> String? {
        guard let evidence, let incident else { return nil }
        return "\(evidence)/\(incident).json"
    }
}
