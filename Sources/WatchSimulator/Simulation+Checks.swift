// The rules that hold after every event, whatever the engine thinks.

import WatchCore

extension Simulation {
    func noteGap(_ now: Instant) {
        if let last = lastHandled, now - last > .seconds(5) {
            for index in ledgers.indices { ledgers[index].addGap(from: last, to: now) }
        }
        lastHandled = lastHandled.map { Swift.max($0, now) } ?? now
    }

    /// What the engine is told goes into the books first.
    func note(_ event: Event, _ now: Instant) {
        if scenario.network != .unknown { noteNetwork(event) }
        switch event {
        case .tick: noteEvidence(now)
        case .probe(let service, let probe, let result):
            guard let index = index(service), let at = ledgers[index].place(ofProbe: probe) else {
                return
            }
            // Whether it counts is decided when the network has proved itself.
            if result.timedOut ?? false { return }
            ledgers[index].record(result, probe: at, now: now)
        case .stream(let service, let stream, let batch):
            guard let index = index(service), let at = ledgers[index].place(ofStream: stream) else {
                return
            }
            ledgers[index].record(batch, stream: at, now: now)
        case .version(let service, let source, let reading):
            guard let index = index(service) else { return }
            reads[index].read(
                reading.answer, source: source,
                at: Moment(boot: reading.asked, wall: clock.moment.wall(at: reading.asked)))
            guard case .version(let version, _, _) = reading.answer else { return }
            made[index].read(version, at: clock.time)
            if worlds[index].sources.count == 1 { breaches[index].read(version, at: reading.asked) }
        case .task(let id, let result):
            guard let job = runner.job(id) else { return dryGates[id] = nil }
            steps.answered(job.task, result, at: now)
            if let index = index(job.task.service) { made[index].answered(job.task, result) }
        case .command, .connectivity, .storeFailed, .storeRecovered, .delivery: break
        }
    }

    func index(_ service: String) -> Int? { worlds.firstIndex { $0.name == service } }

    func service(of incident: String) -> String? {
        worlds.first { incident.hasPrefix($0.name + "-") }?.name
    }

    /// A switch or a mark, set by a person.
    func note(_ asked: Asked, in books: inout Books, _ circumstances: Circumstances) {
        let (command, reply, now) = (asked.command, asked.reply, circumstances.now)
        books.quiet.note(command, reply, at: now)
        switch command {
        case .arm(let service, _): arm(true, service, nil, &books)
        case .disarm(let service, let span, _):
            let until = span.map {
                Rearming(at: Moment(boot: now.boot + $0, wall: now.wall + $0), lasts: $0)
            }
            arm(false, service, until, &books)
        case .mark(let service, let version, let standing, _):
            books.services[service]?.bad[version] = standing == .bad
            if standing == .good {
                books.services[service]?.good.insert(version)
            } else {
                books.services[service]?.good.remove(version)
            }
        case .announce(let service, let release, _):
            guard let index = index(service) else { return }
            reads[index].announced(release.version, at: now)
        case .beginOperation(let request):
            books.services[request.service]?.note(command, reply, circumstances)
            // The release it brings is announced with it.
            guard let release = request.release, let index = index(request.service) else { return }
            reads[index].announced(release.version, at: now)
        case .endOperation(let service, _, _), .beatOperation(let service, _),
            .reachPhase(let service, _, _):
            books.services[service]?.note(command, reply, circumstances)
        case .schedule(let request):
            books.services[request.service]?.note(command, reply, circumstances)
        case .approve(let incident, let method, _):
            guard let service = service(of: incident) else { return }
            // One that runs unattended is named in vain.
            let key = method.flatMap { $0 == "m0" ? nil : $0 } ?? ""
            books.services[service]?.given[key, default: []].append(asked.peer)
        case .acknowledge, .resolve, .falseAlarm, .deny, .hold, .declare, .rollback,
            .abort, .stepDone, .silence, .endSilence, .maintain, .endMaintenance, .drill:
            break
        }
    }

    /// An approval counts for what was offered, while that still runs.
    func checkApproval(
        _ incident: String, _ method: String?, _ reply: CommandReply
    ) throws(Violation) {
        guard let rollback = reply.rollback else { return }
        steps.approved[rollback] = method ?? ""
        guard let service = before.first(where: { incident.hasPrefix($0.key + "-") })?.value
        else { return }
        guard let offered = service.offered else {
            throw Violation("approval-of-an-offer", "\(rollback) was approved, and never offered")
        }
        if let running = service.running, !running.matches(offered) {
            throw Violation(
                "approval-void-when-changed",
                "\(rollback) was approved for \(offered.text), and \(running.text) runs")
        }
    }

    private func arm(
        _ isArmed: Bool, _ service: String?, _ until: Rearming?, _ books: inout Books
    ) {
        if let service {
            books.services[service]?.isArmed = isArmed
            books.services[service]?.armedAgain = until
        } else {
            books.isArmed = isArmed
            books.armedAgain = until
        }
    }

    /// The engine restarted windows: from there on other samples count.
    func noteRestarts() throws(Violation) {
        for index in ledgers.indices {
            let name = ledgers[index].name
            if let restarted = engine.restarted(name),
                restarted > ledgers[index].floor
            {
                ledgers[index].restart(at: restarted)
                hasNewFloor = true
            }
            let isSettled = emitted.services[index]?.isSettled ?? false
            if anew.remove(name) != nil { try checkFloor(index) }
            guard isSettled != ledgers[index].isSettled else { continue }
            ledgers[index].isSettled = isSettled
            hasNewFloor = true
        }
    }

    /// Another release runs: no sample from before its deployment counts for it.
    private func checkFloor(_ index: Int) throws(Violation) {
        guard let version = emitted.services[ledgers[index].name]?.running?.version,
            let earliest = reads[index].earliest(version),
            // Exact to one slice.
            ledgers[index].floor + .seconds(1) < earliest
        else { return }
        throw Violation(
            "windows-of-the-deployment",
            "\(ledgers[index].name): windows begin \((earliest - ledgers[index].floor).text) "
                + "before \(version) was first read or announced")
    }

    private func noteEvidence(_ now: Instant) {
        for index in ledgers.indices {
            defer { lastEvidence[index] = now }
            let last = lastEvidence[index]
            guard let version = emitted.services[index]?.running?.version,
                !(emitted.services[index]?.good.contains(version) ?? true)
            else { continue }
            let (isHealthy, wasHealthy) = (mayBeHealthy(index, now), wasHealthy[index])
            self.wasHealthy[index] = isHealthy
            // The engine looks at other instants of the second.
            guard now - last <= .seconds(6), now > last, isHealthy || wasHealthy else { continue }
            evidence[index][version, default: .zero] += now - last
        }
    }

    /// Some trigger that speaks of a release's health is false, for all that is known, and none is
    /// breached.
    private func mayBeHealthy(_ index: Int, _ now: Instant) -> Bool {
        guard ledgers[index].hasEvidence(now: now) else { return false }
        return ledgers[index].mayBeHealthy(emitted.services[index]?.breached ?? [:], now)
    }

    /// Looks at what is asked for before it is written down.
    func inspect(_ transaction: Transaction) throws(Violation) {
        var replaced: Set<String> = []
        let isMixed = transaction.events.contains { $0.kind == "release.mixed" }
        for event in transaction.events {
            guard let name = event.service, let index = index(name) else { continue }
            switch event.kind {
            case "method.phases", "verify.landed", "operation.lost", "rollback.due":
                try inspect(event, transaction, index)
            case "release.good" where event.reason == "baked":
                guard let version = event.release?.version else { continue }
                let seen = evidence[index][version] ?? .zero
                if seen + .seconds(8) < scenario.configuration.services[index].bake {
                    throw Violation(
                        "good-by-evidence",
                        "\(name) \(version) is good after \(seen.text) of evidence")
                }
                tally.releasesGood += 1
            case "release.detected":
                replaced.insert(name)
                let running = emitted.services[name]?.running
                if let release = event.release, !(running?.matches(release) ?? false) {
                    if !isMixed, !Self.isMix(event) { anew.insert(name) }
                    try checkChange(event, to: release.version, from: running?.version, index)
                    noteDeployment(event, of: release.version, isMixed: isMixed, index)
                }
            // A deployment ends breaches by itself.
            case "trigger.cleared" where !replaced.contains(name):
                try checkCleared(event, index)
                clearedNow.insert(Cleared(index: index, trigger: event.trigger ?? ""))
                breaches[index].ended(event.trigger ?? "", at: clock.moment.boot)
            case "trigger.removed", "trigger.cleared":
                breaches[index].ended(event.trigger ?? "", at: clock.moment.boot)
            case "trigger.breached": try checkBreach(event, transaction, index)
            case "release.mixed": breaches[index].unsure()
            case "incident.opened": tally.incidents += 1
            case "incident.recovered": tally.recovered += 1
            case "incident.handed-over": tally.handedOver += 1
            case "rollback.began":
                tally.rollbacks += 1
                if event.reason == "watchd" { tally.automatic += 1 }
            default: break
            }
        }
    }

    /// Another release runs: breaches end, and whether one was there before is known or not.
    private func noteDeployment(
        _ event: EventRecord, of version: String, isMixed: Bool, _ index: Int
    ) {
        let now = clock.moment.boot
        breaches[index].detected(
            version, announced: event.reason == "announced", isPut: event.reason == "rollback",
            at: now)
        for trigger in scenario.configuration.services[index].triggers where trigger.mode != .veto {
            breaches[index].ended(trigger.name, at: now)
        }
        let isRead = worlds[index].sources.count == 1 && !isMixed && !Self.isMix(event)
        if event.reason == "rollback" || event.reason == "found"
            || event.reason == "read" && !isRead
        {
            breaches[index].unsure()
        }
    }

    /// Read to and fro, it began at some read of the past.
    private static func isMix(_ event: EventRecord) -> Bool {
        ["mixed reads", "equal reads"].contains { event.text.hasSuffix($0) }
    }

    /// A source that says what it has said all along reads no deployment.
    private func checkChange(
        _ event: EventRecord, to version: String, from running: String?, _ index: Int
    ) throws(Violation) {
        let isNew = reads[index].detected(
            version, running: running, origin: event.reason, isMixed: Self.isMix(event))
        guard isNew == false else { return }
        throw Violation(
            "a-deployment-is-a-change",
            "\(ledgers[index].name): \(event.text), which it read before \(running ?? "") ran")
    }

    private func checkCleared(_ event: EventRecord, _ index: Int) throws(Violation) {
        guard let trigger = event.trigger,
            emitted.services[worlds[index].name]?.breached[trigger] != nil,
            let place = ledgers[index].place(ofTrigger: trigger),
            let last = lastNotFalse[index][place],
            let configured = scenario.configuration.services[index].triggers.first(where: {
                $0.name == trigger
            })
        else { return }
        let since = clock.moment.boot - last
        if since < configured.judgement.clearFor {
            throw Violation(
                "cleared-when-false",
                "\(worlds[index].name)/\(trigger) cleared \(since.text) after it was not false")
        }
    }

    /// Something durable happened.
    func witness(_ event: EventRecord) throws(Violation) {
        if event.kind == "trigger.breached" {
            noteBreachOfBake(event)
            noteBegun(event)
            noteBreached(event)
        }
        guard event.kind == "rollback.ended" else { return }
        let id = event.text.split(separator: " ").dropFirst().first.map(String.init)
        if let id { try steps.ended(id) }
    }

    /// A grave breach begins the bake again.
    private func noteBreachOfBake(_ event: EventRecord) {
        guard let name = event.service, let index = index(name),
            let version = event.release?.version,
            let trigger = scenario.configuration.services[index].triggers.first(where: {
                $0.name == event.trigger
            }), trigger.severity >= .high, trigger.mode != .shadow
        else { return }
        // Written down late, because the store was full: what was gathered since counts.
        let since = Swift.max(.zero, clock.moment.wall - event.time)
        evidence[index][version] = Swift.min(evidence[index][version] ?? .zero, since)
    }

    // MARK: - Verdicts

    func checkVerdicts(after touched: Touched, isTick: Bool, at now: Instant) throws(Violation) {
        defer { hasNewFloor = false }
        // The engine judged before them.
        if isTick, !hasNewFloor { noteBreaches(now) }
        guard isHealing ? events % 64 == 0 : events % 32 == 0, !hasNewFloor, !isDown else { return }
        for index in ledgers.indices where isTick || touched.service == ledgers[index].name {
            // By place: what is told of a whole service is long to copy.
            let service = ledgers[index].name
            for place in scenario.configuration.services[index].triggers.indices {
                // Between two seconds only what was heard of is judged.
                guard isTick || ledgers[index].asks(place, of: touched.signal) else { continue }
                let trigger = ledgers[index].triggers[place]
                guard let verdict = engine.verdict(service, trigger.name),
                    let found = ledgers[index].truth(
                        at: place,
                        isBreached: verdict == .breached
                            || clearedNow.contains(Cleared(index: index, trigger: trigger.name)),
                        now: now)
                else { continue }
                tally.verdicts += 1
                // Not for long enough yet.
                let sustained = trigger.sustained
                if let sustained, sustained.mayHold, !sustained.holds { continue }
                let isShort = found == .true && !(sustained?.holds ?? true)
                let truth: Truth = isShort ? .false : found
                let isRight =
                    switch (truth, verdict) {
                    case (.true, .breached), (.false, .healthy), (.false, .breached): true
                    // Where a deployment ended its breach, it waits to be true for long enough.
                    case (.false, .insufficient):
                        isShort
                            && everBreached.contains(Cleared(index: index, trigger: trigger.name))
                    case (.unknown, .insufficient), (.unknown, .blind), (.unknown, .breached): true
                    case (.true, _), (.false, _), (.unknown, _): false
                    }
                if !isRight {
                    throw Violation(
                        "verdict-by-recount",
                        "\(service)/\(trigger.name) '\(source(of: trigger.name, index))' is "
                            + "\(verdict.rawValue), and by recount \(truth.rawValue)")
                }
            }
            try checkSums(index, now)
        }
    }

    private func checkSums(_ index: Int, _ now: Instant) throws(Violation) {
        guard !ledgers[index].hasNoOpinion else { return }
        for (signal, width) in ledgers[index].windows {
            guard let sums = engine.sums(ledgers[index].name, signal, width, now: now) else {
                continue
            }
            let mine = ledgers[index].recount(signal, width, now)
            if sums != mine {
                throw Violation(
                    "window-equals-recount",
                    "\(ledgers[index].name)/\(signal) over \(width.text): \(sums), and by "
                        + "recount \(mine)")
            }
        }
    }

    /// When a breached trigger was last seen not to be false.
    private func noteBreaches(_ now: Instant) {
        for index in ledgers.indices {
            guard let breached = emitted.services[index]?.breached, !breached.isEmpty
            else { continue }
            ledgers[index].forEachNotFalse(breached, now) { lastNotFalse[index][$0] = now }
        }
    }

    private func source(of trigger: String, _ index: Int) -> String {
        scenario.configuration.services[index].triggers.first { $0.name == trigger }?.when.source
            ?? ""
    }
}

/// Whose event it is, and of which signal.
struct Touched {
    var service: String?
    var signal: String?
    var tellsOfNetwork = false

    init() {}

    init(_ event: borrowing Event) {
        switch event {
        case .probe(let service, let name, _):
            (self.service, signal) = (copy service, copy name)
            tellsOfNetwork = true
        case .stream(let service, let name, _): (self.service, signal) = (copy service, copy name)
        case .version(let service, _, _): self.service = copy service
        case .connectivity: tellsOfNetwork = true
        case .tick, .task, .command, .storeFailed, .storeRecovered, .delivery: break
        }
    }
}
