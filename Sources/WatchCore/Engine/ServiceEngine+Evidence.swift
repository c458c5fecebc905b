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
        guard state.hasIncident else { return }
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
            }, lines: lineEvidence)
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

    /// Bodies, those that breached triggers ask first, then those of failing probes.
    private var probeEvidence: [Evidence.Probe] {
        let asked = breachedSignals
        let speaking = configuration.askedNames.filter { probes[$0]?.body != nil }
        let others = speaking.filter { !asked.contains($0) }
        let bad = others.filter { probes[$0]?.health.lastReason != nil }
        let first = speaking.filter(asked.contains) + bad + others
        var shown: Set<String> = []
        for name in first where shown.count < Evidence.bodyLimit { shown.insert(name) }
        return configuration.askedProbes.compactMap { probe in
            guard let signal = probes[probe.name] else { return nil }
            let health = signal.health
            return Evidence.Probe(
                name: probe.name, state: health.isBlind ? "blind" : health.state.rawValue,
                reason: health.lastReason,
                body: shown.contains(probe.name) ? signal.body : nil)
        }
    }

    /// nil: there is none.
    private var lineEvidence: [Evidence.Line]? {
        let asked = breachedSignals
        let names = configuration.streams.map(\.name)
        var lines: [Evidence.Line] = []
        for name in names.filter(asked.contains) + names.filter({ !asked.contains($0) }) {
            let room = Evidence.lineLimit - lines.count
            lines += (streams[name]?.samples ?? []).suffix(room).map {
                Evidence.Line(stream: name, text: $0)
            }
        }
        return lines.isEmpty ? nil : lines
    }

    /// What a step was told its journey tells.
    private var breachedSignals: Set<String> {
        var result: Set<String> = []
        for index in triggers.indices where triggers.values[index].isBreached {
            // Named as a value, the method would hold a copy of the service.
            for signal in signals(of: configuration.triggers[index]) {
                result.insert(String(signal.prefix { $0 != "." }))
            }
        }
        return result
    }

    // MARK: - What is kept for it

    /// What was said under another release explains nothing.
    mutating func forgetWords() {
        for place in probes.indices { probes.values[place].body = nil }
        for place in streams.indices { streams.values[place].samples = [] }
    }

    // MARK: - Messages

    /// Lines shown in a message; the rest stays here.
    private static let sharedLines = 3

    /// Bodies and lines for a page, where the service allows that: they leave the host.
    var sharedEvidence: [Message.Field] {
        guard configuration.sharesEvidence, let evidence = state.incident?.record.evidence else {
            return []
        }
        let bodies = evidence.probes.compactMap { probe in
            probe.body.map { Message.Field("body of \(probe.name)", $0) }
        }
        let streams = configuration.streams.map(\.name)
        return bodies
            + streams.compactMap { stream in
                let lines = (evidence.lines ?? []).filter { $0.stream == stream }
                guard !lines.isEmpty else { return nil }
                return Message.Field(
                    "lines of \(stream)",
                    lines.suffix(Self.sharedLines).map(\.text).joined(separator: "\n"))
            }
    }
}

extension ServiceEngine.ProbeSignal {
    mutating func noteBody(of result: ProbeResult) {
        switch result.outcome {
        case .pass: if health.lastReason == nil || result.body != nil { body = result.body }
        case .fail, .error: body = result.body
        }
    }
}

extension ServiceEngine.StreamSignal {
    mutating func noteSamples(_ new: [String]) {
        guard !new.isEmpty else { return }
        samples = Array((samples + new).suffix(Evidence.linesOfStream))
    }
}
