// The engine as others may see it: status, releases, explanations. Reading changes nothing but
// caches of windows, so it works on a copy.

extension Engine {
    /// `daemon` comes from the shell, which alone knows it.
    public func status(daemon: StatusReport.Daemon, at now: Moment) -> StatusReport {
        var copy = self
        var report = StatusReport(
            time: now.wall, daemon: daemon, armed: host.arming.status(at: now),
            storeProblem: storeProblem,
            services: services.names.filter(isShown).compactMap { name in
                copy.inspect(name, now) { $0.status($1) }
            })
        let quiet = quietStatus(at: now)
        report.quiet = quiet.isEmpty ? nil : quiet
        let drills = drillStatus(at: now)
        report.drills = drills.isEmpty ? nil : drills
        report.ownNetwork = ownFault.map { "since \($0.since.wall.text): \($0.text)" }
        return report
    }

    /// One that is configured no more is shown until what is open of it has ended.
    private func isShown(_ name: String) -> Bool {
        configuration.service(name) != nil || services[name]?.state.isUnfinished ?? false
    }

    public func releases(of name: String?) -> [ReleaseList] {
        configuration.services.filter { name == nil || $0.name == name }.compactMap { service in
            guard let book = services[service.name]?.state.book else { return nil }
            return ReleaseList(
                service: service.name, running: book.running?.release.version,
                lastKnownGood: book.lastKnownGood?.identity.version,
                releases: book.releases.sorted { $0.lastRan.boot > $1.lastRan.boot })
        }
    }

    /// nil: no such service or trigger.
    public func explain(service: String, trigger: String, at now: Moment) -> Explanation? {
        var copy = self
        return copy.inspect(service, now) { $0.explain(trigger, $1) } ?? nil
    }

    /// Whether the host's switch allows automatic action.
    public func isArmed(at now: Moment) -> Bool { host.arming.isArmed(at: now) }

    /// Open incidents, whose records may be newer than the store's.
    public var openIncidents: [IncidentRecord] {
        services.values.compactMap { $0.state.incident?.record }
    }

    /// How to roll back in an open incident of which nothing is offered; nil: that is no question.
    public func rollbackAdvice(incident id: String, at now: Moment) -> String? {
        var copy = self
        guard
            let service = services.names.first(where: {
                services[$0]?.state.incident?.record.id == id
            })
        else { return nil }
        return copy.inspect(service, now) { $0.rollbackAdvice($1) } ?? nil
    }

    /// Those of signals that cannot be measured.
    public var openBlindIncidents: [IncidentRecord] {
        services.values.compactMap { $0.state.blind?.record }
    }

    private mutating func inspect<T>(
        _ name: String, _ now: Moment, _ body: (inout ServiceEngine, Context) -> T
    ) -> T? {
        guard var service = services[name] else { return nil }
        let context = Context(
            now: now, configuration: sharedConfiguration,
            neighbours: Neighbours(neighbours(now: now.boot)), storeProblem: storeProblem,
            host: Shared(host))
        return body(&service, context)
    }
}

extension ServiceEngine {
    mutating func status(_ context: Context) -> ServiceStatus {
        let now = context.now
        var triggerStatus: [ServiceStatus.TriggerStatus] = []
        for trigger in configuration.triggers {
            let evaluation = evaluate(trigger, now: now.boot)
            if let status = status(of: trigger, evaluation) { triggerStatus.append(status) }
        }
        var status = ServiceStatus(
            name: name, verdict: Self.worst(triggerStatus.map(\.verdict)),
            armed: (state.arming ?? context.host.arming).status(at: now),
            release: releaseStatus(now), releaseNote: releaseNote,
            lastKnownGood: state.book.lastKnownGood?.identity.text,
            sources: sourceStatus, signals: signalStatus(now.boot), triggers: triggerStatus,
            incident: state.incident?.record, readiness: readiness(context))
        status.blindIncident = state.blind?.record
        status.mutedPages = state.mutedPages
        status.scheduled = state.scheduled.map {
            ServiceStatus.ScheduledStatus(
                id: $0.id, at: $0.at.wall, to: $0.to, from: $0.from.text, by: $0.by.name,
                reason: $0.reason)
        }
        status.operations = state.operations?.map { operation in
            ServiceStatus.OperationStatus(
                name: operation.name, by: operation.by, began: operation.began.wall,
                estimate: operation.estimate?.seconds,
                phases: state.phases(of: operation.name)?.phases ?? [],
                release: operation.release?.text)
        }
        let notices = notices(now.boot)
        status.notices = notices.isEmpty ? nil : notices
        return status
    }

    private static func worst(_ verdicts: [VerdictName]) -> VerdictName {
        for verdict in [VerdictName.breached, .blind, .insufficient]
        where verdicts.contains(verdict) {
            return verdict
        }
        return verdicts.isEmpty ? .insufficient : .healthy
    }

    private func releaseStatus(_ now: Moment) -> ServiceStatus.ReleaseStatus? {
        guard let running = state.book.running else { return nil }
        let release = state.book.release(running.release)
        return ServiceStatus.ReleaseStatus(
            version: running.release.version, commit: running.release.commit,
            standing: release?.standing ?? .baking, since: running.began.wall,
            baked: release?.baked.seconds ?? 0, bake: configuration.bake.seconds,
            origin: running.origin.text)
    }

    private var releaseNote: String? {
        if tracker.mixed != nil { return "mixed: several releases answer in turn" }
        if tracker.isUnknown {
            return tracker.sources.compactMap(\.problem).first ?? "no version was read yet"
        }
        if !tracker.disagreeing.isEmpty {
            let read = tracker.sources.enumerated().compactMap { index, source in
                source.identity.map { "\(configuration.version[index].label) says \($0.version)" }
            }
            return "version-disagreement: \(read.joined(separator: ", "))"
        }
        return nil
    }

    private var sourceStatus: [ServiceStatus.SourceStatus] {
        zip(configuration.version, tracker.sources).map { source, state in
            ServiceStatus.SourceStatus(
                label: source.label, version: state.identity?.version, problem: state.problem)
        }
    }

    private mutating func signalStatus(_ now: Instant) -> [ServiceStatus.SignalStatus] {
        var result: [ServiceStatus.SignalStatus] = []
        for probe in configuration.probes {
            let width = shownWidth(probe.name)
            guard var signal = probes[probe.name] else { continue }
            let sums = signal.windows.sums(width: width, now: now)
            let health = signal.health
            let unasked = unaskedNote(ofStep: probe.name, now)
            let shown: ServiceStatus.SignalState =
                if health.isBlind {
                    .blind
                } else if unasked != nil {
                    .waiting
                } else {
                    switch health.state {
                    case .waiting: .waiting
                    case .passing: .passing
                    case .failing: .failing
                    }
                }
            result.append(
                Self.signal(probe.name, .probe, shown, width, sums, unasked ?? health.note))
        }
        for stream in configuration.streams {
            let width = shownWidth(stream.name)
            guard var signal = streams[stream.name] else { continue }
            let sums = signal.windows.sums(width: width, now: now)
            let why = signal.health.blindness(now: now, noDataAfter: stream.noDataAfter)
            let shown: ServiceStatus.SignalState =
                why != nil ? .blind : signal.health.hasCounted ? .passing : .waiting
            let unusable =
                signal.health.lastLine == nil || signal.health.hasCounted
                ? nil
                : "no usable line yet: none fits its format and has a time that counts; try "
                    + "`watchctl stream \(name)/\(stream.name) --input LOG`"
            let note = why ?? unusable ?? signal.notice(now: now)
            result.append(Self.signal(stream.name, .stream, shown, width, sums, note))
        }
        return result
    }

    private static func signal(
        _ name: String, _ kind: ServiceStatus.SignalStatus.Kind,
        _ state: ServiceStatus.SignalState, _ width: Duration, _ sums: SignalWindows.Sums,
        _ note: String?
    ) -> ServiceStatus.SignalStatus {
        ServiceStatus.SignalStatus(
            name: name, kind: kind, state: state, window: width.seconds, count: sums.count,
            errorRate: sums.count > 0 ? Double(sums.errors) / Double(sums.count) : nil,
            p50: sums.latency.percentile(50), p95: sums.latency.percentile(95), note: note)
    }
}
