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

    var isSettledAfterRollback: Bool {
        // Asked for each trigger in each second.
        if case .curing(let curing) = state.$rollback.peek({ $0.stage }) {
            curing.settled != nil
        } else {
            false
        }
    }

    mutating func askVersions(_ context: inout Context) {
        lastAsked = context.now.boot
        guard !configuration.version.isEmpty else { return }
        context.actions.append(.readVersions(service: name))
    }

    /// Counts reads of the target, and contrary ones, since the method ended.
    mutating func noteReadForRollback(_ reading: VersionReading, source index: Int) {
        guard state.hasRollback, let rollback = state.rollback, let ended = rollback.methodEnded,
            reading.asked >= ended.boot
        else { return }
        switch reading.answer {
        case .version(let version, let commit, _):
            let identity = ReleaseIdentity(version: version, commit: commit)
            noteProduct(identity)
            if identity.matches(state.rollback?.result ?? rollback.to) {
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

    /// A release that is neither the target nor the one before, where the method may have made it.
    /// Its check is asked about it anew.
    private mutating func noteProduct(_ read: ReleaseIdentity) {
        guard let rollback = state.rollback, rollback.mayMakeRelease,
            !rollback.result.matches(read)
        else { return }
        let isMade = !rollback.expects(read) && !ranBefore(read, rollback)
        // The bad release read again says nothing about what the method made.
        guard isMade || rollback.to.matches(read) else { return }
        state.rollback?.product = isMade ? read : nil
        state.rollback?.targetReads = [:]
        state.rollback?.checkPassed = nil
        if rollback.pending != nil { state.rollback?.isCheckStale = true }
    }

    /// It ran before the rollback began, so nobody made it: a source that says it now is wrong, or
    /// other hands put it back.
    private func ranBefore(_ release: ReleaseIdentity, _ rollback: Rollback) -> Bool {
        state.book.deployments.contains {
            $0.began.boot < rollback.began.boot && $0.release.matches(release)
        }
    }

    mutating func noteProbeForVerification(_ probe: String, _ result: ProbeResult) {
        guard state.hasRollback, case .curing(var curing) = state.rollback?.stage,
            let rollback = state.rollback, rollback.plan.verify.probes.contains(probe)
        else { return }
        if case .fail = result.outcome, curing.settled != nil {
            curing.clearSince = nil
            state.rollback?.stage = .curing(curing)
        }
    }

    /// What time brings to a rollback.
    mutating func advanceRollback(_ context: inout Context) {
        guard state.hasRollback, !context.mode.assumesRollbacks else { return }
        syncRollbackRecord()
        tellProgress(&context)
        // Member by member: a rollback is long to copy.
        if let pending = state.$rollback.peek({ $0.pending }),
            let since = state.$rollback.peek({ $0.pendingSince })
        {
            if pending.action.isOurs {
                advanceOwn(pending, since: since, &context)
            } else if context.storeProblem == nil,
                context.now.boot - since.boot > pending.timeout + Self.answerGrace
            {
                // While nothing can be recorded it may not even have been begun.
                context.actions.append(.cancel(id: pending.id))
                taskFinished(
                    pending.id, TaskResult(ending: .unknown("no answer came in time")), &context)
            }
            syncRollbackRecord()
            return
        }
        if let at = state.$rollback.peek({ $0.retryAt }) {
            guard at.boot <= context.now.boot else { return }
            state.rollback?.retryAt = nil
            repeatStep(&context)
            syncRollbackRecord()
            return
        }
        switch state.$rollback.peek({ $0.stage }) {
        case .rereading(let since): advanceRereading(since, &context)
        case .landing(let since): advanceLanding(since, &context)
        case .curing(let curing): advanceCuring(curing, &context)
        case .gate, .before, .step, .check, .after, nil: break
        }
        syncRollbackRecord()
    }

    /// The incident's record shows the rollback as it stands.
    mutating func syncRollbackRecord() {
        // Mostly it does already, and to write it would copy what was handed to the store.
        guard state.hasRollback, let record = state.$rollback.peek({ $0.record }),
            let shown = state.peek(.breaches, { $0.record.rollbacks }),
            let place = shown.indices.last(where: { shown[$0].id == record.id }),
            shown[place] != record
        else { return }
        state.incident?.record.rollbacks[place] = record
    }

    /// Whether it was due.
    @discardableResult
    mutating func askAgainWhenDue(_ context: inout Context) -> Bool {
        if let last = lastAsked, context.now.boot - last < Self.askEvery { return false }
        askVersions(&context)
        return true
    }

    // MARK: - Cured

    private mutating func advanceCuring(_ before: Rollback.Curing, _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        var curing = before
        let verify = rollback.plan.verify
        if let third = thirdRelease(rollback) {
            handOver(reason: Reason.releaseChanged.code, third, &context)
            return
        }
        if isContradicted(rollback) {
            landedNoMore(rollback, &context)
            return
        }
        if curing.settled == nil { settle(&curing, verify, &context) }
        let conditions = curing.settled == nil ? [] : self.conditions(rollback, context)
        note(conditions, &curing, context.now)
        state.rollback?.stage = .curing(curing)
        if let since = curing.clearSince, context.now.boot - since.boot >= verify.clearFor {
            recovered(unconfirmed: [], &context)
        } else if context.now.boot - curing.landed.boot >= verify.timeout {
            curingTimedOut(curing, conditions, &context)
        } else if askAgainWhenDue(&context) {
            probeForVerification(verify.probes, &context)
        }
    }

    private mutating func settle(
        _ curing: inout Rollback.Curing, _ verify: Verify, _ context: inout Context
    ) {
        guard context.now.boot - curing.landed.boot >= verify.settle,
            verify.probes.allSatisfy({ isPassing($0, since: curing.landed.boot, context) })
        else { return }
        curing.settled = context.now
        context.isDirty = true
        restartWindows(at: context.now.boot)
        context.events.append(
            event("verify.settled", context, text: "settled; from here samples count"))
    }

    private func isPassing(_ probe: String, since: Instant, _ context: Context) -> Bool {
        guard let health = health(ofProbe: probe, context), !health.isBlind else { return false }
        return health.state == .passing && health.failsInRow == 0
            && (health.lastVerdict.map { $0 >= since } ?? false)
    }

    /// A condition of *cured*: whether it holds, and what it is called.
    private struct Condition {
        var name: String
        var holds: Truth
        var isProbe = false
    }

    private mutating func conditions(
        _ rollback: Rollback, _ context: Context
    ) -> [Condition] {
        let now = context.now.boot
        let verify = rollback.plan.verify
        var result: [Condition] = verify.probes.map { probe in
            let passing = isPassing(probe, since: restarted, context)
            let failing = health(ofProbe: probe, context)?.state == .failing
            return Condition(
                name: probe, holds: passing ? .true : failing ? .false : .unknown, isProbe: true)
        }
        let names = Set(state.incident?.record.breaches.map(\.trigger) ?? [])
        for trigger in configuration.triggers where names.contains(trigger.name) {
            let finding = find(
                trigger.when, judgement(of: trigger),
                isBreached: triggers[trigger.name]?.isBreached ?? false, now: now)
            let holds: Truth =
                switch finding.truth {
                case .true: .false
                case .false: .true
                case .unknown: .unknown
                }
            result.append(Condition(name: trigger.name, holds: holds))
        }
        var judgement = configuration.judgement
        judgement.warmUp = .zero
        for expression in verify.when {
            let finding = find(expression, judgement, now: now)
            result.append(Condition(name: expression.source, holds: finding.truth))
        }
        return result
    }

    private func note(
        _ conditions: [Condition], _ curing: inout Rollback.Curing, _ now: Moment
    ) {
        for condition in conditions {
            if condition.holds == .false { curing.seenBad.insert(condition.name) }
            curing.goodSince = curing.goodSince ?? [:]
            let since = curing.goodSince?[condition.name] ?? now
            curing.goodSince?[condition.name] = condition.holds == .true ? since : nil
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
        guard let verify = state.rollback?.plan.verify else { return }
        let wasBad = conditions.contains {
            !$0.isProbe
                && curing.isBad($0.name, clearFor: verify.clearFor, now: context.now)
        }
        guard probesPass, !wasBad else {
            let what = open.isEmpty ? curing.seenBad.sorted() : open
            let named = what.isEmpty ? "the probes did not pass" : what.joined(separator: ", ")
            landedInVain(
                "\(state.rollback?.to.text ?? "the old release") runs again, but within "
                    + "\(verify.timeout.text) "
                    + "this did not clear: \(named); very likely the release was not the cause",
                isSeen: conditions.contains { $0.holds == .false }, &context)
            return
        }
        recovered(
            unconfirmed: open.isEmpty ? ["all clear, but only since a short time"] : open,
            &context)
    }
}
