// What the engine saw, as opposed to what it decided: written every few seconds and at stop, so
// that a restart does not begin with empty windows. Losing it costs a warm-up, nothing else.

public struct EngineCheckpoint: Hashable, Sendable, Codable {
    struct Service: Hashable, Sendable, Codable {
        var probes: [String: ServiceEngine.ProbeSignal]
        var streams: [String: ServiceEngine.StreamSignal]
        var triggers: [String: TriggerState]
        var tracker: VersionTracker
        var restarted: Instant
        /// Since `restarted`; nil in checkpoints of before.
        var uncovered: UncoveredTime?
        var running: ReleaseIdentity?
        var baked: Duration
        var lastRan: Moment?
        /// Breaches that had begun a bake again by then.
        var bakesBegun: Int?
        /// Signals that were blind; nil in checkpoints of before.
        var sight: [String: SightTimer]?
        /// Of the running release; nil in checkpoints of before.
        var baseline: ReleaseBaseline?
        /// What the signals were configured as, as far as they depend on it; another configuration
        /// makes the rest useless.
        var configuration: ServiceConfiguration
    }

    var at: Moment
    var services: [String: Service]
}

extension Engine {
    public func checkpoint(at now: Moment) -> EngineCheckpoint {
        EngineCheckpoint(
            at: now,
            services: services.mapped { service in
                let running = service.state.book.running?.release
                let release = running.flatMap { service.state.book.release($0) }
                return EngineCheckpoint.Service(
                    probes: service.probes.mapped { $0 }, streams: service.streams.mapped { $0 },
                    triggers: service.triggers.mapped { $0 },
                    tracker: service.tracker, restarted: service.restarted,
                    uncovered: service.uncovered, running: running,
                    baked: release?.baked ?? .zero, lastRan: release?.lastRan,
                    bakesBegun: service.state.book.bakesBegun,
                    sight: service.sight,
                    baseline: service.baseline.running,
                    configuration: service.configuration.asObserved)
            })
    }

    /// Takes up a checkpoint of the same boot; of another boot only the bake progress, and when a
    /// release was last seen, hold. A service whose configuration is another one starts afresh.
    public mutating func restore(_ checkpoint: EngineCheckpoint, isSameBoot: Bool, at now: Moment) {
        for (name, saved) in checkpoint.services {
            guard var service = services[name] else { continue }
            let rebase = Rebase(now: now, isSameBoot: isSameBoot)
            service.restoreRelease(saved, checkpoint.at, rebase)
            service.restoreBaseline(
                saved.baseline, madeFor: saved.configuration, isSameBoot: isSameBoot)
            if isSameBoot, checkpoint.at.boot <= now.boot,
                saved.configuration == service.configuration.asObserved
            {
                service.restoreObservations(saved, checkpoint.at, now)
            }
            services.set(service, for: name)
        }
    }
}

extension ServiceConfiguration {
    /// Without what changes nothing about what is seen. Patterns of what must not be stored say
    /// themselves what that is: names, numbers of patients.
    fileprivate var asObserved: ServiceConfiguration {
        var observed = self
        observed.redact = []
        observed.assess = []
        observed.sharesEvidence = false
        return observed
    }
}

extension ServiceEngine {
    fileprivate mutating func restoreRelease(
        _ saved: EngineCheckpoint.Service, _ at: Moment, _ rebase: Rebase
    ) {
        guard let running = saved.running, state.book.release(running) != nil else { return }
        if var lastRan = saved.lastRan {
            rebase(&lastRan)
            state.book.restoreLastRan(lastRan, of: running)
        }
        // A breach that was stored since began the bake again.
        guard running == state.book.running?.release, saved.bakesBegun == state.book.bakesBegun
        else { return }
        state.book.restoreBaked(saved.baked, of: running)
    }

    fileprivate mutating func restoreObservations(
        _ saved: EngineCheckpoint.Service, _ at: Moment, _ now: Moment
    ) {
        for (name, signal) in saved.probes {
            // Plans ask for windows too, so they can differ where the service does not.
            guard let fresh = probes[name] else { continue }
            var signal = signal
            signal.windows = fresh.windows.takingOver(signal.windows) ?? fresh.windows
            probes.set(signal, for: name)
        }
        for (name, signal) in saved.streams {
            guard let fresh = streams[name] else { continue }
            var signal = signal
            signal.windows = fresh.windows.takingOver(signal.windows) ?? fresh.windows
            streams.set(signal, for: name)
        }
        restarted = saved.restarted
        uncovered = saved.uncovered ?? UncoveredTime()
        for (signal, timer) in saved.sight ?? [:] where sight[signal] == nil {
            sight[signal] = timer
        }
        if saved.running == state.book.running?.release {
            tracker = saved.tracker
            tracker.resume(state.mix)
        }
        for (name, saved) in saved.triggers {
            // What was stored since outlives an older checkpoint: a breach that began, and one
            // that ended.
            guard let fresh = triggers[name],
                trigger(name)?.mode == .shadow || saved.isBreached == fresh.isBreached
            else { continue }
            triggers.set(saved, for: name)
        }
        uncover(from: at.boot, to: now.boot)
        catchUp(since: at.boot)
        // A deployment that was stored after the checkpoint was written.
        if let began = state.book.running?.began.boot, began > saved.restarted {
            restartWindows(at: began)
        }
    }
}
