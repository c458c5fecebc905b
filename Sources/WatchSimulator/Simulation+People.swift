// People and the channels that reach them. They answer late or never, deny what is right, roll
// back by hand, fix forward in the middle of it, and switch things on and off.

import WatchCore

/// Messages on their way; at least once, as the real outbox does it.
struct SimulatedOutbox {
    struct Waiting {
        var message: OutboxMessage
        var next: Int64
        var tries = 0
    }

    private(set) var waiting: [Waiting] = []
    /// Messages that arrived, by incident: pages and updates, and whether the end was told.
    private(set) var arrived: [String: Int] = [:]
    private(set) var volatile: [OutboxMessage] = []

    mutating func add(_ messages: [OutboxMessage], at time: Int64) {
        for message in messages { waiting.append(Waiting(message: message, next: time)) }
    }

    mutating func sendFromMemory(_ messages: [OutboxMessage], at time: Int64) {
        volatile += messages
    }

    mutating func takeVolatile() -> [OutboxMessage] {
        defer { volatile = [] }
        return volatile
    }

    mutating func arrive(_ message: OutboxMessage) {
        if let incident = message.message.incident { arrived[incident, default: 0] += 1 }
    }

    /// Takes out what is due; `send` says whether to take it for sent.
    /// - Returns: what the engine is told of it.
    mutating func deliver(
        at time: Int64, _ send: (OutboxMessage) -> Bool
    ) -> [DeliveryNews] {
        var news: [DeliveryNews] = []
        waiting = waiting.compactMap { entry in
            guard entry.next <= time else { return entry }
            var entry = entry
            guard !send(entry.message) else {
                news.append(entry.news(.taken))
                return nil
            }
            entry.next = time + 3 * Clock.second
            entry.tries += 1
            if let failing = entry.failing { news.append(failing) }
            return entry
        }
        return news
    }

    /// What a daemon that comes back reads of it.
    var recalled: [DeliveryNews] { waiting.compactMap(\.failing) }
}

extension SimulatedOutbox.Waiting {
    func news(_ outcome: DeliveryNews.Outcome) -> DeliveryNews {
        DeliveryNews(id: message.id, channel: message.channel, outcome: outcome)
    }

    var failing: DeliveryNews? {
        tries >= DeliveryNews.tries ? news(.failing("no answer")) : nil
    }
}

extension Simulation {
    func deliverMessages() {
        for message in outbox.takeVolatile() where isHealing || !random.chance(profile.channelFault)
        {
            reach(message)
        }
        guard !outbox.waiting.isEmpty, !isDown else { return }
        var reached: [OutboxMessage] = []
        var random = random
        let (fault, isHealing) = (profile.channelFault, isHealing)
        let news = outbox.deliver(at: clock.time) { message in
            if isHealing || !random.chance(fault) {
                reached.append(message)
                return true
            }
            // It arrives, and the answer is lost: it will be sent again.
            if random.chance(30) { reached.append(message) }
            return false
        }
        self.random = random
        inbox += news.map { .delivery($0) }
        for message in reached { reach(message) }
    }

    /// A message is before somebody's eyes.
    private func reach(_ outbox: OutboxMessage) {
        self.outbox.arrive(outbox)
        let message = outbox.message
        guard message.kind == .page, let incident = message.incident else { return }
        tally.pages += 1
        hearOfManual(message)
        guard isHealing || random.chance(40) else { return }
        let wait = random.nanoseconds(upTo: isHealing ? 5 : Double(random.pick([2, 20, 120])))
        agenda.append((clock.time + wait, .answer(incident: incident)))
    }

    /// What somebody does about a page.
    func answer(_ incident: String) throws(Violation) {
        guard let world = worlds.first(where: { incident.hasPrefix($0.name + "-") }) else { return }
        if isHealing {
            try command(.acknowledge(incident: incident, comment: ""))
            return
        }
        switch random.below(14) {
        case 10, 11: try approve(world, incident)
        case 12: try command(.deny(incident: incident, comment: "no"))
        case 13:
            let span = Duration.seconds(random.pick([5, 60]))
            try command(.hold(incident: incident, for: span, comment: "a fix is on its way"))
        case 0...3: try command(.acknowledge(incident: incident, comment: "looking"))
        case 4: try command(.resolve(incident: incident, comment: "seen"))
        case 5: try command(.falseAlarm(incident: incident, comment: "noise"))
        case 6, 7: try rollBack(world)
        default:
            guard let index = worlds.firstIndex(where: { $0 === world }) else { return }
            agenda.append((clock.time + random.nanoseconds(upTo: 20), .deploy(service: index)))
        }
    }

    /// Of what is offered, or of anything.
    private func approve(_ world: ServiceWorld, _ incident: String) throws(Violation) {
        let offer = engine.inspect(world.name)?.incident?.offer
        let method = offer.flatMap { $0.isPerMethod ? $0.ways.randomElement(&random)?.method : nil }
        let wanted = Command.approve(
            incident: incident, method: random.chance(95) ? method : "m0",
            comment: random.chance(80) ? "go" : " ")
        let peer = person()
        guard let reply = try command(wanted, by: peer), reply.status == .done,
            reply.rollback == nil
        else { return }
        // It takes two: the same one says it again, or another one does, in time or later.
        if random.chance(40) { try command(wanted, by: peer) }
        guard random.chance(70) else { return }
        let other = peer.name == "ann" ? Self.dan : Self.ann
        agenda.append((clock.time + random.nanoseconds(upTo: 15), .say(wanted, other)))
    }

    private func rollBack(_ world: ServiceWorld) throws(Violation) {
        let to = random.chance(40) ? world.releases.randomElement(&random)?.version : nil
        try command(
            .rollback(
                service: world.name, to: to, reason: "by hand", dryRun: random.chance(10),
                force: random.chance(20)))
    }

    /// Nobody asked them.
    func somebodyActs(on world: ServiceWorld) throws(Violation) {
        let release = world.releases.randomElement(&random)?.version ?? "1.0"
        switch random.below(12) {
        case 0: try command(.disarm(service: nil, for: time(), reason: "maintenance"))
        case 1: try command(.disarm(service: world.name, for: time(), reason: "maintenance"))
        case 2: try command(.arm(service: world.name, reason: "again"))
        case 3, 4: try command(.arm(service: nil, reason: "again"))
        case 5: try rollBack(world)
        case 6:
            if let id = engine.inspect(world.name)?.rollback?.id {
                try command(.abort(rollback: id, reason: "stop"))
            }
        case 7:
            try command(
                .declare(
                    service: world.name, severity: random.pick(Severity.allCases), reason: "odd"))
        case 8: try command(.mark(service: world.name, version: release, .good, reason: "sure"))
        case 9: try command(.mark(service: world.name, version: release, .bad, reason: "sure"))
        case 10:
            // Announced, and it never comes.
            try command(
                .announce(
                    service: world.name, release: ReleaseIdentity(version: "0.\(random.below(9))"),
                    fields: [:]))
        default:
            if let id = engine.inspect(world.name)?.incident?.id {
                try command(.resolve(incident: id, comment: "enough"))
            }
        }
    }

    private func time() -> Duration? {
        random.chance(50) ? .seconds(random.pick([10, 120])) : nil
    }
}
