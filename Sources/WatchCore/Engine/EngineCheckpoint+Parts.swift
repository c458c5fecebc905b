// A checkpoint in pieces, a service each: a large one is then written and read without ever being
// in memory as one document, and a piece that is damaged costs one service its warm-up.

extension EngineCheckpoint {
    /// The same checkpoint, a service each, by name.
    public var parts: [EngineCheckpoint] {
        services.sorted { $0.key < $1.key }
            .map { EngineCheckpoint(at: at, services: [$0.key: $0.value]) }
    }

    public var withoutServices: EngineCheckpoint { EngineCheckpoint(at: at, services: [:]) }

    /// Takes the services of a piece.
    public mutating func add(_ part: EngineCheckpoint) {
        services.merge(part.services) { $1 }
    }
}
