// The end of a daemon and its return: what was in memory is gone, what was stored is read.

import WatchCore

/// What is written every few seconds, with the simulator's own books of the same moment.
struct Checkpoint {
    var engine: EngineCheckpoint
    var bootID: String
    var ledgers: [ServiceLedger]
    var reads: [ReadBook.Rows]
}

extension Simulation {
    func takeCheckpoint() {
        guard !isDown else { return }
        checkpoint = Checkpoint(
            engine: engine.checkpoint(at: clock.moment), bootID: clock.bootID, ledgers: ledgers,
            reads: reads.map(\.kept))
        checkpointAt = clock.moment.boot
    }

    func die() {
        say("the daemon dies\(crashIsReboot ? " with its host" : "")")
        tally.crashes += 1
        durable.passArming(at: clock.moment)
        crashIn = nil
        isDown = true
        orders = []
        inbox = []
        delayed = []
        store.backlog = []
        store.isFailing = false
        upAt = clock.time + random.nanoseconds(upTo: Double(random.pick([1, 5, 60])))
        if let outage {
            // Nobody hears of this time.
            clock.pass(outage)
            upAt = clock.time
            self.outage = nil
        }
        if crashIsReboot {
            tally.reboots += 1
            upAt += 20 * Clock.second
        }
        for task in runner.lose(&random, isReboot: crashIsReboot) { work(task) }
        dryGates = [:]
        begun = []
    }

    func comeUp() throws(Violation) {
        if crashIsReboot {
            clock.reboot()
            rebootedAt = clock.time
            if profile.wallJump > 0, random.chance(30) { jumpWall() }
        }
        crashIsReboot = false
        isDown = false
        let now = clock.moment
        say("the daemon comes back")
        if store.bootID != clock.bootID {
            durable.rebase(to: now, latestWall: latestWall)
            for index in reads.indices { reads[index].rebase(to: now) }
            steps.reboot()
        }
        for index in reads.indices {
            reads[index].comeUp(known: durable.services[ledgers[index].name]?.running?.version)
            let isSameBoot = checkpoint?.bootID == clock.bootID
            reads[index].resume(isSameBoot ? checkpoint?.reads[index] : nil)
        }
        for index in breaches.indices { breaches[index].forget() }
        network = NetworkBook()
        unmutedSince = [:]
        lastEvidence = lastEvidence.map { _ in now.boot }
        lastNotFalse = scenario.configuration.services.map { $0.triggers.map { _ in nil } }
        emitted = durable
        engine = Engine(
            configuration: scenario.configuration, stored: store.state,
            storedBootID: store.bootID, bootID: clock.bootID, now: now)
        ledgers = scenario.configuration.services.map { service in
            var ledger = ServiceLedger(
                service, scenario.rules[service.name] ?? [:], floor: now.boot)
            ledger.hasNoOpinion = scenario.network != .unknown
            return ledger
        }
        lastHandled = nil
        syncOperations()
        if let checkpoint {
            let isSameBoot = checkpoint.bootID == clock.bootID
            engine.restore(checkpoint.engine, isSameBoot: isSameBoot, at: now)
            if isSameBoot, let at = checkpointAt { restoreLedgers(checkpoint, at, now.boot) }
        }
        checkpoint = nil
        for index in ledgers.indices {
            if let settled = emitted.services[ledgers[index].name]?.isSettled {
                ledgers[index].isSettled = settled
            }
            if let restarted = engine.restarted(ledgers[index].name) {
                ledgers[index].restart(at: restarted)
            }
        }
        try checkBreaches()
        try process(engine.resume(at: now))
        inbox += outbox.recalled.map { .delivery($0) }
    }

    /// What was breached and stored is breached still; what only a checkpoint knew may be lost.
    private func checkBreaches() throws(Violation) {
        for service in scenario.configuration.services {
            let standing = emitted.services[service.name]?.breached ?? [:]
            let open = engine.inspect(service.name)?.incident?.breaches ?? []
            for trigger in service.triggers where standing[trigger.name] != nil {
                if engine.verdict(service.name, trigger.name) == .breached { continue }
                if open.contains(where: { $0.trigger == trigger.name && $0.cleared == nil }) {
                    throw Violation(
                        "breach-outlives-restart",
                        "\(service.name)/\(trigger.name) was breached when the daemon died")
                }
                emitted.services[service.name]?.breached[trigger.name] = nil
                durable.services[service.name]?.breached[trigger.name] = nil
            }
        }
    }

    private func restoreLedgers(_ checkpoint: Checkpoint, _ at: Instant, _ now: Instant) {
        guard checkpoint.ledgers.count == ledgers.count else { return }
        for index in ledgers.indices where checkpoint.ledgers[index].name == ledgers[index].name {
            guard !checkpoint.ledgers[index].hasNoOpinion else {
                ledgers[index].hasNoOpinion = true
                continue
            }
            let operations = ledgers[index].operations
            ledgers[index] = checkpoint.ledgers[index]
            ledgers[index].operations = operations
            ledgers[index].addGap(from: at, to: now)
        }
    }

    func jumpWall() {
        latestWall = Swift.max(latestWall, clock.moment.wall)
        let seconds = Int64(random.pick([-86_400, -3600, -30, 30, 3600, 86_400]))
        say("the wall clock jumps by \(seconds) s")
        wallSettings += 1
        wallSetAt = clock.time
        clock.jumpWall(seconds * Clock.second)
    }
}
