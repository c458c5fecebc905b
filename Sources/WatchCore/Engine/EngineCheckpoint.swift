// What the engine saw, as opposed to what it decided: written every few seconds and at stop, so
// that a restart does not begin with empty windows. Losing it costs a warm-up, nothing else.

public struct EngineCheckpoint: Hashable, Sendable, Codable {
    struct Service: Hashable, Sendable, Codable {
        var probes: [String: ServiceEngine.ProbeSignal]
        var streams: [String: ServiceEngine.StreamSignal]
        var triggers: [String: TriggerState]
        var tracker: VersionTracker
        var restarted: Instant
        var running: ReleaseIdentity?
        var baked: Duration
        /// What the signals were configured as; another configuration makes the rest useless.
        var configuration: ServiceConfiguration
    }

    var at: Moment
    var services: [String: Service]
}

extension Engine {
    public func checkpoint(at now: Moment) -> EngineCheckpoint {
        EngineCheckpoint(
            at: now,
            services: services.mapValues { service in
                let running = service.state.book.running?.release
                return EngineCheckpoint.Service(
                    probes: service.probes, streams: service.streams, triggers: service.triggers,
                    tracker: service.tracker, restarted: service.restarted, running: running,
                    baked: running.flatMap { service.state.book.release($0)?.baked } ?? .zero,
                    configuration: service.configuration)
            })
    }

    /// Takes up a checkpoint of the same boot; of another boot only the bake progress holds. A
    /// service whose configuration is another one starts afresh.
    public mutating func restore(_ checkpoint: EngineCheckpoint, isSameBoot: Bool, at now: Moment) {
        for (name, saved) in checkpoint.services {
            guard var service = services[name] else { continue }
            if let running = service.state.book.running?.release, saved.running == running {
                service.state.book.restoreBaked(saved.baked, of: running)
            }
            if isSameBoot, checkpoint.at.boot <= now.boot,
                saved.configuration == service.configuration
            {
                service.probes = saved.probes
                service.streams = saved.streams
                service.restarted = saved.restarted
                if saved.running == service.state.book.running?.release {
                    service.tracker = saved.tracker
                }
                for (trigger, state) in saved.triggers {
                    // A breach that was stored since outlives an older checkpoint.
                    let stored = service.triggers[trigger]
                    if stored?.isBreached ?? false, !state.isBreached { continue }
                    service.triggers[trigger] = state
                }
                service.uncover(from: checkpoint.at.boot, to: now.boot)
                // A deployment that was stored after the checkpoint was written.
                if let began = service.state.book.running?.began.boot, began > saved.restarted {
                    service.restartWindows(at: began)
                }
            }
            services[name] = service
        }
    }
}
