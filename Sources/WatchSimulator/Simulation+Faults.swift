// What befalls a world: deployments, troubles, faults of everything that can have one, and the
// things people do on their own account.

import WatchCore

extension Simulation {
    /// Chances of the last `seconds`.
    func happen(_ seconds: Int) throws(Violation) {
        // One draw decides whether anything at all: most seconds nothing does.
        let odds = profile.total * seconds
        guard random.below(10_000) < odds else { return }
        var at = random.below(profile.total)
        for (chance, fault) in profile.list {
            if at < chance {
                try befall(fault)
                return
            }
            at -= chance
        }
    }

    private func befall(_ fault: Profile.Fault) throws(Violation) {
        let world = random.pick(worlds)
        switch fault {
        case .crash, .reboot: planCrash(isReboot: fault == .reboot)
        case .suspend: clock.pass(random.nanoseconds(upTo: 120))
        case .longSleep: clock.pass(random.nanoseconds(upTo: Double(random.pick([1800, 90_000]))))
        case .wallJump: jumpWall()
        case .storeFailure:
            storeFailsUntil = clock.time + random.nanoseconds(upTo: Double(random.pick([3, 60])))
        case .streamFault:
            let stream = random.below(world.streams.count)
            world.streams[stream] =
                world.streams[stream] == .reading
                ? random.pick([
                    .stalled, .unparsed, .dropping, .unreadable, .early, .lagging(4), .lagging(20),
                    .lagging(100), .jumbled, .repeating,
                ]) : .reading
        case .sourceFault: changeSource(of: world)
        case .trouble:
            world.troubleUntil =
                clock.time + random.nanoseconds(upTo: Double(random.pick([5, 60])))
            guard random.chance(30) else { return }
            for other in worlds { other.troubleUntil = world.troubleUntil }
        case .blindness: world.blindUntil = clock.time + random.nanoseconds(upTo: 30)
        case .deploy: try deploy(world)
        case .person: try somebodyActs(on: world)
        case .reload: try reload()
        case .network: loseNetwork()
        case .quiet: try askForQuiet(world)
        case .operation: try operate(world)
        case .schedule: try rollBackLater(world)
        }
    }

    private func planCrash(isReboot: Bool) {
        guard crashIn == nil, !isDown else { return }
        // A checkpoint of some age, or none.
        if random.chance(80) { takeCheckpoint() }
        agenda.append((clock.time + random.nanoseconds(upTo: 6), .crash(isReboot: isReboot)))
    }

    private func changeSource(of world: ServiceWorld) {
        guard !world.sources.isEmpty else { return }
        let source = random.below(world.sources.count)
        if case .honest = world.sources[source] {
            world.sources[source] = random.pick([
                .cached(random.nanoseconds(upTo: 30)), .stuck(world.truth.version), .down, .flaky,
            ])
        } else {
            world.sources[source] = .honest
        }
    }

    private func deploy(_ world: ServiceWorld) throws(Violation) {
        guard let index = worlds.firstIndex(where: { $0 === world }) else { return }
        if random.chance(15), let old = world.releases.randomElement(&random) {
            // An older one again: a rollback by other hands, a bad one once more, or the same.
            world.redeploy(old.version, at: clock.time, byRollback: false)
        } else {
            world.deployNew(&random, at: clock.time)
        }
        say("\(world.name) deploys \(world.truth)")
        guard random.chance(profile.announce) else { return }
        let act = Act.announce(service: index, version: world.truth.version)
        agenda.append((clock.time + random.nanoseconds(upTo: 3), act))
    }

    func reload() throws(Violation) {
        guard !isDown else { return }
        var configuration = scenario.configuration
        var maker = ConfigurationMaker(
            random: Random(seed: random.next()), expressions: traffic.expressions)
        configuration.limits = maker.limits()
        configuration.policy = maker.policy()
        configuration.plans = configuration.plans.map { maker.plan($0.name) }
        let index = random.below(configuration.services.count)
        let name = configuration.services[index].name
        var gone: TriggerConfiguration?
        if random.chance(30), configuration.services[index].triggers.count > 1 {
            let trigger = configuration.services[index].triggers.removeLast()
            gone = trigger
            scenario.rules[name]?[trigger.name] = nil
            say("a reload takes \(trigger.name) away")
        }
        for index in ledgers.indices { ledgers[index].hasNoOpinion = true }
        wasReloaded = true
        checkpoint = nil
        scenario.configuration = configuration
        events += 1
        say("the configuration is loaded anew")
        noteGap(clock.moment.boot)
        try process(engine.reconfigure(to: configuration, at: clock.moment))
        // Where a person had resolved the incident of its breach, nothing tells that this ended.
        if let gone {
            emitted.services[name]?.breached[gone.name] = nil
            durable.services[name]?.breached[gone.name] = nil
        }
    }

    /// Carries out what was planned up to then.
    func act(until target: Int64) throws(Violation) {
        guard !agenda.isEmpty else { return }
        let due = agenda.filter { $0.due <= target }.sorted { $0.due < $1.due }
        guard !due.isEmpty else { return }
        agenda.removeAll { $0.due <= target }
        for (time, act) in due {
            clock.reach(time)
            try carryOut(act)
        }
    }

    private func carryOut(_ act: Act) throws(Violation) {
        switch act {
        case .deploy(let service):
            worlds[service].deployNew(
                &random, at: clock.time, healthy: isHealing || random.chance(70))
            say("\(worlds[service].name) gets a hotfix: \(worlds[service].truth)")
        case .announce(let service, let version):
            try command(
                .announce(
                    service: worlds[service].name, release: ReleaseIdentity(version: version),
                    fields: [:]))
        case .command(let wanted): try command(wanted)
        case .answer(let incident): try answer(incident)
        case .say(let wanted, let peer): try command(wanted, by: peer)
        case .doStep(let rollback, let succeeds): try doStep(rollback, succeeds)
        case .outage(let seconds):
            guard !isDown, !isHealing, crashIn == nil else { return }
            outage = Int64(seconds) * Clock.second
            crashIsReboot = false
            crashIn = random.below(3)
        case .crash(let isReboot):
            guard !isDown, !isHealing else { return }
            crashIsReboot = isReboot
            crashIn = random.below(12)
        }
    }
}

extension Array {
    func randomElement(_ random: inout Random) -> Element? {
        isEmpty ? nil : self[random.below(count)]
    }
}

extension Profile {
    enum Fault {
        case crash, reboot, suspend, longSleep, wallJump, storeFailure, streamFault, sourceFault
        case trouble, blindness, deploy, person, reload, network, quiet, operation, schedule
    }
}
