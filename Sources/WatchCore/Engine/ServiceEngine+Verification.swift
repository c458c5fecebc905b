// Verification asks two questions and tells them apart: did the old release land, and did that
// cure? Each is answered by reading only.

extension ServiceEngine {
    /// Version sources and probes are asked so often while a rollback waits for them.
    static let askEvery = Duration.seconds(2)
    /// So long at least the world is looked at before the first step: each service is judged once
    /// more meanwhile, so that a common cause shows.
    static let rereadAtLeast = Duration.seconds(1)
    /// So long the reading before the first step may take.
    static let rereadWithin = Duration.seconds(10)
    /// A task that does not answer so long after its time is lost.
    static let answerGrace = Duration.minutes(2)
    /// Contrary reads in a row that take *landed* back.
    static let contraryReads = 2

    var isSettledAfterRollback: Bool {
        if case .curing(let curing) = state.rollback?.stage { curing.settled != nil } else { false }
    }

    mutating func askVersions(_ context: inout Context) {
        lastAsked = context.now.boot
        guard !configuration.version.isEmpty else { return }
        context.actions.append(.readVersions(service: name))
    }

    /// Counts reads of the target, and contrary ones, since the method ended.
    mutating func noteReadForRollback(_ reading: VersionReading, source index: Int) {
        guard let rollback = state.rollback, let ended = rollback.methodEnded,
            reading.asked >= ended.boot
        else { return }
        switch reading.answer {
        case .version(let version, let commit, _):
            let identity = ReleaseIdentity(version: version, commit: commit)
            if identity.matches(rollback.to) {
                state.rollback?.targetReads[index, default: 0] += 1
                state.rollback?.contraryReads[index] = 0
            } else {
                state.rollback?.targetReads[index] = 0
                state.rollback?.contraryReads[index, default: 0] += 1
            }
        case .unavailable:
            state.rollback?.targetReads[index] = nil
            state.rollback?.contraryReads[index] = nil
        }
    }

    mutating func noteProbeForVerification(_ probe: String, _ result: ProbeResult) {
        guard case .curing(var curing) = state.rollback?.stage,
            let rollback = state.rollback, rollback.plan.verify.probes.contains(probe)
        else { return }
        if case .fail = result.outcome, curing.settled != nil {
            curing.clearSince = nil
            state.rollback?.stage = .curing(curing)
        }
    }

    mutating func beginLanding(_ context: inout Context) {
        state.rollback?.stage = .landing(since: context.now)
        state.rollback?.record.state = .landing
        state.incident?.record.state = .verifying
        context.isDirty = true
        context.events.append(
            event("verify.landing", context, text: "does the target run again?"))
        askVersions(&context)
    }

    /// What time brings to a rollback.
    mutating func advanceRollback(_ context: inout Context) {
        guard let rollback = state.rollback, !context.mode.assumesRollbacks else { return }
        syncRollbackRecord()
        if let pending = rollback.pending, let since = rollback.pendingSince {
            if context.now.boot - since.boot > pending.timeout + Self.answerGrace {
                context.actions.append(.cancel(id: pending.id))
                taskFinished(
                    pending.id, TaskResult(ending: .unknown("no answer came in time")), &context)
            }
            return
        }
        switch rollback.stage {
        case .rereading(let since): advanceRereading(since, &context)
        case .landing(let since): advanceLanding(since, &context)
        case .curing(let curing): advanceCuring(curing, &context)
        case .gate, .before, .step, .check, .after: break
        }
        syncRollbackRecord()
    }

    /// The incident's record shows the rollback as it stands.
    func rollbackIndex(_ incident: Incident, _ rollback: Rollback) -> Int? {
        incident.record.rollbacks.lastIndex { $0.id == rollback.id }
    }

    mutating func syncRollbackRecord() {
        guard let rollback = state.rollback, let incident = state.incident,
            let index = rollbackIndex(incident, rollback)
        else { return }
        state.incident?.record.rollbacks[index] = rollback.record
    }

    /// Whether it was due.
    @discardableResult
    private mutating func askAgainWhenDue(_ context: inout Context) -> Bool {
        if let last = lastAsked, context.now.boot - last < Self.askEvery { return false }
        askVersions(&context)
        return true
    }

    // MARK: - Before the first step

    private mutating func advanceRereading(_ since: Moment, _ context: inout Context) {
        let now = context.now.boot
        let answered = tracker.sources.allSatisfy { source in
            source.lastAsked.map { $0 >= since.boot } ?? false
        }
        let waited = now - since.boot
        guard waited >= Self.rereadAtLeast, answered || waited >= Self.rereadWithin else {
            askAgainWhenDue(&context)
            return
        }
        guard let rollback = state.rollback else { return }
        switch rereadVersion(rollback) {
        case .target:
            context.events.append(
                event("verify.early", context, text: "the target runs already"))
            state.rollback?.methodEnded = since
            beginLanding(&context)
        case .unknown where !rollback.asker.isPerson:
            withdraw(
                Refusal(.releaseUnknown, "no version source answers any more"), &context)
        case .other(let release):
            withdraw(
                Refusal(
                    .releaseChanged,
                    "\(release.text) runs now, not \(rollback.from.text) any more"), &context)
        case .from, .unknown:
            rereadVerdicts(rollback, &context)
        }
    }

    private enum Reread {
        case from, target, unknown
        case other(ReleaseIdentity)
    }

    private func rereadVersion(_ rollback: Rollback) -> Reread {
        if tracker.mixed != nil { return .from }
        if let announced = tracker.announced, announced.identity.matches(rollback.from) {
            return .from
        }
        guard let leader = tracker.leader, let read = tracker.sources[leader].identity else {
            return tracker.announced == nil && !configuration.version.isEmpty ? .unknown : .from
        }
        if read.matches(rollback.from) { return .from }
        if read.matches(rollback.to) { return .target }
        return .other(read)
    }

    private mutating func rereadVerdicts(_ rollback: Rollback, _ context: inout Context) {
        guard case .watchd(let name) = rollback.asker else {
            startActing(&context)
            return
        }
        guard state.incident?.hasOpenBreach ?? false else {
            withdraw(nil, &context)
            return
        }
        let breached = configuration.triggers.filter {
            $0.mode == .auto && (triggers[$0.name]?.isBreached ?? false)
        }
        guard let trigger = breached.first(where: { $0.name == name }) ?? breached.first else {
            withdraw(
                Refusal(.trigger(name), "'\(name)' has cleared; what remains only pages"), &context)
            return
        }
        switch automaticAction(trigger, context) {
        case .success: startActing(&context)
        case .failure(let refusal): withdraw(refusal, &context)
        }
    }

    // MARK: - Landed

    private mutating func advanceLanding(_ since: Moment, _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        if let third = thirdRelease(rollback) {
            handOver(
                reason: Reason.releaseChanged.code,
                "\(third.text) runs now: neither \(rollback.from.text) nor \(rollback.to.text)",
                &context)
            return
        }
        if hasLanded(rollback) {
            landed(&context)
            return
        }
        let within = rollback.plan.verify.landWithin
        if context.now.boot - since.boot >= within {
            nextMethod("the target was not read within \(within.text)", &context)
        } else if rollback.methodFailed, isSurelyNotLanded(rollback) {
            nextMethod("a step failed, and the old version is still read", &context)
        } else {
            askAgainWhenDue(&context)
        }
    }

    /// Every source that answers, at least one, read the target often enough in a row.
    private func hasLanded(_ rollback: Rollback) -> Bool {
        guard let ended = rollback.methodEnded else { return false }
        let needed = tracker.readsToLand(configured: rollback.plan.verify.version)
        var answering = 0
        for (index, source) in tracker.sources.enumerated()
        where !rollback.leftOut.contains(index) {
            guard let asked = source.lastAsked, asked >= ended.boot else { return false }
            if let reads = rollback.targetReads[index] {
                guard reads >= needed else { return false }
                answering += 1
            }
        }
        return answering > 0
    }

    /// Some source that counts reads something else than the target again and again.
    private func isSurelyNotLanded(_ rollback: Rollback) -> Bool {
        rollback.contraryReads.contains { index, reads in
            reads >= Swift.max(Self.contraryReads, rollback.plan.verify.version)
                && !rollback.leftOut.contains(index)
        }
    }

    private func thirdRelease(_ rollback: Rollback) -> ReleaseIdentity? {
        guard let running = state.book.running?.release, tracker.mixed == nil,
            !running.matches(rollback.from), !running.matches(rollback.to)
        else { return nil }
        return running
    }

    private mutating func landed(_ context: inout Context) {
        guard let rollback = state.rollback else { return }
        if !(state.book.running?.release.matches(rollback.to) ?? false) {
            tracker.noteOwnRollback(to: rollback.to)
            state.rollback?.hasActed = true
            deploymentBegan(
                rollback.to, began: context.now.boot, lastSeenBefore: context.now.boot,
                origin: .rollback(id: rollback.id), fields: [:], &context)
        }
        state.rollback?.stage = .curing(Rollback.Curing(landed: context.now))
        state.rollback?.record.state = .curing
        context.isDirty = true
        context.events.append(
            event("verify.landed", context, text: "\(rollback.to.text) runs again"))
    }

    // MARK: - Cured

    private mutating func advanceCuring(_ before: Rollback.Curing, _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        var curing = before
        let verify = rollback.plan.verify
        if let third = thirdRelease(rollback) {
            handOver(
                reason: Reason.releaseChanged.code,
                "\(third.text) runs now: neither \(rollback.from.text) nor \(rollback.to.text)",
                &context)
            return
        }
        if isSurelyNotLanded(rollback) {
            context.events.append(
                event("verify.not-landed", context, text: "the old version is read again"))
            beginLanding(&context)
            return
        }
        if curing.settled == nil { settle(&curing, verify, &context) }
        let conditions = curing.settled == nil ? [] : self.conditions(rollback, context.now.boot)
        note(conditions, &curing, context.now)
        state.rollback?.stage = .curing(curing)
        if let since = curing.clearSince, context.now.boot - since.boot >= verify.clearFor {
            recovered(unconfirmed: [], &context)
        } else if context.now.boot - curing.landed.boot >= verify.timeout {
            curingTimedOut(curing, conditions, &context)
        } else if askAgainWhenDue(&context), !verify.probes.isEmpty {
            context.actions.append(.probeNow(service: name, probes: verify.probes))
        }
    }

    private mutating func settle(
        _ curing: inout Rollback.Curing, _ verify: Verify, _ context: inout Context
    ) {
        guard context.now.boot - curing.landed.boot >= verify.settle,
            verify.probes.allSatisfy({ isPassing($0, since: curing.landed.boot) })
        else { return }
        curing.settled = context.now
        context.isDirty = true
        restartWindows(at: context.now.boot)
        context.events.append(
            event("verify.settled", context, text: "settled; from here samples count"))
    }

    private func isPassing(_ probe: String, since: Instant) -> Bool {
        guard let health = probes[probe]?.health, !health.isBlind else { return false }
        return health.state == .passing && health.failsInRow == 0
            && (health.lastVerdict.map { $0 >= since } ?? false)
    }

    /// A condition of *cured*: whether it holds, and what it is called.
    private struct Condition {
        var name: String
        var holds: Truth
        var isProbe = false
    }

    private mutating func conditions(_ rollback: Rollback, _ now: Instant) -> [Condition] {
        let verify = rollback.plan.verify
        var result: [Condition] = verify.probes.map { probe in
            let passing = isPassing(probe, since: restarted)
            let failing = probes[probe]?.health.state == .failing
            return Condition(
                name: probe, holds: passing ? .true : failing ? .false : .unknown, isProbe: true)
        }
        let names = Set(state.incident?.record.breaches.map(\.trigger) ?? [])
        for trigger in configuration.triggers where names.contains(trigger.name) {
            let evaluation = evaluate(trigger.when, judgement(of: trigger), now: now)
            let holds: Truth =
                switch evaluation.truth {
                case .true: .false
                case .false: .true
                case .unknown: .unknown
                }
            result.append(Condition(name: trigger.name, holds: holds))
        }
        var judgement = configuration.judgement
        judgement.warmUp = .zero
        for expression in verify.when {
            let evaluation = evaluate(expression, judgement, now: now)
            result.append(Condition(name: expression.source, holds: evaluation.truth))
        }
        return result
    }

    private func note(
        _ conditions: [Condition], _ curing: inout Rollback.Curing, _ now: Moment
    ) {
        for condition in conditions where condition.holds == .false {
            curing.seenBad.insert(condition.name)
        }
        let allHold = curing.settled != nil && conditions.allSatisfy { $0.holds == .true }
        if allHold {
            curing.clearSince = curing.clearSince ?? now
        } else {
            curing.clearSince = nil
        }
    }

    private mutating func curingTimedOut(
        _ curing: Rollback.Curing, _ conditions: [Condition], _ context: inout Context
    ) {
        let probesPass =
            curing.settled != nil && conditions.filter(\.isProbe).allSatisfy { $0.holds == .true }
        let open = conditions.filter { $0.holds != .true }.map(\.name)
        let wasBad = conditions.contains { condition in
            curing.seenBad.contains(condition.name) && !condition.isProbe
        }
        let within = state.rollback?.plan.verify.timeout.text ?? ""
        guard probesPass, !wasBad else {
            let what = open.isEmpty ? curing.seenBad.sorted() : open
            let named = what.isEmpty ? "the probes did not pass" : what.joined(separator: ", ")
            handOver(
                reason: Reason.notTheRelease.code,
                "the old release runs again, but within \(within) this did not clear: \(named); "
                    + "very likely the release was not the cause", &context)
            return
        }
        recovered(
            unconfirmed: open.isEmpty ? ["all clear, but only since a short time"] : open,
            &context)
    }
}
