// What becomes of steps: they begin at most once for each id, do what they are for or do not, and
// answer, or do not. Gates and checks look at the world and may be unable to.

import WatchCore

extension Simulation {
    func start(_ task: StepTask) throws(Violation) {
        guard store.state.services[task.service]?.pendingTask == task else {
            throw Violation(
                "intent-before-effect", "\(task.id) is run, and what is stored does not say so")
        }
        if let job = runner.job(task.id) {
            switch job.state {
            case .running: break
            case .ended(let result): delayed.append((clock.time, .task(id: task.id, result)))
            case .lost:
                delayed.append(
                    (clock.time, .task(id: task.id, TaskResult(ending: .unknown("a reboot")))))
            }
            return
        }
        try begins(task)
        if task.action.isCheck, let index = index(task.service) {
            made[index].asks(task, at: clock.time)
        }
        let conduct: TaskRunner.Conduct =
            !isHealing && random.chance(profile.stepFault)
            ? random.pick([
                .fails, .fails, .fails, .worksAndFails, .lies, .hangs, .mute, .couldNotStart,
                .unsure, .unsureAndIdle,
            ]) : .succeeds
        say("  task \(task.id) begins, \(conduct)")
        runner.begin(task, conduct, takes: random.nanoseconds(upTo: 5), at: clock.time)
    }

    /// Steps that end by then do what they do, and say so.
    func endTasks(until target: Int64) throws(Violation) {
        for (id, result, works) in runner.ended(by: target) {
            guard let job = runner.job(id) else { continue }
            if works { work(job.task) }
            let result = answer(of: job, result)
            runner.overrule(id, result)
            say("task \(id) ended: \(result.ending)")
            guard job.conduct != .mute else { continue }
            try deliver(.task(id: id, result))
        }
    }

    /// A step that changes the version has done so.
    func work(_ task: StepTask) {
        let work = task.action.work
        guard !task.action.isCheck, !task.action.isGate else { return }
        steps.worked(task)
        guard work.contains("switch"), let version = task.variables["to.version"],
            let index = index(task.service)
        else { return }
        if work.contains("make-switch") {
            worlds[index].make(from: version, by: task.rollback, at: clock.time)
            // Somebody's hotfix, at the same moment.
            if !isHealing, random.chance(25) {
                agenda.append((clock.time + random.nanoseconds(upTo: 8), .deploy(service: index)))
            }
        } else {
            worlds[index].redeploy(version, at: clock.time, byRollback: true)
        }
    }

    /// Gates and checks answer what they find.
    private func answer(of job: TaskRunner.Job, _ result: TaskResult) -> TaskResult {
        let action = job.task.action
        let isAsked = action.isCheck || action.isGate
        guard isAsked, !job.isCancelled else { return result }
        switch job.conduct {
        case .fails, .couldNotStart, .unsure, .unsureAndIdle:
            return action.silence(&random)
        case .hangs: return result
        case .succeeds, .worksAndFails, .lies, .mute: break
        }
        if action.isCheck {
            return findsDone(job.task) ? TaskResult(ending: .exited(0)) : action.denial
        }
        guard !isHealing, random.chance(profile.gateFault) else {
            return TaskResult(ending: .exited(0))
        }
        return blocked(action)
    }

    private func blocked(_ action: Action) -> TaskResult {
        switch action {
        case .unit, .exec: TaskResult(ending: .exited(random.pick([10, 11, 12, 1])))
        case .http, .sql, .wait, .manual:
            random.chance(70) ? action.denial : action.silence(&random)
        }
    }

    /// What an honest check sees.
    private func findsDone(_ task: StepTask) -> Bool {
        guard let place = StepPlace(task), place.isOfMethod else {
            return steps.hasWorked(checkedBy: task)
        }
        guard let world = worlds.first(where: { $0.name == task.service }) else { return false }
        return world.truth.madeBy == task.rollback
            || world.truth.version == task.variables["to.version"]
    }

    // MARK: - Steps that the engine sees to itself

    /// It waits now, or has told somebody what to do: what was stored says so.
    func beginOwn(_ transaction: Transaction) throws(Violation) {
        for event in transaction.events where event.kind == "step.started" {
            guard let name = event.service, let state = transaction.services[name],
                let task = state.pendingTask, task.action.isOurs,
                let plan = state.rollbackInspection?.plan
            else { continue }
            tally.steps += 1
            if case .manual = task.action { tally.manualSteps += 1 }
            try steps.begins(
                task, plan, at: clock.moment.boot,
                isForced: durable.services[name]?.forced == task.rollback)
        }
        for message in transaction.messages { try steps.asks(message) }
    }

    /// Somebody reads what is to be done, and does it, or not, late, twice, or says so untruly.
    func hearOfManual(_ message: Message) {
        // Most messages are about no rollback, and to search a title takes longer.
        guard let id = message.fields.first(where: { $0.name == "rollback" })?.value,
            message.title.contains(StepBook.asks)
        else { return }
        let first = clock.time + random.nanoseconds(upTo: isHealing ? 5 : random.pick([8, 60]))
        guard isHealing || random.chance(70) else { return }
        let succeeds = isHealing || random.chance(75)
        agenda.append((first, .doStep(rollback: id, succeeds: succeeds)))
        guard !isHealing, random.chance(25) else { return }
        agenda.append((first + random.nanoseconds(upTo: 10), .doStep(rollback: id, succeeds: true)))
    }

    func doStep(_ rollback: String, _ succeeds: Bool) throws(Violation) {
        let stored = store.state.services.first { $0.value.rollbackID == rollback }?.value
        // Who comes late does it all the same, now and then.
        if let task = stored?.pendingTask, case .manual = task.action, succeeds,
            isHealing || random.chance(85)
        {
            work(task)
        }
        try command(.stepDone(rollback: rollback, succeeded: succeeds, comment: ""))
    }

    // MARK: - Gates that are only asked

    /// The engine wants it, or takes it back.
    func noteDry(_ task: StepTask) throws(Violation) {
        if let id = rollbackUnderWay {
            throw Violation("no-dry-gate-in-a-rollback", "\(task.id) is asked while \(id) runs")
        }
        tally.dryGates += 1
        dryGates[task.id] = clock.time + task.timeout.nanoseconds
    }

    func askDry(_ task: StepTask) {
        // Some never answer.
        guard dryGates[task.id] != nil, isHealing || random.chance(90) else { return }
        let result =
            !isHealing && random.chance(profile.gateFault)
            ? blocked(task.action) : TaskResult(ending: .exited(0))
        delayed.append((clock.time + random.nanoseconds(upTo: 4), .task(id: task.id, result)))
    }

    private var rollbackUnderWay: String? {
        for index in emitted.services.keys.indices {
            if let id = emitted.services[index]?.rollback?.id { return id }
        }
        return nil
    }

    /// One that was out when a rollback began is taken back at the next second.
    func checkDryGates() throws(Violation) {
        guard !dryGates.isEmpty else { return dryOverlap = nil }
        if let done = dryGates.first(where: { $0.value <= clock.time }) {
            dryGates[done.key] = nil
        }
        guard !dryGates.isEmpty, let id = rollbackUnderWay else { return dryOverlap = nil }
        let since = dryOverlap ?? clock.time
        dryOverlap = since
        guard clock.time - since > 2 * Clock.second else { return }
        throw Violation(
            "no-dry-gate-in-a-rollback", "\(dryGates.keys.sorted()) are asked while \(id) runs")
    }
}
