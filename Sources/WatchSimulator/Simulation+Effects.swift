// The shell of a simulated daemon: effects are done strictly in order, a transaction that fails
// stops its list, and the daemon may die before and after each of them.

import WatchCore

/// A list of effects that waits to be done, and the circumstances under which it was made.
struct Order {
    var effects: [Effect]
    var circumstances: Circumstances
    var command: Asked?
}

/// What somebody asked for, and the engine has done.
struct Asked {
    var command: Command
    var reply: CommandReply
    var peer: Peer
}

/// What is on disk.
struct SimulatedStore {
    var state = DurableState()
    var bootID = ""
    var isFailing = false
    /// What could not be written yet; it goes with the next.
    var backlog: [(transaction: Transaction, order: Order)] = []

    mutating func write(_ transaction: Transaction) {
        if let host = transaction.host { state.host = host }
        for (name, service) in transaction.services { state.services[name] = service }
    }
}

extension Simulation {
    var circumstances: Circumstances {
        Circumstances(
            now: clock.moment, time: clock.time, configuration: scenario.configuration,
            acted: steps.acted, wasReloaded: wasReloaded, settings: wallSettings)
    }

    /// Hands an event to the engine, and looks at what comes of it.
    /// - Parameter isTick: said by who knows, for an event is long to copy and to look into.
    func deliver(_ event: consuming Event, isTick: Bool = false) throws(Violation) {
        guard !isDown else { return }
        let now = clock.moment
        events += 1
        if trace != nil {
            let line = Describe.event(event)
            say("event \(line)")
        }
        noteGap(now.boot)
        if !clearedNow.isEmpty { clearedNow = [] }
        note(event, now.boot)
        // What it was about, for it is the engine's from here on.
        let touched = isTick ? Touched() : Touched(event)
        let result = engine.handle(consume event, at: now)
        if !result.isEmpty { try process(result) }
        if touched.tellsOfNetwork { try checkNetwork() }
        noteSustained(now.boot)
        try checkVerdicts(after: touched, isTick: isTick, at: now.boot)
        if isTick { try checkQuiet() }
        if isTick { try checkDryGates() }
    }

    @discardableResult
    func command(
        _ command: Command, by peer: Peer? = nil
    ) throws(Violation) -> CommandReply? {
        guard !isDown else { return nil }
        let now = clock.moment
        let peer = peer ?? person()
        events += 1
        noteGap(now.boot)
        let before = emitted.services
        let (reply, result) = engine.perform(command, by: peer, at: now)
        say("command \(command) of \(peer.name) → \(reply.status.rawValue) \(reply.message)")
        if reply.status == .done {
            note(Asked(command: command, reply: reply, peer: peer), in: &emitted, circumstances)
            if command.isOfOperations { syncOperations() }
        }
        if case .rollback(_, _, _, _, force: true) = command, let id = reply.rollback {
            steps.forced.insert(id)
        }
        if case .approve = command, let id = reply.rollback, engine.isForced(id) {
            steps.forced.insert(id)
        }
        if case .approve(let incident, let method, let comment) = command, reply.status == .done {
            self.before = before
            try checkApproval(incident, method, reply)
            try checkApprovers(incident, method, comment, peer, reply)
        }
        let asked = Asked(command: command, reply: reply, peer: peer)
        try process(result, command: reply.status == .done ? asked : nil)
        // Whoever asks gets the answer only when it is durable.
        try drain()
        return reply
    }

    func process(
        _ list: [Effect], command: Asked? = nil
    ) throws(Violation) {
        effects += list.count
        if isHashing { hasher.combine(list) }
        let circumstances = circumstances
        // By place: an effect is long to copy.
        for place in list.indices {
            if trace != nil { say("  effect \(Describe.effect(list[place]))") }
            switch list[place] {
            case .persist(let transaction):
                try inspect(transaction)
                try emitted.take(transaction, circumstances)
                try allowOwn(transaction)
                if hasLost { syncOperations() }
            case .run(let task): try allow(task)
            case .runDry(let task): try noteDry(task)
            case .cancel(let id): if !dryGates.isEmpty { dryGates[id] = nil }
            case .resume, .readVersions, .probeNow, .checkConnectivity, .deliver,
                .deliverFromMemory:
                break
            }
        }
        try noteRestarts()
        noteSustained(clock.moment.boot)
        orders.append(Order(effects: list, circumstances: circumstances, command: command))
        if profile.lag == 0 || isHealing || random.chance(100 - profile.lag) { try drain() }
    }

    /// Does all that waits.
    func drain() throws(Violation) {
        while !orders.isEmpty, !isDown {
            let order = orders.removeFirst()
            try perform(order)
        }
        try checkBegun(clock.moment.boot)
    }

    func drainInbox() throws(Violation) {
        while !inbox.isEmpty, !isDown {
            let event = inbox.removeFirst()
            try deliver(event)
        }
    }

    private func perform(_ order: Order) throws(Violation) {
        var isWritten = true
        var skipped: [String] = []
        for place in order.effects.indices {
            if diesHere() { return }
            switch order.effects[place] {
            case .persist(let transaction):
                isWritten = try persist(transaction, order)
            case .run(let task):
                if isWritten { try start(task) } else { skipped.append(task.id) }
            case .resume(let task): if isWritten { try start(task) }
            case .runDry(let task): askDry(task)
            case .cancel(let id): runner.cancel(id, at: clock.time)
            case .readVersions(let service): readVersions(service)
            case .probeNow(let service, let probes): probeNow(service, probes)
            case .checkConnectivity:
                delayed.append((clock.time + random.nanoseconds(upTo: 1), connectivity))
            case .deliver: break
            case .deliverFromMemory(let messages): outbox.sendFromMemory(messages, at: clock.time)
            }
            if diesHere() { return }
        }
        if !isWritten { inbox.append(.storeFailed("no space left on device", skipped: skipped)) }
    }

    /// Tries again what could not be written.
    func retryStore() throws(Violation) {
        guard store.isFailing, clock.time >= storeFailsUntil else { return }
        let circumstances = circumstances
        _ = try persist(
            Transaction(), Order(effects: [], circumstances: circumstances, command: nil))
    }

    private func persist(
        _ transaction: Transaction, _ order: Order
    ) throws(Violation) -> Bool {
        guard clock.time >= storeFailsUntil else {
            store.backlog.append((transaction, order))
            store.isFailing = true
            return false
        }
        if !store.backlog.isEmpty {
            for (transaction, order) in store.backlog { try write(transaction, order) }
            store.backlog = []
        }
        try write(transaction, order)
        if store.bootID != clock.bootID { store.bootID = clock.bootID }
        if store.isFailing {
            store.isFailing = false
            inbox.append(.storeRecovered)
        }
        return true
    }

    private func write(_ transaction: Transaction, _ order: Order) throws(Violation) {
        store.write(transaction)
        if let asked = order.command { note(asked, in: &durable, order.circumstances) }
        try durable.take(transaction, order.circumstances)
        outbox.add(transaction.messages, at: clock.time)
        for place in transaction.events.indices { try witness(transaction.events[place]) }
        try beginOwn(transaction)
    }

    private func readVersions(_ service: String) {
        guard let world = worlds.first(where: { $0.name == service }) else { return }
        clock.pass(1_000_000)
        for source in world.sources.indices {
            delayed.append(
                (clock.time + random.nanoseconds(upTo: 1.5), reading(source, of: world)))
        }
    }

    private func probeNow(_ service: String, _ probes: [String]) {
        guard let world = worlds.first(where: { $0.name == service }) else { return }
        for probe in probes {
            let result = result(probe, of: world, isRecheck: true)
            delayed.append(
                (
                    clock.time + random.nanoseconds(upTo: 1.5),
                    .probe(service: service, probe: probe, result)
                ))
        }
    }

    private func diesHere() -> Bool {
        guard let left = crashIn else { return false }
        guard left <= 0 else {
            crashIn = left - 1
            return false
        }
        die()
        return true
    }
}
