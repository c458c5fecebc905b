// A state of one service without what makes no difference any more: numbers, words and how things
// came about are left out, and times are how far they lie ahead or behind, in steps, up to a limit.
// Two states that are equal here do the same from here on. For the simulator's search.

package struct AbstractState: Hashable, Sendable {
    fileprivate var parts: [Int] = []

    fileprivate mutating func add(_ value: Int) { parts.append(value) }
    fileprivate mutating func add(_ value: Bool?) { parts.append(value.map { $0 ? 1 : 0 } ?? -1) }
    fileprivate mutating func add<T: Hashable>(_ value: T?, among known: [T]) {
        parts.append(value.flatMap { known.firstIndex(of: $0) } ?? -1)
    }
}

/// What an abstraction is made with.
package struct Abstraction: Sendable {
    package var step: Duration
    /// Further ahead or behind makes no difference.
    package var steps: Int
    /// Versions there are, in an order of their own.
    package var versions: [String]

    package init(step: Duration, steps: Int, versions: [String]) {
        self.step = step
        self.steps = steps
        self.versions = versions
    }

    fileprivate func distance(_ instant: Instant?, _ now: Instant) -> Int {
        guard let instant else { return Int.min }
        let count = Int((instant - now).nanoseconds.flooredDivision(by: step.nanoseconds))
        return Swift.max(-steps, Swift.min(steps, count))
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
        service.addRelease(&result, abstraction, now.boot)
        service.addVerdicts(&result, abstraction, now.boot)
        service.addIncident(&result, abstraction, now.boot)
        service.addRollback(&result, abstraction, now.boot)
        return result
    }
}

extension ServiceEngine {
    fileprivate func addRelease(
        _ result: inout AbstractState, _ abstraction: Abstraction, _ now: Instant
    ) {
        let running = state.book.running
        result.add(running?.release.version, among: abstraction.versions)
        result.add(state.book.lastKnownGood?.identity.version, among: abstraction.versions)
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
        result.add(abstraction.distance(running?.began.boot, now))
        for version in abstraction.versions {
            let release = state.book.release(version: version)
            result.add(release?.standing, among: [.baking, .good, .bad])
            let baked = release?.baked ?? .zero
            result.add(
                Swift.min(
                    abstraction.steps,
                    Int(baked.nanoseconds / abstraction.step.nanoseconds)))
        }
        result.add(tracker.isUnknown)
        result.add(tracker.isChanging)
        result.add(tracker.mixed != nil)
        for source in tracker.sources {
            result.add(source.identity?.version, among: abstraction.versions)
            result.add(Swift.min(source.run, 3))
            result.add(Swift.min(source.misses, 3))
        }
        for end in state.automaticEnds.suffix(3) {
            result.add(abstraction.distance(end.boot, now))
        }
    }

    fileprivate func addVerdicts(
        _ result: inout AbstractState, _ abstraction: Abstraction, _ now: Instant
    ) {
        for trigger in configuration.triggers {
            guard let state = triggers[trigger.name] else { continue }
            result.add(
                state.verdict.name, among: [.healthy, .breached, .insufficient, .blind])
            result.add(abstraction.distance(state.falseSince, now))
        }
        for probe in configuration.probes {
            guard let health = probes[probe.name]?.health else { continue }
            result.add(health.state, among: [.waiting, .passing, .failing])
            result.add(health.isBlind)
        }
        result.add(abstraction.distance(restarted, now))
    }

    fileprivate func addIncident(
        _ result: inout AbstractState, _ abstraction: Abstraction, _ now: Instant
    ) {
        guard let incident = state.incident else { return result.add(-9) }
        result.add(incident.record.state, among: IncidentState.allCases)
        result.add(incident.record.severity, among: Severity.allCases)
        for trigger in configuration.triggers {
            result.add(
                incident.record.breaches.contains {
                    $0.trigger == trigger.name && $0.cleared == nil
                })
        }
        result.add(incident.record.breaches.isEmpty)
        result.add(incident.record.acknowledgedBy != nil)
        result.add(incident.nextRouteStep)
        result.add(incident.pagedChannels.count)
        result.add(abstraction.distance(incident.escalateAt?.boot, now))
        result.add(abstraction.distance(incident.closesAt?.boot, now))
        result.add(abstraction.distance(incident.brokeAgainUntil?.boot, now))
        addTold(incident, &result, abstraction, now)
        result.add(abstraction.distance(incident.allClearSince?.boot, now))
        result.add(incident.waitsForBrake)
        result.add(incident.waitsForVersion)
        result.add(incident.approval.map { $0.isPerMethod })
        result.add(incident.approval?.to.version, among: abstraction.versions)
        result.add(abstraction.distance(incident.approval?.deadline?.boot, now))
        result.add(incident.hold.map { $0.isOver })
        result.add(abstraction.distance(incident.hold?.until.boot, now))
        result.add(incident.hasTimedOut)
        result.add(incident.triedMethods?.count ?? 0)
    }

    /// What was told of what runs now; and, where nobody is left to be told, since when.
    fileprivate func addTold(
        _ incident: Incident, _ result: inout AbstractState, _ abstraction: Abstraction,
        _ now: Instant
    ) {
        let deployment = state.book.running?.number
        let told = (incident.told ?? []).filter { $0.deployment == deployment }
        for trigger in configuration.triggers {
            result.add(told.count { $0.trigger == trigger.name })
        }
        guard incident.record.acknowledgedBy == nil else { return result.add(-9) }
        result.add(abstraction.distance(incident.lastPaged?.boot, now))
    }

    fileprivate func addRollback(
        _ result: inout AbstractState, _ abstraction: Abstraction, _ now: Instant
    ) {
        guard let rollback = state.rollback else { return result.add(-9) }
        result.add(rollback.from.version, among: abstraction.versions)
        result.add(rollback.to.version, among: abstraction.versions)
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
        result.add(abstraction.distance(rollback.pendingSince?.boot, now))
        result.add(rollback.hasActed)
        result.add(rollback.methodFailed)
        result.add(rollback.isUnsure)
        result.add(rollback.hasLanded)
        result.add(rollback.stop != nil)
        result.add(rollback.isForced)
        result.add(abstraction.distance(rollback.began.boot, now))
        result.add(rollback.approvedMethod != nil)
        result.add(rollback.wasHandedOver)
        result.add(Swift.min(rollback.landings ?? 0, 4))
        result.add(rollback.restarts ?? 0)
        for index in configuration.version.indices {
            result.add(Swift.min(rollback.targetReads[index] ?? 0, 3))
            result.add(Swift.min(rollback.contraryReads[index] ?? 0, 3))
        }
    }

    private func addStage(
        _ stage: Rollback.Stage?, _ result: inout AbstractState, _ abstraction: Abstraction,
        _ now: Instant
    ) {
        switch stage {
        case nil: result.add(-1)
        case .gate(let index): result.add(10 + index)
        case .rereading(let since): result.add(20 + abstraction.distance(since.boot, now))
        case .before(let index): result.add(100 + index)
        case .step(let index): result.add(200 + index)
        case .check: result.add(300)
        case .after(let index): result.add(400 + index)
        case .landing(let since): result.add(1000 + abstraction.distance(since.boot, now))
        case .curing(let curing):
            result.add(2000 + abstraction.distance(curing.landed.boot, now))
            result.add(abstraction.distance(curing.settled?.boot, now))
            result.add(abstraction.distance(curing.clearSince?.boot, now))
            result.add(Swift.min(curing.seenBad.count, 3))
        }
    }
}
