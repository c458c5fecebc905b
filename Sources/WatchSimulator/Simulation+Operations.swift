// Operations under guard and rollbacks for later: what befalls them, and the rules about them.

import WatchCore

extension Simulation {
    private static let operation = ConfigurationMaker.operation

    func operate(_ world: ServiceWorld) throws(Violation) {
        guard world.operation == nil else { return }
        if emitted.services[world.name]?.operations[Self.operation] != nil {
            try command(
                .endOperation(service: world.name, operation: Self.operation, status: nil))
            return
        }
        var request = OperationRequest(service: world.name, operation: Self.operation)
        request.estimate = random.chance(80) ? .seconds(random.pick([5, 30])) : nil
        guard random.chance(70) else {
            try command(.beginOperation(request))
            return
        }
        tally.operations += 1
        let lease = Int64(random.pick([10, 20])) * Clock.second
        request.lease = .nanoseconds(lease)
        if random.chance(40) {
            world.deployNew(&random, at: clock.time)
            request.release = ReleaseIdentity(version: world.truth.version)
        }
        // Without a guard it is not begun.
        guard let reply = try command(.beginOperation(request)), reply.status == .done else {
            return
        }
        let length = Double(random.pick([8, 20, 60]))
        let count = random.pick([0, 1, 2, 3])
        let times = (0..<count).map { _ in clock.time + random.nanoseconds(upTo: length) }.sorted()
        var operation = OperationTruth(
            lease: lease, nextBeat: clock.time + lease / 2, phases: [],
            ends: clock.time + random.nanoseconds(upTo: length),
            status: random.chance(50) ? 0 : random.pick([1, 130]), dies: .max)
        operation.phases = zip(ConfigurationMaker.phases, times).map { ($0, $1) }
        operation.ends = Swift.max(operation.ends, times.last ?? 0)
        if random.chance(15) { operation.dies = clock.time + random.nanoseconds(upTo: length) }
        world.operation = operation
    }

    /// A second of what is under way. What cannot be reported is tried again.
    func drive(_ world: ServiceWorld) throws(Violation) {
        guard var operation = world.operation else { return }
        defer { if world.operation != nil { world.operation = operation } }
        let (now, name) = (clock.time, world.name)
        if now >= operation.dies {
            world.operation = nil
        } else if let phase = operation.phases.first, phase.at <= now {
            let reply = try command(
                .reachPhase(service: name, operation: Self.operation, phase: phase.name))
            if reply.map({ $0.status != .refused }) ?? false { operation.phases.removeFirst() }
        } else if operation.ends <= now {
            let reply = try command(
                .endOperation(service: name, operation: Self.operation, status: operation.status))
            if reply != nil { world.operation = nil }
        } else if operation.nextBeat <= now {
            operation.nextBeat = now + operation.lease / 2
            try command(.beatOperation(service: name, operation: Self.operation))
        }
    }

    /// What still runs when all is to come to rest ends well.
    func endOperations() throws(Violation) {
        for world in worlds {
            world.operation?.phases = []
            world.operation?.ends = clock.time
            world.operation?.status = 0
            world.operation?.dies = .max
            guard world.operation == nil else { continue }
            agenda.append(
                (
                    clock.time + 2 * Clock.second,
                    .command(
                        .endOperation(
                            service: world.name, operation: Self.operation, status: nil))
                ))
        }
    }

    func syncOperations() {
        hasLost = false
        for index in ledgers.indices {
            ledgers[index].operations = emitted.services[ledgers[index].name]?.operations ?? [:]
        }
    }

    /// Or takes it back.
    func rollBackLater(_ world: ServiceWorld) throws(Violation) {
        if let id = emitted.services[world.name]?.scheduled?.id, random.chance(50) {
            try command(.abort(rollback: id, reason: "not any more"))
            return
        }
        let ahead = random.pick([3, 20, 60])
        let to = random.chance(30) ? world.releases.randomElement(&random)?.version : nil
        let reply = try command(
            .schedule(
                ScheduleRequest(
                    service: world.name, at: clock.moment.wall + .seconds(ahead), to: to,
                    reason: "later", isDryRun: random.chance(10), isForced: random.chance(20))))
        guard let reply, reply.status == .done, random.chance(40) else { return }
        // When its time comes nobody is there, for some time or for longer.
        let due = clock.time + Int64(ahead) * Clock.second
        agenda.append(
            (due - random.nanoseconds(upTo: 3), .outage(random.pick([5, 60, 590, 650, 3600]))))
    }

    // MARK: - Rules

    /// What an event says, before it is in the books.
    func inspect(
        _ event: EventRecord, _ transaction: Transaction, _ index: Int
    ) throws(Violation) {
        switch event.kind {
        case "operation.lost":
            // It was judged before.
            hasLost = true
            hasNewFloor = true
        case "rollback.due": tally.scheduled += 1
        case "method.phases":
            tally.undoings += 1
            try checkPhases(event, transaction, index)
        case "verify.landed": try checkMade(event, transaction, index)
        default: break
        }
    }

    /// Steps of the engine's own begin with what is written of them, once the books know that.
    func allowOwn(_ transaction: Transaction) throws(Violation) {
        for event in transaction.events where event.kind == "step.started" {
            let task = event.service.flatMap { transaction.services[$0]?.pendingTask }
            if let task, task.action.isOurs { try allow(task) }
        }
    }

    /// Undone is what was reached and nothing else, the last of it first.
    private func checkPhases(
        _ event: EventRecord, _ transaction: Transaction, _ index: Int
    ) throws(Violation) {
        let rule = "undoes-what-was-reached"
        let name = ledgers[index].name
        guard let plan = transaction.services[name]?.rollbackInspection?.plan,
            let method = plan.methods.first(where: { $0.phases != nil }),
            let book = emitted.services[name], !book.phases.isUnsure
        else { return }
        if book.operations[Self.operation] != nil {
            throw Violation(rule, "\(name): \(event.text), and the operation still runs")
        }
        let wanted = book.phases.reached.reversed().flatMap { reached in
            method.phases?.phases.first { $0.name == reached }?.undo?.map(\.name)
                ?? ["nothing undoes \(reached)"]
        }
        let steps = method.steps.map(\.name)
        if steps != wanted {
            throw Violation(
                rule, "\(name): reached \(book.phases.reached), and what is done is \(steps)")
        }
    }

    /// A release that is not the target has landed: the method's check said so when it was asked
    /// about it, or it may be somebody's hotfix.
    private func checkMade(
        _ event: EventRecord, _ transaction: Transaction, _ index: Int
    ) throws(Violation) {
        guard let book = emitted.services[index], let rollback = book.rollback else { return }
        let began = transaction.events.last { $0.kind == "release.detected" }?.release
        guard let version = (began ?? book.running)?.version, version != rollback.to.version else {
            return
        }
        tally.madeReleases += 1
        guard !made[index].isMade(version, by: rollback.id)
        else { return }
        throw Violation(
            "made-when-its-check-says-so",
            "\(rollback.id): \(version) landed, and no check passed that was asked about it")
    }

    /// An operation that brings a breach did what is said of it.
    func checkOperationBreach(_ event: EventRecord, _ index: Int) throws(Violation) {
        guard let name = event.trigger, let book = emitted.services[index] else { return }
        let now = clock.moment.boot
        let operation = book.operations[Self.operation] ?? nil
        let isTrue: Bool? =
            if name.hasPrefix("operation-failed:") {
                (book.phases.status ?? 0) != 0
            } else if name.hasPrefix("operation-overrun:") {
                operation.flatMap { known in
                    known.estimate.map { now - known.began.boot > $0 * 2 }
                }
            } else {
                operation.flatMap { known in known.lease.map { now - known.heard > $0 } }
            }
        guard isTrue == false else { return }
        throw Violation("operations-are-judged-truly", "\(ledgers[index].name): \(event.text)")
    }

    /// It takes two different people where two roles are asked for, and a word where one is.
    func checkApprovers(
        _ incident: String, _ method: String?, _ comment: String, _ peer: Peer,
        _ reply: CommandReply
    ) throws(Violation) {
        guard let name = service(of: incident), let seen = engine.inspect(name) else { return }
        let policy = scenario.configuration.policy(seen.incident?.severity ?? .critical)
        let isWordless = !comment.contains { $0 != " " }
        if isWordless, policy.needsComment {
            throw Violation("a-comment-where-asked", "\(incident) was approved without a word")
        }
        guard let id = reply.rollback, let rollback = seen.rollback, rollback.id == id else {
            return
        }
        let methods = rollback.plan.methods.filter { known in
            known.isUnattended ? method == nil : known.name == method
        }
        if isWordless, methods.contains(where: { $0.needsComment ?? false }) {
            throw Violation("a-comment-where-asked", "\(id) was approved without a word")
        }
        for method in methods {
            let own = [method.approve, method.secondApprover].compactMap { $0 }
            let common = [policy.approve, policy.secondApprover].compactMap { $0 }
            let roles = own.isEmpty ? common : own
            let key = method.isUnattended ? "" : method.name
            let given = emitted.services[name]?.given[key] ?? []
            guard roles.count > 1, !Self.fill(roles, given) else { continue }
            throw Violation(
                "two-people-approve",
                "\(id): \(roles) are needed, and \(given.map(\.name)) said yes")
        }
    }

    /// Each of two roles is another person's.
    static func fill(_ roles: [String], _ people: [Peer]) -> Bool {
        people.contains { first in
            first.roles.contains(roles[0])
                && people.contains { $0.uid != first.uid && $0.roles.contains(roles[1]) }
        }
    }
}

extension Command {
    /// It changes which operations run.
    var isOfOperations: Bool {
        switch self {
        case .beginOperation, .endOperation: true
        case .announce, .acknowledge, .resolve, .falseAlarm, .approve, .deny, .hold, .declare,
            .rollback, .schedule, .abort, .stepDone, .arm, .disarm, .beatOperation, .reachPhase,
            .mark, .silence, .endSilence, .maintain, .endMaintenance, .drill:
            false
        }
    }
}
