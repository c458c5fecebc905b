// The fault is this host's own: every verdict is `blind(own-network)`, no breach begins, nothing
// acts, and what probes say in that time is no sample. People are told once, as soon as a message
// can leave.

extension Engine {
    /// A shorter one is only recorded: a page about it would arrive when all is well.
    static let ownFaultPagedAfter = Duration.minutes(1)

    private var isDeclared: Bool { !configuration.connectivity.isEmpty }
    var ownFault: OwnFault? { host.quiet?.ownFault }
    /// By pattern: asked at every event, and no copy of it.
    var hasOwnFault: Bool { if case .some(.some) = host.quiet?.ownFault { true } else { false } }

    mutating func probed(
        _ service: String, _ probe: String, _ result: ProbeResult, _ now: Moment
    ) -> [Effect] {
        // Of this host's own it tells nothing.
        if result.host != nil {
            network.note(service, probe, result, every: interval(of: probe, service))
        }
        var effects: [Effect] = []
        if !isDeclared { effects += judgeByProbes(now) }
        guard !hasOwnFault else { return effects }
        if result.timedOut ?? false, result.host != nil,
            isDeclared || network.mayBeDead(at: now.boot, probes: probeCount),
            network.hold(.init(service: service, probe: probe, result: result, since: now.boot))
        {
            // One question is enough for all that time out together.
            guard !result.isRecheck, network.mayAsk(at: now.boot) else { return effects }
            return effects + (isDeclared ? [.checkConnectivity] : askAll())
        }
        effects += count(service, probe, result, now)
        if !isDeclared { effects += releaseProven(now) }
        return effects
    }

    private var probeCount: Int {
        services.indices.reduce(0) { $0 + services.values[$1].probes.values.count }
    }

    private func interval(of probe: String, _ service: String) -> Duration {
        guard let place = services.place(of: service),
            let index = services.values[place].probes.place(of: probe)
        else { return .minutes(1) }
        return services.values[place].configuration.probes[index].every
    }

    private mutating func count(
        _ service: String, _ probe: String, _ result: ProbeResult, _ now: Moment
    ) -> [Effect] {
        guard let place = services.place(of: service) else { return [] }
        var context = begin(now)
        if let steps = result.steps {
            let signals = services.values[place].record(result, steps: steps, journey: probe)
            services.values[place].tick(touched: .signals(signals), &context)
        } else {
            services.values[place].record(result, probe: probe)
            services.values[place].tick(touched: .signal(probe), &context)
        }
        return finish(place, &context)
    }

    /// Whoever is asked now proves the network, or proves that it is gone.
    private func askAll() -> [Effect] {
        configuration.services.filter { !$0.probes.isEmpty }.map {
            .probeNow(service: $0.name, probes: $0.askedNames)
        }
    }

    private mutating func releaseProven(_ now: Moment) -> [Effect] {
        let network = network
        return countAll(
            self.network.release(at: now.boot) {
                network.hearsSomebody(since: $0.result.started, besides: $0.result.host)
            }, now)
    }

    private mutating func countAll(_ items: [NetworkWatch.Waiting], _ now: Moment) -> [Effect] {
        items.flatMap { count($0.service, $0.probe, $0.result, now) }
    }

    private mutating func judgeByProbes(_ now: Moment) -> [Effect] {
        if !hasOwnFault {
            guard network.hearsNobody(at: now.boot) else { return [] }
            let hosts = network.hosts.sorted().prefix(5).joined(separator: ", ")
            return beginOwnFault("no probe hears from any other host (\(hosts))", now)
        }
        guard let since = ownFault?.since.boot,
            network.hearsSomebody(since: since, besides: nil)
        else { return [] }
        return endOwnFault(now)
    }

    /// What the checker of `connectivity:` found.
    mutating func connectivity(_ result: ConnectivityResult, _ now: Moment) -> [Effect] {
        guard isDeclared else { return [] }
        guard result.reached.isEmpty else {
            let effects = ownFault == nil ? [] : endOwnFault(now)
            return effects
                + countAll(network.release(at: now.boot) { $0.since <= result.started }, now)
        }
        guard ownFault == nil else { return [] }
        let why = result.problems.sorted { $0.key < $1.key }.prefix(3)
            .map { "\(printable($0.key, limit: 100)): \(printable($0.value, limit: 200))" }
        return beginOwnFault(
            "no connectivity target can be reached (\(why.joined(separator: "; ")))", now)
    }

    // MARK: - Beginning and end

    private mutating func beginOwnFault(_ text: String, _ now: Moment) -> [Effect] {
        var quiet = host.quiet ?? QuietState()
        quiet.ownFault = OwnFault(since: now, text: text)
        host.quiet = quiet
        // They waited for a proof of the network, and it is gone.
        network.drop()
        for place in services.indices {
            services.values[place].ownFault = OwnFault.verdict
        }
        let event = EventRecord(
            time: now.wall, kind: "own-network.failed", reason: "own-network", text: text)
        return [.persist(Transaction(host: host, events: [event]))]
            + updateAll(now) { $0.tick(&$1) }
    }

    private mutating func endOwnFault(_ now: Moment) -> [Effect] {
        guard var quiet = host.quiet, let fault = quiet.ownFault else { return [] }
        quiet.ownFault = nil
        host.quiet = quiet
        for place in services.indices {
            services.values[place].ownFault = nil
            services.values[place].uncover(from: fault.since.boot, to: now.boot)
        }
        let lasted = (now.boot - fault.since.boot).text
        let event = EventRecord(
            time: now.wall, kind: "own-network.works", reason: "own-network",
            text: "this host's network works again; it did not for \(lasted)")
        var messages: [OutboxMessage] = []
        if let number = fault.number {
            messages = hostMessages(
                .resolve, number, "watchd: this host's network works again",
                "For \(lasted) nothing could be judged on this host: \(fault.text).",
                fault.channels, now)
        }
        let transaction = Transaction(host: host, events: [event], messages: messages)
        return [.persist(transaction)] + (messages.isEmpty ? [] : [.deliver])
            + updateAll(now) { $0.tick(&$1) }
    }

    /// At each tick: what waited too long counts, and a fault that lasts is paged once.
    mutating func watchNetwork(_ now: Moment) -> [Effect] {
        var effects = countAll(network.release(at: now.boot), now)
        guard var quiet = host.quiet, var fault = quiet.ownFault else { return effects }
        if !isDeclared, network.cannotTell(at: now.boot) {
            // The configuration changed: nobody can tell any more.
            return effects + endOwnFault(now)
        }
        guard fault.number == nil, now.boot - fault.since.boot >= Self.ownFaultPagedAfter else {
            return effects
        }
        let route = configuration.policy(.high).page.flatMap { configuration.route($0) }
        fault.number = host.nextNumber
        fault.channels = route?.steps.first ?? []
        quiet.ownFault = fault
        host.quiet = quiet
        host.nextNumber += 1
        let messages = hostMessages(
            .page, host.nextNumber - 1, "watchd: this host's own network fails",
            "Since \(fault.since.wall.text): \(fault.text). Every verdict is blind meanwhile, "
                + "nothing is rolled back, and no service is to blame.", fault.channels, now)
        effects.append(.persist(Transaction(host: host, messages: messages)))
        return effects + [.deliver]
    }

    private func hostMessages(
        _ kind: Message.Kind, _ number: Int, _ title: String, _ text: String,
        _ channels: [String], _ now: Moment
    ) -> [OutboxMessage] {
        let id = "host-\(number)"
        let message = Message(
            kind: kind, time: now.wall, service: "watchd", severity: .high, title: title,
            text: text, fields: [Message.Field("reason", "own-network")],
            dedupKey: "watchd/\(id)")
        return channels.map {
            OutboxMessage(id: "\(id)/\(kind.rawValue)/\($0)", channel: $0, message: message)
        }
    }

    /// After a restart it goes on until something is heard.
    mutating func resumeOwnFault() {
        guard ownFault != nil else { return }
        for place in services.indices {
            services.values[place].ownFault = OwnFault.verdict
        }
    }

    /// What still counts of a batch while the fault is ours: that a pattern was seen, but no
    /// request, for those tell of the network.
    func withoutSamples(_ batch: StreamBatch) -> StreamBatch {
        guard hasOwnFault else { return batch }
        var batch = batch
        batch.slices = batch.slices.map { slice in
            var bare = StreamBatch.Slice(
                second: slice.second, count: 0, errors: 0, latency: LatencySketch())
            bare.patterns = slice.patterns
            return bare
        }
        return batch
    }
}

extension OwnFault {
    /// Why every verdict is blind.
    static let verdict = "own-network"
}
