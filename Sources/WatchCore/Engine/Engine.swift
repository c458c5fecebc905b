// The value that decides everything. It takes an event and the time and returns effects; it reads
// no clock, no file and no random source. The same value runs live, in replay and in a simulator.
//
// The shell calls `handle` for every event, does the effects in order, and calls it with `.tick`
// at `nextDeadline`.

public struct Engine {
    /// A pause between two events longer than this is time nobody watched.
    static let gap = Duration.seconds(5)

    public var configuration: Configuration { sharedConfiguration.value }
    private(set) var sharedConfiguration: SharedConfiguration
    private var sharedHost: Shared<HostState>
    var host: HostState {
        _read { yield sharedHost.value }
        _modify { yield &sharedHost.value }
    }
    var services = Named<ServiceEngine>()
    /// Why the store takes nothing; nil: it does.
    private(set) public var storeProblem: String?
    private var lastHandled: Instant?
    /// What services are told of one another, and as of which second.
    private var neighboursAsOf: (second: Int64, neighbours: Neighbours)?
    let mode: EngineMode
    /// What tells a bad target from a dead network of our own.
    var network = NetworkWatch()
    /// Whether what is handled now may judge.
    var judging = true
    /// Channels that take nothing at the moment, and why. Not durable: what waits in the outbox
    /// tells it again.
    var deadChannels: [String: String] = [:]
    /// What is stored of services that the configuration does not have.
    private var dormant: [String: ServiceState] = [:]

    /// - Parameters:
    ///   - stored: what the last run left; its instants belong to boot `storedBootID`.
    ///   - now: the time of starting.
    public init(
        configuration: Configuration, stored: DurableState? = nil, storedBootID: String = "",
        bootID: String = "", now: Moment, mode: EngineMode = .live
    ) {
        sharedConfiguration = SharedConfiguration(configuration)
        self.mode = mode
        let rebase = Rebase(
            now: now, isSameBoot: storedBootID == bootID, written: stored?.written)
        sharedHost = Shared(stored?.host ?? HostState())
        host.arming.rebase(rebase)
        host.quiet?.rebase(rebase)
        for service in configuration.services {
            var state = stored?.services[service.name] ?? ServiceState()
            state.rebase(rebase)
            services.set(
                ServiceEngine(
                    configuration: service,
                    verifyExpressions: Self.verifyExpressions(configuration), state: state,
                    now: now),
                for: service.name)
        }
        for (name, state) in (stored?.services ?? [:]).sorted(by: { $0.key < $1.key })
        where configuration.service(name) == nil {
            var state = state
            state.rebase(rebase)
            dormant[name] = state
            guard state.isUnfinished else { continue }
            services.set(ServiceEngine(retired: name, state: state, now: now), for: name)
        }
        resumeOwnFault()
    }

    static func verifyExpressions(_ configuration: Configuration) -> [Expression] {
        configuration.plans.flatMap(\.verify.when)
    }

    /// When `handle(.tick)` is wanted next: verdicts are computed at every whole second.
    public func nextDeadline(after now: Instant) -> Instant {
        Instant(nanoseconds: (now.second + 1) * 1_000_000_000)
    }

    /// What to do first after a restart: unfinished tasks are asked after.
    public mutating func resume(at now: Moment) -> [Effect] {
        // Instants of another boot were moved into this one: written back at once, so that all
        // documents belong to one boot, also those of services that may come back.
        defer { dormant = [:] }
        var effects: [Effect] = [
            .persist(
                Transaction(
                    host: host, services: dormant.merging(services.mapped(\.state)) { $1 }))
        ]
        // The configuration may have been changed while watchd was off.
        effects += updateAll(now) { service, context in
            if context.isRetired(service.name) { service.retire(&context) }
            service.endRemovedBreaches(&context)
            service.forgetDrills(&context)
            service.resumeAssess(&context)
        }
        for (name, service) in zip(services.names, services.values) {
            guard let rollback = service.state.rollback else { continue }
            if let pending = rollback.pending, !pending.action.isOurs {
                effects.append(.resume(pending))
                // Whoever stopped it did so for good; that it was told may have been lost.
                if rollback.stop != nil, !rollback.isInAfter {
                    effects.append(.cancel(id: pending.id))
                }
            }
            effects.append(.readVersions(service: name))
        }
        return effects + [.deliver]
    }

    /// Takes in one event, which is its own then: what it holds is moved. Effects are to be done in
    /// order; see `Effect`.
    public mutating func handle(_ event: consuming Event, at now: Moment) -> [Effect] {
        noteGap(now)
        judging = !mode.judgesAtTicksOnly || event.isTick
        switch consume event {
        case .tick:
            var effects = expireQuiet(at: now)
            effects.add(watchNetwork(now))
            effects.add(updateAll(now) { $0.tick(&$1) })
            // What would be asked again before the first step, when all of this second is known.
            for place in services.indices where services.values[place].looksAgain {
                effects.add(
                    update(at: place, now) {
                        $0.looksAgain = false
                        $0.decideAnew(joining: nil, isLookingAgain: true, &$1)
                    })
            }
            return effects
        case .probe(let service, let probe, let result):
            return probed(service, probe, result, now)
        case .connectivity(let result): return connectivity(result, now)
        case .stream(let service, let stream, let batch):
            guard !hasOwnFault else { return take(withoutSamples(batch), stream, service, now) }
            return take(batch, stream, service, now)
        case .version(let service, let source, let reading):
            guard let place = services.place(of: service) else { return [] }
            // Not by a closure, here and wherever something is asked often: it would copy what it
            // is about.
            var context = begin(now)
            services.values[place].record(reading, source: source, &context)
            services.values[place].tick(touched: .nothing, &context)
            return finish(place, &context)
        case .task(let id, let result):
            let place = services.values.firstIndex {
                $0.state.$rollback.peek { $0.pending?.id } == id
            }
            guard let place else { return dryGateAnswered(id, result, now) }
            return update(services.names[place], now) {
                $0.taskFinished(id, result, &$1)
                $0.tick(touched: .nothing, &$1)
            }
        case .command(let command, let peer): return perform(command, by: peer, at: now).effects
        case .storeFailed(let problem, let skipped):
            // Said once; after that only what was skipped matters.
            let isNews = storeProblem == nil
            storeProblem = problem
            guard isNews || !skipped.isEmpty else { return [] }
            return updateAll(now) { $0.storeFailed(problem, skipped: skipped, &$1) }
        case .delivery(let news): return heard(news, now)
        case .storeRecovered:
            storeProblem = nil
            return updateAll(now) { $0.storeRecovered(&$1) }
        }
    }

    private mutating func take(
        _ batch: StreamBatch, _ stream: String, _ service: String, _ now: Moment
    ) -> [Effect] {
        guard let place = services.place(of: service) else { return [] }
        var context = begin(now)
        services.values[place].record(batch, stream: stream, now: now.boot)
        services.values[place].tick(touched: .signal(stream), &context)
        return finish(place, &context)
    }

    private mutating func dryGateAnswered(
        _ id: String, _ result: TaskResult, _ now: Moment
    ) -> [Effect] {
        if let place = services.values.firstIndex(where: { $0.isAssess(id) }) {
            return update(services.names[place], now) {
                $0.assessAnswered(id, result, &$1)
                $0.tick(touched: .nothing, &$1)
            }
        }
        guard let place = services.values.firstIndex(where: { $0.isDryGate(id) }) else {
            return []
        }
        return update(services.names[place], now) { $0.dryGateAnswered(id, result, &$1) }
    }

    mutating func noteGap(_ now: Moment) {
        if let last = lastHandled, now.boot - last > Self.gap {
            for place in services.indices {
                services.values[place].uncover(from: last, to: now.boot)
            }
        }
        lastHandled = Swift.max(lastHandled ?? now.boot, now.boot)
    }

    mutating func replace(configuration: Configuration, services: Named<ServiceEngine>) {
        sharedConfiguration = SharedConfiguration(configuration)
        self.services = services
        neighboursAsOf = nil
    }

    // MARK: - One service at a time

    mutating func updateAll(
        _ now: Moment, _ body: (inout ServiceEngine, inout Context) -> Void
    ) -> [Effect] {
        var effects: [Effect] = []
        for place in services.indices { effects.add(update(at: place, now, body)) }
        return effects
    }

    mutating func update(
        _ name: String, _ now: Moment, _ body: (inout ServiceEngine, inout Context) -> Void
    ) -> [Effect] {
        services.place(of: name).map { update(at: $0, now, body) } ?? []
    }

    private mutating func update(
        at place: Int, _ now: Moment, _ body: (inout ServiceEngine, inout Context) -> Void
    ) -> [Effect] {
        var context = begin(now)
        // Changed in place: a second reference would copy its windows.
        body(&services.values[place], &context)
        return finish(place, &context)
    }

    /// What a service is told when it is changed.
    mutating func begin(_ now: Moment) -> Context {
        var context = Context(
            now: now, configuration: sharedConfiguration,
            neighbours: rememberedNeighbours(now.boot), storeProblem: storeProblem,
            host: sharedHost)
        context.mode = mode
        context.judges = judging
        context.deadChannels = deadChannels
        return context
    }

    /// What comes of the change.
    mutating func finish(_ place: Int, _ context: inout Context) -> [Effect] {
        services.values[place].syncRollbackRecord()
        if context.isDirty { services.values[place].state.savedAt = context.now.wall }
        if context.hostChanged { sharedHost = context.sharedHost }
        return effects(of: place, &context)
    }

    /// What changed becomes one transaction, then what is to be done after it.
    private mutating func effects(
        of place: Int, _ context: inout Context
    ) -> [Effect] {
        // Most events change nothing that anybody is told of.
        guard context.hasOutcome else { return [] }
        neighboursAsOf = nil
        var effects: [Effect] = []
        if storeProblem != nil, !context.messages.isEmpty {
            // That its number was given away is not stored: after a crash the next message has it,
            // too, and whoever drops repeats would drop that.
            for index in context.messages.indices {
                context.messages[index].id += "@\(context.now.wall.nanoseconds)"
            }
            effects.append(.deliverFromMemory(context.messages))
        }
        if context.isDirty, let incident = services.values[place].state.incident {
            context.incidents.append(incident.record)
        }
        if context.isDirty, let blind = services.values[place].state.blind {
            context.incidents.append(blind.record)
        }
        let transaction = Transaction(
            host: context.hostChanged ? host : nil,
            services: context.isDirty ? [services.names[place]: services.values[place].state] : [:],
            events: context.events, incidents: context.incidents, messages: context.messages)
        if !transaction.isEmpty { effects.append(.persist(transaction)) }
        effects += context.actions
        if !context.messages.isEmpty { effects.append(.deliver) }
        return effects
    }

    /// As of this second, unless something happened since.
    private mutating func rememberedNeighbours(_ now: Instant) -> Neighbours {
        guard services.values.count > 1 else { return Neighbours([]) }
        if let known = neighboursAsOf, known.second == now.second { return known.neighbours }
        let neighbours = Neighbours(neighbours(now: now))
        neighboursAsOf = (now.second, neighbours)
        return neighbours
    }

    mutating func neighbours(now: Instant) -> [Neighbour] {
        guard services.values.count > 1 else { return [] }
        var foreign: Set<String> = []
        for place in services.indices where services.values[place].state.hasRollback {
            let asked = services.values[place].state.$rollback.peek { $0.plan.verify.probes }
            foreign.formUnion((asked ?? []).filter { $0.contains("/") })
        }
        return services.indices.map { place in
            var neighbour = services.values[place].asNeighbour(now: now)
            guard !foreign.isEmpty else { return neighbour }
            for asked in foreign where asked.hasPrefix("\(neighbour.name)/") {
                let probe = String(asked.dropFirst(neighbour.name.count + 1))
                neighbour.probes[probe] = services.values[place].probes[probe]?.health
            }
            return neighbour
        }
    }
}

extension [Effect] {
    /// Mostly there is nothing to be added, or nothing yet.
    fileprivate mutating func add(_ more: [Effect]) {
        if isEmpty { self = more } else if !more.isEmpty { self += more }
    }
}
