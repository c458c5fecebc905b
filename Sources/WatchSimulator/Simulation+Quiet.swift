// Quiet and the host's own network: what befalls them, and the rules about them.

import WatchCore

extension Simulation {
    /// So long after nothing keeps it back any more a page must have been sent: a tick, and one
    /// more for what a parent's incident held.
    static let heldAtMost = 4 * Clock.second

    // MARK: - What happens

    func askForQuiet(_ world: ServiceWorld) throws(Violation) {
        let lasts = Duration.seconds(random.pick([5, 20, 90]))
        let service = random.chance(80) ? world.name : nil
        let names = world.configuration.triggers.map(\.name)
        switch random.below(6) {
        case 0, 1:
            try command(.maintain(QuietRequest(service: service, lasts: lasts, reason: "work")))
        case 2: try command(.endMaintenance(service: service))
        case 3, 4:
            let trigger = random.chance(40) ? names.randomElement(&random) : nil
            try command(
                .silence(
                    QuietRequest(
                        service: world.name, trigger: trigger, lasts: lasts, reason: "known")))
        default:
            guard let id = emitted.quiet.silences.keys.sorted().randomElement(&random) else {
                return
            }
            try command(.endSilence(id: id))
        }
    }

    func loseNetwork() {
        guard scenario.network != .unknown, clock.time >= networkDownUntil else { return }
        networkDownUntil = clock.time + random.nanoseconds(upTo: Double(random.pick([5, 30, 120])))
        say("the network is gone")
        let quiet = delayed.isEmpty && !isDown && network.canTell(scenario.network)
        // A target that hung lately may have a result that still waits to count.
        let calm = worlds.filter {
            !$0.truth.crashes && clock.time - $0.runningSince > 40 * Clock.second
        }.map(\.name)
        passedBefore = Set(
            ledgers.filter { ledger in
                quiet && calm.contains(ledger.name)
                    && ledger.probes.allSatisfy { $0.state == .passing }
            }.map(\.name))
    }

    /// Every few seconds, where something is declared.
    func askConnectivity() throws(Violation) {
        guard scenario.network == .declared, nextConnectivity <= clock.time, !isDown else { return }
        nextConnectivity = clock.time + 5 * Clock.second
        clock.pass(1_000_000)
        try deliver(connectivity)
    }

    var connectivity: Event {
        let isOut = clock.time < networkDownUntil
        let source = "tcp://192.0.2.1:53"
        return .connectivity(
            ConnectivityResult(
                started: clock.moment.boot, reached: isOut ? [] : [source],
                problems: isOut ? [source: "network is unreachable"] : [:]))
    }

    // MARK: - Rules

    func noteBegun(_ event: EventRecord) {
        guard let name = event.service, let index = index(name),
            let trigger = scenario.configuration.services[index].triggers.first(where: {
                $0.name == event.trigger
            }), trigger.sustainedFor != nil, event.time == clock.moment.wall
        else { return }
        begun.append((index, trigger, clock.time))
    }

    func noteBreached(_ event: EventRecord) {
        guard let service = event.service, let index = index(service) else { return }
        everBreached.insert(Cleared(index: index, trigger: event.trigger ?? ""))
    }

    /// What is to be true for some time must have been when its breach begins.
    func checkBegun(_ now: Instant) throws(Violation) {
        guard !begun.isEmpty else { return }
        defer { begun = [] }
        for (index, trigger, time) in begun where !hasNewFloor && time == clock.time {
            guard let book = ledgers[index].sustained(trigger.name), !book.mayHold,
                ledgers[index].truth(of: trigger.name, now: now) == .true
            else { continue }
            throw Violation(
                "verdict-by-recount",
                "\(ledgers[index].name)/\(trigger.name) began a breach, and was not true for long "
                    + "enough")
        }
    }

    func noteSustained(_ now: Instant) {
        // The same event may have ended a settling after the engine had judged, or before.
        let isSure = !hasNewFloor
        for index in ledgers.indices where ledgers[index].wantsSustained(second: now.second) {
            guard engine.judged(ledgers[index].name) == now else { continue }
            ledgers[index].noteSustained(now: now, isSure: isSure)
        }
    }

    func noteNetwork(_ event: Event) {
        switch event {
        case .probe(let service, let probe, let result):
            guard let index = index(service), let at = ledgers[index].place(ofProbe: probe) else {
                return
            }
            network.note(
                result, of: .init(service: index, probe: at),
                every: worlds[index].configuration.probes[at].every)
        case .connectivity(let result): network.note(result)
        case .tick, .stream, .version, .task, .command, .storeFailed, .storeRecovered, .delivery:
            break
        }
    }

    /// The engine knows by now whose fault it is.
    func checkNetwork() throws(Violation) {
        guard scenario.network != .unknown, !isDown, !wasReloaded else { return }
        guard let fails = network.fails(scenario.network, at: clock.moment.boot),
            fails != emitted.isOwnFault
        else { return }
        throw Violation(
            "own-network-is-told-apart",
            "this host's network \(fails ? "fails" : "works"), and the engine says otherwise")
    }

    /// A breach begins: the network works, and a baseline is somebody's.
    func checkBreach(
        _ event: EventRecord, _ transaction: Transaction, _ index: Int
    ) throws(Violation) {
        if event.trigger?.hasPrefix("operation-") ?? false {
            return try checkOperationBreach(event, index)
        }
        guard let name = event.trigger, let rule = scenario.rules[worlds[index].name]?[name] else {
            return
        }
        let service = worlds[index].name
        let isGrave = (event.severity ?? .low) >= .high
        let triggers = worlds[index].configuration.triggers
        let isShadow = triggers.first { $0.name == name }?.mode == .shadow
        if isGrave, !isShadow { breaches[index].began(name, at: clock.moment.boot) }
        if emitted.isOwnFault {
            throw Violation(
                "own-network-begins-no-breach", "\(service)/\(name): every verdict is blind")
        }
        if case .failing = rule, clock.time < networkDownUntil, passedBefore.contains(service) {
            throw Violation(
                "own-network-begins-no-breach",
                "\(service)/\(name): all probes passed until the network was gone")
        }
        // A breach outlives its reason, so what is too early is seen only when it begins.
        if case .overrun = rule, let trigger = triggers.first(where: { $0.name == name }),
            ledgers[index].truth(of: trigger.name, now: clock.moment.boot) == .false
        {
            throw Violation("verdict-by-recount", "\(service)/\(name): it overruns nothing yet")
        }
        if case .unusual = rule, let book = emitted.services[service] {
            // What a rollback has put there is compared with itself, as it was before.
            let own = event.release?.version
            let deployed = transaction.events.last {
                $0.kind == "release.detected" && $0.service == service
            }
            let isPut = deployed.map { $0.reason == "rollback" } ?? (own == book.putByRollback)
            let others = book.good.filter { $0 != own || isPut }
            if others.isEmpty {
                throw Violation(
                    "baseline-of-a-good-release", "\(service)/\(name): no other release is good")
            }
        }
    }

    /// What forbids to act besides the switches.
    func checkQuietToAct(_ task: StepTask) throws(Violation) {
        let windows = scenario.configuration.maintenance
        if emitted.quiet.isMaintained(task.service, windows, at: clock.moment) {
            throw Violation("no-act-in-maintenance", "\(task.id) is run in maintenance")
        }
        if emitted.isOwnFault || network.fails(scenario.network, at: clock.moment.boot) ?? false {
            throw Violation(
                "no-act-while-blind", "\(task.id) is run while this host's network fails")
        }
    }

    private func hasHeld(_ index: Int) -> Bool {
        guard let open = emitted.services[index]?.open, !open.isEmpty else { return false }
        return open.values.contains { $0.isHeld }
    }

    /// A page that was kept back is sent when nothing keeps it back any more and it is still so.
    func checkQuiet() throws(Violation) {
        guard !isDown, !store.isFailing else { return unmutedSince = [:] }
        for index in emitted.services.keys.indices where hasHeld(index) || !unmutedSince.isEmpty {
            let name = emitted.services.keys[index]
            for (id, incident) in emitted.services[index]?.open ?? [:] {
                guard incident.isHeld, incident.needsAnAnswer, incident.hasBreachToPage,
                    !emitted.mayBeQuiet(name, scenario.configuration, at: clock.moment)
                else {
                    if unmutedSince[id] != nil { unmutedSince[id] = nil }
                    continue
                }
                let since = unmutedSince[id] ?? clock.time
                unmutedSince[id] = since
                guard clock.time - since > Self.heldAtMost else { continue }
                throw Violation(
                    "silence-ends-in-a-page",
                    "\(id) goes on, nothing keeps pages back, and nobody is told")
            }
        }
    }
}
