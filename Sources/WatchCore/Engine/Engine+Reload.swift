// A new configuration while everything runs: windows, timers and incidents are kept wherever they
// still mean the same thing. A rollback under way keeps the plan it was decided with.

extension Engine {
    /// Swaps the configuration. Services that are gone lose their observations, and what is open
    /// of them ends: see `ServiceEngine+Retired`. The rest stays in the store, and comes back with
    /// them.
    public mutating func reconfigure(
        to new: Configuration, stored: [String: ServiceState] = [:], at now: Moment
    ) -> [Effect] {
        let farewells = endRemovedServices(new, at: now)
        var next = Named<ServiceEngine>()
        for service in new.services {
            let old = services[service.name]
            let wasRetired = configuration.service(service.name) == nil
            var fresh = ServiceEngine(
                configuration: service, verifyExpressions: Self.verifyExpressions(new),
                state: old?.state ?? stored[service.name] ?? ServiceState(), now: now)
            if let old, !wasRetired { fresh.inherit(from: old) }
            next.set(fresh, for: service.name)
        }
        for (name, service) in zip(services.names, services.values)
        where new.service(name) == nil && service.state.isUnfinished {
            let retired = ServiceEngine(retired: name, state: service.state, now: now)
            next.set(retired, for: name)
        }
        replace(configuration: new, services: next)
        resumeOwnFault()
        network.forget(
            besides: Set(
                new.services.flatMap { service in
                    service.probes.map { "\(service.name)/\($0.name)" }
                }))
        let event = EventRecord(
            time: now.wall, kind: "configuration.loaded",
            text: "configuration with \(counted(new.services.count, "service")) is in force")
        return farewells + [.persist(Transaction(events: [event]))]
            + updateAll(now) { service, context in
                service.endRemovedBreaches(&context)
                service.forgetDrills(&context)
                service.tick(&context)
            }
    }

    private mutating func endRemovedServices(_ new: Configuration, at now: Moment) -> [Effect] {
        services.names.filter { new.service($0) == nil }.flatMap { name in
            update(name, now) { $0.retire(&$1) }
        }
    }
}

extension ServiceEngine {
    /// Takes over what still means the same: windows with the same widths, how sources and probes
    /// are (which they say only once), triggers with the same expression, and the version when the
    /// sources are the same.
    fileprivate mutating func inherit(from old: ServiceEngine) {
        restarted = old.restarted
        heard = old.heard
        gateRound = old.gateRound
        assessRounds = old.assessRounds
        sight = old.sight
        uncovered = old.uncovered
        firstBad = old.firstBad
        candidate = old.candidate
        lastEvidence = old.lastEvidence
        baseline = old.baseline
        forgetBaselines(changedFrom: old.configuration)
        for (name, signal) in zip(old.probes.names, old.probes.values) {
            guard let fresh = probes[name],
                old.configuration.probe(name)?.kind == configuration.probe(name)?.kind
            else { continue }
            var signal = signal
            signal.windows = fresh.windows.takingOver(signal.windows) ?? fresh.windows
            probes.set(signal, for: name)
        }
        for (name, signal) in zip(old.streams.names, old.streams.values) {
            guard let fresh = streams[name],
                old.configuration.stream(name) == configuration.stream(name)
            else { continue }
            var signal = signal
            signal.windows = fresh.windows.takingOver(signal.windows) ?? fresh.windows
            streams.set(signal, for: name)
        }
        for trigger in configuration.triggers {
            guard let before = old.trigger(trigger.name), before.when == trigger.when,
                let state = old.triggers[trigger.name]
            else { continue }
            triggers.set(state, for: trigger.name)
        }
        if old.configuration.version == configuration.version,
            old.configuration.agree == configuration.agree
        {
            tracker = old.tracker
        }
    }

    /// A trigger that the configuration no longer has, or has only to watch it in shadow, ends its
    /// breach: nothing else would.
    mutating func endRemovedBreaches(_ context: inout Context) {
        for breach in state.ongoing ?? [] {
            let mode = trigger(breach.trigger)?.mode
            if mode == nil || mode == .shadow { forgetOngoing(breach.trigger, &context) }
        }
        guard let incident = state.incident else { return }
        for breach in incident.record.breaches where breach.cleared == nil {
            let mode = trigger(breach.trigger)?.mode
            guard mode == nil || mode == .shadow else { continue }
            state.incident?.markCleared(breach.trigger, at: context.now.wall)
            context.isDirty = true
            let why = mode == nil ? "is not configured any more" : "is in shadow mode now"
            var removed = event(
                "trigger.removed", context,
                text: "'\(breach.trigger)' \(why); its breach has ended")
            removed.trigger = breach.trigger
            removed.severity = breach.severity
            context.events.append(removed)
        }
    }
}
