// What people have under way, by the simulator's own reckoning: operations under guard and how far
// they got, a rollback for later, words of which it takes two.

import WatchCore

/// A guarded operation that runs.
struct OperationBook {
    var began: Moment
    var estimate: Duration?
    /// Whoever runs it reports at least so often; nil: nobody does.
    var lease: Duration?
    /// When it was last heard of.
    var heard: Instant
}

/// How the last operation of a service went.
struct PhasesBook {
    /// Without those that were undone.
    var reached: [String] = []
    var isUnsure = false
    /// nil: it runs, or nobody said.
    var status: Int?
}

/// A rollback that somebody wants later.
struct ScheduleBook {
    var id: String
    var at: Moment
    /// True time, and how often the wall clock had been set when it was asked for.
    var due: Int64
    var settings: Int
    var isForced: Bool
    var isSameBoot = true
}

/// What the engine itself sees to.
struct OwnStepBook {
    /// nil: a person is waited for.
    var waits: Duration?
    /// nil: it began in another boot.
    var since: Instant?
}

extension ServiceBook {
    mutating func note(_ command: Command, _ reply: CommandReply, _ circumstances: Circumstances) {
        let now = circumstances.now
        switch command {
        case .beginOperation(let request):
            operations[request.operation] = OperationBook(
                began: now, estimate: request.estimate, lease: request.lease, heard: now.boot)
            phases = PhasesBook()
        case .endOperation(_, let operation, let status):
            operations[operation] = nil
            phases.status = status
        case .beatOperation(_, let operation):
            operations[operation]??.heard = now.boot
        case .reachPhase(_, let operation, let phase):
            operations[operation]??.heard = now.boot
            if !phases.reached.contains(phase) { phases.reached.append(phase) }
        case .schedule(let request):
            guard !request.isDryRun, let id = reply.rollback else { return }
            let ahead = request.at - now.wall
            scheduled = ScheduleBook(
                id: id, at: Moment(boot: now.boot + ahead, wall: request.at),
                due: circumstances.time + ahead.nanoseconds, settings: circumstances.settings,
                isForced: request.isForced)
        case .announce, .acknowledge, .resolve, .falseAlarm, .approve, .deny, .hold, .declare,
            .rollback, .abort, .stepDone, .arm, .disarm, .mark, .silence, .endSilence, .maintain,
            .endMaintenance, .drill:
            break
        }
    }

    /// Another boot: what was noted by its clock is known by the wall clock only.
    mutating func rebaseWhatPeopleDo() {
        scheduled?.isSameBoot = false
        own?.since = nil
    }

    /// A rollback is offered, or such an offer ends.
    mutating func noteOffer(_ event: EventRecord, _ circumstances: Circumstances) {
        given = [:]
        if event.kind == "approval.offered" {
            offered = running
            offeredAt = circumstances.now
            return
        }
        offered = nil
        expiredAfter =
            event.kind == "approval.expired"
            ? offeredAt.map { circumstances.now.boot - $0.boot } : nil
    }

    // MARK: - What is said of it

    mutating func read(
        operationEvent event: EventRecord, _ transaction: Transaction,
        _ circumstances: Circumstances
    ) throws(Violation) {
        switch event.kind {
        case "operation.lost": operations[ConfigurationMaker.operation] = nil
        case "rollback.unscheduled", "rollback.not-done": scheduled = nil
        case "rollback.due": try due(event, transaction, circumstances)
        case "step.started":
            guard let task = transaction.services[event.service ?? ""]?.pendingTask,
                task.action.isOurs
            else { return own = nil }
            own = OwnStepBook(waits: nil, since: circumstances.now.boot)
            if case .wait(let span) = task.action { own?.waits = span }
        case "step.finished":
            noteUndone(event, transaction)
            defer { own = nil }
            guard event.reason == "exited-0", let waits = own?.waits, let since = own?.since,
                circumstances.now.boot - since < waits
            else { return }
            throw Violation(
                "a-wait-lasts-its-time",
                "\(event.text) after \((circumstances.now.boot - since).text) of \(waits.text)")
        default: break
        }
    }

    /// A step succeeded, or its check says that it is done: with the last step of a phase that is
    /// undone, and not to be undone again.
    private mutating func noteUndone(_ event: EventRecord, _ transaction: Transaction) {
        guard event.reason == "exited-0", !phases.reached.isEmpty,
            event.text.hasPrefix("method undo: ") || event.text.hasPrefix("check of undo-"),
            operations[ConfigurationMaker.operation] == nil
        else { return }
        guard let plan = transaction.services[event.service ?? ""]?.rollbackInspection?.plan else {
            // The rollback ended with it.
            phases.isUnsure = true
            return
        }
        let title = event.text.drop { $0 != "-" }
        let name = "undo" + title.prefix { $0 != ":" && $0 != "," }
        for phase in plan.methods.compactMap(\.phases).flatMap(\.phases)
        where phase.undo?.last?.name == name {
            phases.reached.removeAll { $0 == phase.name }
        }
    }

    private mutating func due(
        _ event: EventRecord, _ transaction: Transaction, _ circumstances: Circumstances
    ) throws(Violation) {
        let (now, rule) = (circumstances.now, "scheduled-once-and-in-time")
        guard let known = scheduled, event.text.hasPrefix(known.id) else {
            throw Violation(rule, "\(event.text), and nobody had asked for it any more")
        }
        scheduled = nil
        if known.isForced {
            // Its incident need not be the only one that changes, nor the last.
            forced =
                transaction.incidents.last {
                    $0.service == event.service
                        && $0.rollbacks.last.map { $0.began == event.time } ?? false
                }?.rollbacks.last?.id
        }
        let isEarly = known.isSameBoot ? now.boot < known.at.boot : now.wall < known.at.wall
        if isEarly {
            throw Violation(rule, "\(event.text) before \(known.at.wall.text), at \(now.wall.text)")
        }
        let late = Swift.max(
            now.wall - known.at.wall,
            known.settings == circumstances.settings
                ? .nanoseconds(circumstances.time - known.due) : .zero)
        if late > .minutes(10) + .seconds(2) {
            throw Violation(rule, "\(event.text) \(late.text) late")
        }
    }
}
