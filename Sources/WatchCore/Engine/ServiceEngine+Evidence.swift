// What was seen, written down at each decision and so before anything is touched.

extension ServiceEngine {
    /// What the triggers of the open incident read now.
    var incidentReadings: [String: Reading] {
        let names = Set(state.incident?.record.breaches.map(\.trigger) ?? [])
        return readings { names.contains($0.name) }
    }

    /// What the triggers that are breached read now.
    var breachedReadings: [String: Reading] {
        readings { triggers[$0.name]?.isBreached ?? false }
    }

    private func readings(of isMeant: (TriggerConfiguration) -> Bool) -> [String: Reading] {
        var all: [String: Reading] = [:]
        for trigger in configuration.triggers where isMeant(trigger) {
            all.merge(triggers[trigger.name]?.readings ?? [:]) { first, _ in first }
        }
        return all
    }

    mutating func takeEvidence(_ context: inout Context) {
        guard state.incident != nil else { return }
        var readings: [String: [String: Reading]] = [:]
        for trigger in configuration.triggers {
            guard let state = triggers[trigger.name], state.isBreached else { continue }
            readings[trigger.name] = state.readings
        }
        let evidence = Evidence(
            taken: context.now.wall, readings: readings, probes: probeEvidence,
            routes: routeEvidence(context.now.boot),
            sources: zip(configuration.version, tracker.sources).map { source, read in
                Evidence.Source(
                    label: source.label, version: read.identity?.version, problem: read.problem)
            })
        state.incident?.record.evidence = evidence
        context.isDirty = true
    }

    /// The routes that fail, those with the most errors first.
    private mutating func routeEvidence(_ now: Instant) -> [Evidence.Route] {
        var routes: [Evidence.Route] = []
        for stream in configuration.streams where stream.countsRoutes {
            let width = shownWidth(stream.name)
            let tallies = streams.place(of: stream.name).map {
                streams.values[$0].windows.routes(width: width, now: now).tallies
            }
            for (route, counts) in tallies?.routes ?? [:] where counts.errors > 0 {
                routes.append(
                    Evidence.Route(
                        stream: stream.name, route: route, count: counts.count,
                        errors: counts.errors))
            }
        }
        let sorted = routes.sorted { a, b in
            a.errors != b.errors
                ? a.errors > b.errors : (a.stream, a.route) < (b.stream, b.route)
        }
        return Array(sorted.prefix(Evidence.routeLimit))
    }

    private var probeEvidence: [Evidence.Probe] {
        configuration.probes.compactMap { probe in
            guard let health = probes[probe.name]?.health else { return nil }
            return Evidence.Probe(
                name: probe.name, state: health.isBlind ? "blind" : health.state.rawValue,
                reason: health.lastReason)
        }
    }
}
