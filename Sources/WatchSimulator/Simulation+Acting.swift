// Whether a step may be run: asked when the engine wants it, and again when it really begins.

import WatchCore

extension Simulation {
    /// The engine wants a task to be run.
    func allow(_ task: StepTask) throws(Violation) {
        guard let place = StepPlace(task), !place.isCheck else { return }
        switch place.kind {
        case .gate, .after: return
        case .before, .method: break
        }
        guard let book = emitted.services[task.service], let rollback = book.rollback,
            rollback.id == task.rollback
        else {
            throw Violation("steps-of-a-rollback", "\(task.id) belongs to no rollback that runs")
        }
        if place.kind == .method, rollback.hasLanded {
            throw Violation(
                "no-method-after-landed", "\(task.id): \(rollback.to.text) has landed already")
        }
        guard rollback.isAutomatic else { return }
        if let veto = standingVeto(task.service, book) {
            throw Violation("no-act-while-vetoed", "\(task.id): '\(veto)' is breached")
        }
        guard !rollback.hasActed, !steps.acted.contains(task.rollback) else { return }
        emitted.services[task.service]?.rollback?.hasActed = true
        try checkSwitches(task)
        try checkQuietToAct(task)
        try checkTarget(task, rollback, book)
        let isWalk = book.walked.contains(rollback.id)
        try checkLimits(task, book, isWalk: isWalk)
        if !isWalk { try checkSuspicion(task, rollback, book) }
        try checkSight(task, book)
        try checkCommonCause(task)
    }

    private func standingVeto(_ service: String, _ book: ServiceBook) -> String? {
        scenario.configuration.service(service)?.triggers.first {
            $0.mode == .veto && book.breached[$0.name] != nil
        }?.name
    }

    private func checkSwitches(_ task: StepTask) throws(Violation) {
        guard emitted.isArmed(task.service, at: clock.moment) else {
            throw Violation("no-act-while-disarmed", "\(task.id) is run while disarmed")
        }
    }

    private func checkTarget(
        _ task: StepTask, _ rollback: RollbackBook, _ book: ServiceBook
    ) throws(Violation) {
        let (from, to) = (rollback.from, rollback.to)
        if from.matches(to) {
            throw Violation("another-release", "\(task.id): from \(from.text) to itself")
        }
        if book.bad[to.version] ?? false {
            throw Violation("no-bad-target", "\(task.id): \(to.text) is bad")
        }
        if !book.good.contains(to.version) {
            throw Violation("a-good-target", "\(task.id): \(to.text) never proved itself")
        }
    }

    private func checkLimits(
        _ task: StepTask, _ book: ServiceBook, isWalk: Bool
    ) throws(Violation) {
        let (limits, now) = (scenario.configuration.limits, clock.moment.boot)
        if !isWalk, let last = book.ends.last, now - last.boot < limits.cooldown {
            throw Violation(
                "cooldown", "\(task.id) is run \((now - last.boot).text) after the last one ended")
        }
        let recent = book.ends.filter { now - $0.boot < limits.per }.count
        if recent >= limits.maxRollbacks {
            throw Violation("limits", "\(task.id) would be one more than \(limits.maxRollbacks)")
        }
    }

    private func checkSuspicion(
        _ task: StepTask, _ rollback: RollbackBook, _ book: ServiceBook
    ) throws(Violation) {
        guard let index = index(task.service) else { return }
        let from = rollback.from.version
        if book.putByRollback == from {
            throw Violation("no-rollback-of-a-rollback", "\(task.id): a rollback put \(from) there")
        }
        if let (version, predates) = breaches[index].predated, version == from, predates {
            throw Violation(
                "breach-predates-release", "\(task.id): it was broken before \(from) was there")
        }
        guard let began = reads[index].begins[from] else {
            throw Violation("a-suspect", "\(task.id): \(from) was never read nor announced")
        }
        let configuration = scenario.configuration.services[index]
        let longest = configuration.triggers.compactMap(\.suspectFor).max() ?? .zero
        let within = Swift.max(longest, configuration.suspectFor)
        let age = clock.moment.boot - began.boot
        if age > within,
            !reads[index].mayBeUnread(from, sources: configuration.version.count)
        {
            throw Violation("a-suspect", "\(task.id): \(from) has run for \(age.text)")
        }
    }

    /// Some trigger that may act is breached and can be measured.
    private func checkSight(_ task: StepTask, _ book: ServiceBook) throws(Violation) {
        guard let index = index(task.service), !ledgers[index].hasNoOpinion else { return }
        // An operation that went wrong is no signal.
        if book.breached.keys.contains(where: { $0.hasPrefix("operation-") }) { return }
        let now = clock.moment.boot
        let sees = scenario.configuration.services[index].triggers.contains { trigger in
            guard trigger.mode == .auto || trigger.mode == .page,
                book.breached[trigger.name] != nil,
                let rule = scenario.rules[task.service]?[trigger.name]
            else { return false }
            return !rule.signals.contains { ledgers[index].isBlind($0, now: now) }
        }
        if !sees {
            throw Violation("no-act-while-blind", "\(task.id): no breach that can be measured")
        }
    }

    private func checkCommonCause(_ task: StepTask) throws(Violation) {
        guard let mine = graveBreach(task.service) else { return }
        let own = scenario.configuration.service(task.service)?.dependsOn ?? []
        for other in scenario.configuration.services where other.name != task.service {
            guard let theirs = graveBreach(other.name),
                abs(theirs.at - mine.at) < 58 * Clock.second,
                !own.contains(other.name), !other.dependsOn.contains(task.service),
                !isTimeLost(since: Swift.min(theirs.at, mine.at)),
                !wereAnnouncedTogether, mine.version == nil || mine.version != theirs.version
            else { continue }
            throw Violation(
                "no-act-on-a-common-cause", "\(task.id): \(other.name) broke in the same minute")
        }
    }

    /// A host that boots knows by its wall clock alone how long ago a breach began, and that was
    /// set since: what was a minute may look like two.
    private func isTimeLost(since time: Int64) -> Bool {
        time < rebootedAt && time <= wallSetAt
    }

    /// Two services with one version number, announced: a deployment they share may be the cause.
    private var wereAnnouncedTogether: Bool {
        let running = emitted.services.values.compactMap { $0.running?.version }
        return Set(running).count < running.count
    }

    /// The latest, and which release ran when it began.
    private func graveBreach(_ service: String) -> (at: Int64, version: String?)? {
        guard let book = emitted.services[service] else { return nil }
        let grave = scenario.configuration.service(service)?.triggers.filter {
            $0.severity >= .high && $0.mode != .shadow
        }
        return (grave ?? []).compactMap { trigger in
            book.breached[trigger.name].map { ($0, book.breachedIn[trigger.name]) }
        }.max { $0.0 < $1.0 }
    }

    /// A task really begins.
    func begins(_ task: StepTask) throws(Violation) {
        tally.steps += 1
        guard let plan = store.state.services[task.service]?.rollbackInspection?.plan else {
            throw Violation("intent-before-effect", "\(task.id) has no stored plan")
        }
        try steps.begins(
            task, plan, at: clock.moment.boot,
            isForced: durable.services[task.service]?.forced == task.rollback)
    }
}
