// A state of one service without what makes no difference any more: numbers, words and how things
// came about are left out, and times are told as far as some rule still asks for them. Two states
// that are equal here do the same from here on. For the simulator's search.

package struct AbstractState: Hashable, Sendable {
    package private(set) var parts: [Int] = []

    package mutating func add(_ value: Int) { parts.append(value) }
    package mutating func add(_ value: Bool?) { parts.append(value.map { $0 ? 1 : 0 } ?? -1) }
    fileprivate mutating func add<T: Hashable>(_ value: T?, among known: [T]) {
        parts.append(value.flatMap { known.firstIndex(of: $0) } ?? -1)
    }
}

/// What an abstraction is made with.
package struct Abstraction: Sendable {
    /// Time goes by in steps of so long.
    package var step: Duration
    /// What lies more steps ahead is far, and how far makes no difference: such times come only
    /// when a world lets them pass at once.
    package var horizon: Int
    /// Versions there are, in an order of their own.
    package var versions: [String]

    package init(step: Duration, horizon: Int, versions: [String]) {
        self.step = step
        self.horizon = horizon
        self.versions = versions
    }

    private func steps(_ span: Duration) -> Int {
        Int(span.nanoseconds.flooredDivision(by: step.nanoseconds))
    }

    /// Of something that some rule asks whether it is `limit` ago: exact up to there.
    fileprivate func age(_ instant: Instant?, _ now: Instant, asked limit: Duration) -> Int {
        guard let instant else { return -1 }
        let age = now - instant
        if steps(limit) > horizon { return age > limit ? 2 : age == limit ? 1 : 0 }
        return Swift.min(steps(age), steps(limit) + 1)
    }

    /// Of a deadline.
    fileprivate func left(_ instant: Instant?, _ now: Instant) -> Int {
        guard let instant else { return -1 }
        return Swift.max(0, Swift.min(horizon + 1, steps(instant - now)))
    }
}

extension Engine {
    package func abstract(
        _ service: String, _ abstraction: Abstraction, at now: Moment
    ) -> AbstractState {
        var result = AbstractState()
        guard let service = services[service] else { return result }
        result.add(storeProblem != nil)
        result.add(host.arming.isArmed(at: now))
        addQuiet(&result, abstraction, now.boot)
        service.addRelease(&result, abstraction, now.boot, configuration.limits)
        service.addVerdicts(&result, abstraction, now.boot)
        service.addIncident(service.state.incident, &result, abstraction, now.boot)
        service.addBlindness(&result, abstraction, now.boot)
        service.addRollback(&result, abstraction, now.boot)
        return result
    }

    private func addQuiet(
        _ result: inout AbstractState, _ abstraction: Abstraction, _ now: Instant
    ) {
        for silence in host.quiet?.silences ?? [] {
            result.add(abstraction.left(silence.until?.boot, now))
        }
        result.add(-2)
        for maintenance in host.quiet?.maintenance ?? [] {
            result.add(abstraction.left(maintenance.until?.boot, now))
        }
        result.add(-2)
        result.add(ownFault.map { $0.number != nil })
    }
}

extension ServiceEngine {
    fileprivate func addRelease(
        _ result: inout AbstractState, _ abstraction: Abstraction, _ now: Instant,
        _ limits: Limits
    ) {
        let running = state.book.running
        result.add(running?.release.version, among: abstraction.versions)
        result.add(
            state.book.deployments.dropLast().last?.release.version, among: abstraction.versions)
        switch running?.origin {
        case .found: result.add(0)
        case .announced: result.add(1)
        case .read: result.add(2)
        case .rollback: result.add(3)
        case nil: result.add(4)
        }
        result.add(running?.breachPredates)
        result.add(running?.isReturnOfGood)
        let suspected = running?.confirmed ?? running?.began
        result.add(abstraction.age(suspected?.boot, now, asked: configuration.suspectFor))
        addBook(&result, abstraction, now)
        addTracker(&result, abstraction, now)
        for end in state.automaticEnds.suffix(limits.maxRollbacks) {
            result.add(abstraction.age(end.boot, now, asked: limits.per))
            result.add(abstraction.age(end.boot, now, asked: limits.cooldown))
        }
        result.add(-2)
    }

    /// What is thought of each release, and which of two ran later.
    private func addBook(
        _ result: inout AbstractState, _ abstraction: Abstraction, _ now: Instant
    ) {
        let ran = state.book.deployments.map(\.release.version)
        for version in abstraction.versions {
            let release = state.book.release(version: version)
            result.add(release?.standing, among: [.baking, .good, .bad])
            let isBaking = release?.standing == .baking
            let baked = isBaking ? release?.baked ?? .zero : .zero
            result.add(Int(baked.nanoseconds.flooredDivision(by: abstraction.step.nanoseconds)))
            result.add(
                abstraction.age(release?.lastRan.boot, now, asked: configuration.targetWithin))
            let last = ran.lastIndex(of: version) ?? -1
            result.add(abstraction.versions.count { (ran.lastIndex(of: $0) ?? -1) < last })
        }
    }

    private func addTracker(
        _ result: inout AbstractState, _ abstraction: Abstraction, _ now: Instant
    ) {
        result.add(tracker.current?.version, among: abstraction.versions)
        result.add(tracker.announced?.identity.version, among: abstraction.versions)
        result.add(
            abstraction.age(tracker.announced?.at, now, asked: VersionTracker.announcementHolds))
        result.add(tracker.expected?.version, among: abstraction.versions)
        result.add(tracker.mixed != nil)
        if let mixed = tracker.mixed {
            result.add(mixed.newest.version, among: abstraction.versions)
            result.add(mixed.last.version, among: abstraction.versions)
            result.add(mixed.equalReads)
        }
        for source in tracker.sources {
            result.add(source.identity?.version, among: abstraction.versions)
            result.add(Swift.min(source.run, tracker.agree))
            result.add(Swift.min(source.misses, tracker.agree))
            // Whether some breach stood when it was last read decides whom a later one blames.
            let seen = source.lastAnswered ?? now
            result.add(graveTriggers.contains { triggers[$0.name]?.wasBreached(at: seen) ?? false })
        }
    }

    fileprivate func addVerdicts(
        _ result: inout AbstractState, _ abstraction: Abstraction, _ now: Instant
    ) {
        for trigger in configuration.triggers {
            guard let state = triggers[trigger.name] else { continue }
            result.add(
                state.verdict.name, among: [.healthy, .breached, .insufficient, .blind])
            guard state.isBreached else { continue }
            result.add(
                abstraction.age(state.falseSince, now, asked: trigger.judgement.clearFor))
        }
        for probe in configuration.probes {
            guard let health = probes[probe.name]?.health else { continue }
            result.add(health.state, among: [.waiting, .passing, .failing])
            result.add(health.own == health.state)
            result.add(Swift.min(health.errorsInRow, ProbeHealth.errorsToBlind))
            result.add(Swift.min(health.failsInRow, 1))
        }
        result.add(hadEvidence)
        let longest = configuration.triggers.map(\.judgement.warmUp).max() ?? .zero
        result.add(abstraction.age(restarted, now, asked: longest))
    }

    fileprivate func addIncident(
        _ incident: Incident?, _ result: inout AbstractState, _ abstraction: Abstraction,
        _ now: Instant
    ) {
        guard let incident else { return result.add(-9) }
        result.add(incident.record.state, among: IncidentState.allCases)
        result.add(incident.record.severity, among: Severity.allCases)
        for trigger in configuration.triggers {
            let breaches = incident.record.breaches.filter { $0.trigger == trigger.name }
            result.add(breaches.isEmpty ? nil : breaches.contains { $0.cleared == nil })
        }
        result.add(incident.record.blind.count { $0.cleared == nil })
        result.add(incident.record.acknowledgedBy != nil)
        result.add(abstraction.left(incident.acknowledgedUntil?.boot, now))
        result.add(incident.nextRouteStep)
        result.add(incident.pagedChannels.count)
        result.add(incident.held.map { $0.by.hasPrefix("silence") })
        result.add(incident.held.map { $0.reason == Reason.maintenance.code })
        result.add(abstraction.left(incident.escalateAt?.boot, now))
        result.add(abstraction.left(incident.closesAt?.boot, now))
        result.add(abstraction.left(incident.brokeAgainUntil?.boot, now))
        addTold(incident, &result, abstraction, now)
        result.add(
            abstraction.age(
                incident.allClearSince?.boot, now, asked: Incident.handedOverClears))
        result.add(incident.waitsForBrake)
        result.add(incident.waitsForVersion)
        result.add(incident.isForPeople ?? false)
        result.add(isOfLaterRelease(incident))
        result.add(incident.page?.isUndelivered ?? false)
        if incident.waitsForVersion {
            result.add(abstraction.age(incident.opened.boot, now, asked: Self.versionSettles))
        }
        addOffer(incident, &result, abstraction, now)
    }

    /// What was told of what runs now; and, where nobody is left to be told, since when.
    private func addTold(
        _ incident: Incident, _ result: inout AbstractState, _ abstraction: Abstraction,
        _ now: Instant
    ) {
        let deployment = state.book.running?.number
        let told = (incident.told ?? []).filter { $0.deployment == deployment }
        for trigger in configuration.triggers {
            result.add(told.count { $0.trigger == trigger.name })
        }
        guard incident.record.acknowledgedBy == nil else { return result.add(-9) }
        result.add(abstraction.age(incident.lastPaged?.boot, now, asked: abstraction.step * 2))
    }

    private func addOffer(
        _ incident: Incident, _ result: inout AbstractState, _ abstraction: Abstraction,
        _ now: Instant
    ) {
        result.add(incident.approval.map { $0.isPerMethod })
        result.add(incident.approval?.to.version, among: abstraction.versions)
        result.add(incident.approval?.running.version, among: abstraction.versions)
        result.add(incident.approval?.blamed.version, among: abstraction.versions)
        result.add(incident.approval?.onTimeout, among: OnTimeout.allCases)
        result.add(incident.approval?.tried.count ?? 0)
        result.add(abstraction.left(incident.approval?.deadline?.boot, now))
        result.add(incident.hold.map { $0.isOver })
        if let hold = incident.hold, !hold.isOver {
            result.add(abstraction.left(hold.until.boot, now))
        }
        result.add(incident.hasTimedOut ?? false)
        result.add(incident.triedMethods?.count ?? 0)
    }

    fileprivate func addBlindness(
        _ result: inout AbstractState, _ abstraction: Abstraction, _ now: Instant
    ) {
        for (_, timer) in sight.sorted(by: { $0.key < $1.key }) {
            result.add(abstraction.age(timer.since, now, asked: Self.blindFor))
            result.add(
                abstraction.age(
                    timer.seenSince, now, asked: configuration.judgement.clearFor))
            result.add(timer.isDismissed ?? false)
        }
        addIncident(state.blind, &result, abstraction, now)
    }

    fileprivate func addRollback(
        _ result: inout AbstractState, _ abstraction: Abstraction, _ now: Instant
    ) {
        guard let rollback = state.rollback else { return result.add(-9) }
        result.add(rollback.from.version, among: abstraction.versions)
        result.add(rollback.to.version, among: abstraction.versions)
        result.add(rollback.ranAtBegin?.version, among: abstraction.versions)
        switch rollback.asker {
        case .watchd: result.add(0)
        case .approval: result.add(1)
        case .person: result.add(2)
        }
        addStage(rollback.stage, &result, abstraction, now)
        addStage(rollback.checked?.stage, &result, abstraction, now)
        result.add(rollback.method)
        result.add(Swift.min(rollback.afterRound, 3))
        result.add(rollback.tries)
        result.add(rollback.pending != nil)
        let patience = (rollback.pending?.timeout ?? .zero) + Self.answerGrace
        result.add(abstraction.age(rollback.pendingSince?.boot, now, asked: patience))
        result.add(rollback.hasActed)
        result.add(rollback.hasRunStep(besides: []))
        result.add(rollback.methodFailed)
        result.add(rollback.isUnsure)
        result.add(rollback.hasLanded)
        result.add(rollback.stop.map { $0.isAbort })
        result.add(rollback.isForced)
        result.add(abstraction.age(rollback.began.boot, now, asked: rollback.plan.budget))
        result.add(rollback.approvedMethod != nil)
        result.add(rollback.knownVetoes?.count ?? 0)
        result.add(rollback.walkedBack ?? 0)
        result.add(rollback.wasHandedOver)
        result.add(Swift.min(rollback.landings ?? 0, Rollback.landingLimit))
        result.add(rollback.restarts ?? 0)
        let asked = lastAsked.map { now - $0 < Self.askEvery }
        result.add(asked)
        for index in configuration.version.indices {
            result.add(rollback.leftOut.contains(index))
            let verify = rollback.plan.verify.version
            result.add(Swift.min(rollback.targetReads[index] ?? -1, verify))
            result.add(Swift.min(rollback.contraryReads[index] ?? -1, Swift.max(2, verify)))
        }
    }

    private func addStage(
        _ stage: Rollback.Stage?, _ result: inout AbstractState, _ abstraction: Abstraction,
        _ now: Instant
    ) {
        let verify = state.rollback?.plan.verify ?? Verify()
        switch stage {
        case nil: result.add(-1)
        case .gate(let index): result.add(10 + index)
        case .rereading(let since):
            let age = abstraction.age(since.boot, now, asked: Self.rereadWithin)
            result.add(20 + age)
        case .before(let index): result.add(100 + index)
        case .step(let index): result.add(200 + index)
        case .check: result.add(300)
        case .after(let index): result.add(400 + index)
        case .landing(let since):
            let age = abstraction.age(since.boot, now, asked: verify.landWithin)
            result.add(1000 + age)
        case .curing(let curing):
            let age = abstraction.age(curing.landed.boot, now, asked: verify.timeout)
            result.add(2000 + age)
            result.add(curing.settled != nil)
            result.add(abstraction.age(curing.clearSince?.boot, now, asked: verify.clearFor))
            result.add(Swift.min(curing.seenBad.count, 3))
            for name in curing.seenBad.sorted() {
                let since = curing.goodSince?[name]?.boot
                result.add(abstraction.age(since, now, asked: verify.clearFor))
            }
        }
    }
}
