// *Landed*: does the target run again? Every source that answers must say so, several times in a
// row; or, where the sources cannot know, the method's own check.

extension ServiceEngine {
    /// Contrary reads in a row after which a method whose step failed is given up at once.
    static let readsToGiveUp = 2

    mutating func beginLanding(_ context: inout Context) {
        if context.isRetired(name) {
            handOverUnverified(&context)
            return
        }
        state.rollback?.stage = .landing(since: context.now)
        state.rollback?.record.state = .landing
        state.rollback?.record.verifying = context.now.wall
        state.rollback?.record.landed = nil
        state.incident?.record.state = .verifying
        context.isDirty = true
        context.events.append(
            transition(
                "verify.landing", context, reason: "landing", text: "does the target run again?"))
        askVersions(&context)
        askMethodCheck(since: context.now, &context)
    }

    mutating func advanceLanding(_ since: Moment, _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        if !rollback.mayMakeRelease, let third = thirdRelease(rollback) {
            handOver(reason: Reason.releaseChanged.code, third, &context)
            return
        }
        // The right version with rows missing is not what the method was to bring back.
        if let wrong = rollback.wrongAnswer {
            nextMethod(wrong, &context)
            return
        }
        if hasLanded(rollback) {
            landed(&context)
            return
        }
        let within = rollback.plan.verify.landWithin
        if context.now.boot - since.boot >= within {
            let isFlag = rollback.currentMethod?.changesFlag ?? false
            let what = isFlag ? "the method's check did not pass" : "the target was not read"
            nextMethod("\(what) within \(within.text)", &context)
        } else if rollback.methodFailed, isSurelyNotLanded(rollback) {
            nextMethod("a step failed, and the old version is still read", &context)
        } else if askAgainWhenDue(&context) {
            askMethodCheck(since: since, &context)
        }
    }

    /// Every source that answers, at least one, read the target often enough in a row. The
    /// method's check stands in where none answers; a source that contradicts it is believed. It
    /// alone can say that a release which nobody knew is the method's work.
    private func hasLanded(_ rollback: Rollback) -> Bool {
        let checked = rollback.checkPassed ?? false
        if rollback.currentMethod?.changesFlag ?? false { return checked }
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
        return checked || answering > 0 && rollback.product == nil
    }

    /// Some source that counts reads something else than the target again and again.
    private func isSurelyNotLanded(_ rollback: Rollback) -> Bool {
        rollback.contraryReads.contains { index, reads in
            reads >= Swift.max(Self.readsToGiveUp, rollback.plan.verify.version)
                && !rollback.leftOut.contains(index)
        }
    }

    /// A source that counts read something else than the target last: *landed* is taken back.
    func isContradicted(_ rollback: Rollback) -> Bool {
        guard !(rollback.currentMethod?.changesFlag ?? false) else { return false }
        return rollback.contraryReads.contains { index, reads in
            reads > 0 && !rollback.leftOut.contains(index)
        }
    }

    /// A release that is neither the bad one nor the target, in a sentence.
    func thirdRelease(_ rollback: Rollback) -> String? {
        guard let running = state.book.running?.release else { return nil }
        return third(running, rollback)
    }

    /// Also one that was read once only: asked before each later method.
    func unexpectedRelease(_ rollback: Rollback) -> String? {
        if let third = thirdRelease(rollback) { return third }
        guard tracker.announced == nil, let leader = tracker.leader,
            let read = tracker.sources[leader].identity
        else { return nil }
        return third(read, rollback)
    }

    private func third(_ release: ReleaseIdentity, _ rollback: Rollback) -> String? {
        let isMade =
            rollback.checkPassed ?? false && rollback.product?.matches(release) ?? false
        guard tracker.mixed == nil, !isMade, !rollback.expects(release) else { return nil }
        return "\(release.text) runs now: neither \(rollback.from.text) nor \(rollback.to.text)"
    }

    private mutating func landed(_ context: inout Context) {
        guard let rollback = state.rollback else { return }
        let isFlag = rollback.currentMethod?.changesFlag ?? false
        let result = rollback.result
        if isFlag {
        } else if !(state.book.running?.release.matches(result) ?? false) {
            tracker.noteOwnRollback(to: result)
            state.rollback?.hasActed = true
            deploymentBegan(
                result, began: context.now.boot, lastSeenBefore: context.now.boot,
                origin: .rollback(id: rollback.id), fields: [:], &context)
        } else if rollback.product != nil {
            state.book.creditRunning(toRollback: rollback.id)
            state.rollback?.hasLanded = true
        }
        state.rollback?.landings = (rollback.landings ?? 0) + 1
        state.rollback?.stage = .curing(Rollback.Curing(landed: context.now))
        state.rollback?.record.state = .curing
        state.rollback?.record.landed = context.now.wall
        context.isDirty = true
        let what: String
        if isFlag {
            what = "the method's check passes"
        } else if let product = rollback.product {
            what =
                "\(product.text) runs, which is \(rollback.to.text) again: the method's "
                + "check passes"
        } else {
            what = "\(rollback.to.text) runs again"
        }
        context.events.append(
            transition("verify.landed", context, reason: "landed", text: what))
    }

    /// A contrary read after *landed*; often enough the method counts as not landed.
    mutating func landedNoMore(_ rollback: Rollback, _ context: inout Context) {
        context.events.append(
            transition(
                "verify.not-landed", context, reason: "not-landed",
                text: "another version than \(rollback.to.text) is read again"))
        if rollback.landings ?? 0 >= Rollback.landingLimit {
            nextMethod("\(rollback.to.text) landed and was gone again, several times", &context)
        } else {
            beginLanding(&context)
        }
    }

    // MARK: - The method's own check

    /// Asks it, unless it has passed or an answer is awaited.
    private mutating func askMethodCheck(since: Moment, _ context: inout Context) {
        guard let rollback = state.rollback, rollback.pending == nil,
            !(rollback.checkPassed ?? false), let method = rollback.currentMethod,
            let check = method.check, case .landing = rollback.stage
        else { return }
        let left = rollback.plan.verify.landWithin - (context.now.boot - since.boot)
        guard left > .zero else { return }
        let title = "check of method \(method.name)"
        // Asked again and again: the last answer is kept.
        state.rollback?.record.steps.removeAll { $0.title == title }
        let round = (rollback.checkRound ?? 0) + 1
        state.rollback?.checkRound = round
        state.rollback?.isCheckStale = nil
        launch(
            id: "m\(rollback.method)k\(round)", title: title, action: check, timeout: left,
            &context)
    }

    mutating func methodCheckAnswered(_ result: TaskResult, _ context: inout Context) {
        let isStale = state.rollback?.isCheckStale ?? false
        state.rollback?.checkPassed = result.succeeded && !isStale
        if let stop = state.rollback?.stop {
            handOver(reason: stop.reason, stop.text, &context)
        }
    }
}
