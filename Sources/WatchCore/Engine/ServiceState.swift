// What of a service must survive a crash: releases, the open incident with its rollback, the
// switch, and when watchd acted by itself.

public struct ServiceState: Hashable, Sendable, Codable {
    var book = ReleaseBook()
    /// nil: the service follows the host's switch.
    var arming: Arming?
    @Boxed var incident: Incident?
    @Boxed var rollback: Rollback?
    /// The incident of signals that cannot be measured, beside the one of the breaches.
    @Boxed var blind: Incident?
    /// Pages of this service that were kept back, ever.
    var mutedPages: Int?
    /// Ends of automatic rollbacks, for limits and cooldown; the latest last, bounded.
    var automaticEnds: [Moment] = []
    var announced: VersionTracker.Announced?
    /// The last grave breaches that began, for the common cause: those that have cleared count for
    /// a minute, also through a restart.
    var graveBreaches: [GraveBreach]?
    /// When it was handed to the store last: no later boot can be earlier than this.
    var savedAt: WallTime?
    /// What version sources read that disagree with the release that runs, by their names; nil:
    /// none does.
    var stuckSources: [String: ReleaseIdentity]?
    /// Releases that answer in turn; nil: one does.
    var mix: VersionTracker.Mix?
    /// Operations that run; nil as in records of before there were any.
    var operations: [Operation]?
    /// How far the last operations got, the latest last; nil as in records of before it was kept.
    var operationPhases: [OperationPhases]?

    /// A rollback that a person wants later.
    var scheduled: ScheduledRollback?
    /// A rollback of another service that stops this one; nil: none does, or did a moment ago.
    var spannedBy: SpannedBy?
    /// What people were told of whether plans would work; nil: nothing.
    var readinessTold: [ReadinessTold]?

    /// When the last drill of this service began, and ended; nil: there was none.
    var drilled: DrillSpan?

    /// What was normal under the releases before; nil as in records of before there was any.
    var baselines: [ReleaseBaseline]?

    /// Breaches that stand although somebody closed their incident, and decided about them so: no
    /// restart may decide again. nil: none.
    var ongoing: [OngoingBreach]?

    static let endsKept = 100

    public init() {}

    mutating func rebase(_ rebase: Rebase) {
        book.rebase(rebase)
        incident?.rebase(rebase)
        blind?.rebase(rebase)
        rollback?.rebase(rebase)
        for index in automaticEnds.indices { rebase.cooldown(&automaticEnds[index]) }
        arming?.rebase(rebase)
        scheduled?.rebase(rebase)
        drilled?.rebase(rebase)
        for index in graveBreaches?.indices ?? 0..<0 { graveBreaches?[index].rebase(rebase) }
        for index in operations?.indices ?? 0..<0 { operations?[index].rebase(rebase) }
        for index in operationPhases?.indices ?? 0..<0 { operationPhases?[index].rebase(rebase) }
        // Its instant belongs to the deployment that it began, whose wall time is known.
        if !rebase.isSameBoot, var kept = announced {
            let began = book.running.flatMap { $0.release.matches(kept.identity) ? $0.began : nil }
            kept.at = began?.boot ?? kept.at
            announced = began == nil ? nil : kept
        }
    }
}

/// Which of a service's two incidents.
enum IncidentSlot {
    case breaches
    /// Of signals that cannot be measured.
    case blindness
}

extension ServiceState {
    /// Asked at every event: whether there is one, without a copy of it.
    var hasIncident: Bool { !$incident.isEmpty }
    var hasRollback: Bool { !$rollback.isEmpty }
    var hasBlind: Bool { !$blind.isEmpty }
    var isMixed: Bool { if case .some = mix { true } else { false } }
    var isAnnounced: Bool { if case .some = announced { true } else { false } }

    /// One member of an incident, without a copy of the rest: asked for at every event.
    func peek<Member>(_ slot: IncidentSlot, _ member: (Incident) -> Member?) -> Member? {
        switch slot {
        case .breaches: $incident.peek(member)
        case .blindness: $blind.peek(member)
        }
    }

    /// Looked at and changed in place.
    subscript(slot: IncidentSlot) -> Incident? {
        _read {
            switch slot {
            case .breaches: yield incident
            case .blindness: yield blind
            }
        }
        _modify {
            switch slot {
            case .breaches: yield &incident
            case .blindness: yield &blind
            }
        }
    }
}

extension Arming {
    mutating func rebase(_ rebase: Rebase) {
        rebase.brake(&until, since: since)
        rebase(&since)
    }

    /// Armed, or disarmed for a time that is over.
    func isArmed(at now: Moment) -> Bool {
        isArmed || (until.map { $0.boot <= now.boot } ?? false)
    }

    func status(at now: Moment) -> ArmStatus {
        let armed = isArmed(at: now)
        return ArmStatus(
            armed: armed, by: by,
            reason: armed && !isArmed ? "the time of the disarming is over" : reason,
            since: since?.wall, until: armed ? nil : until?.wall)
    }
}
