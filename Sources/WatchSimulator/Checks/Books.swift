// What has been decided and said so far, written down from effects alone, without a look into the
// engine. There are two copies: one of what was asked for, one of what is durable; a crash turns
// the first back into the second.

import WatchCore

/// A rollback as its effects tell of it.
struct RollbackBook {
    var id: String
    var incident: String
    var isAutomatic: Bool
    var trigger: String?
    var from: ReleaseIdentity
    var to: ReleaseIdentity
    var plan: String
    /// Some step was asked for, so that it counts.
    var hasActed = false
    /// Landed was seen, and not taken back.
    var hasLanded = false
}

struct IncidentBook {
    /// It is about signals that cannot be measured.
    var isBlind = false
    var state = IncidentState.open
    /// Channels that heard of it, and those told that it is over.
    var told: Set<String> = []
    var resolved: Set<String> = []
    /// True times of its pages, by channel.
    var pages: [String: [Int64]] = [:]
    /// True times at which another release began while it was open.
    var releases: [Int64] = []
    var opened: Int64
    var wasPageWanted = false
    /// Some breach of it stands.
    var hasBreach = false
    /// One that is more than recorded.
    var hasBreachToPage = false
    /// A page was kept back since the last one that was sent.
    var isHeld = false
    /// It was about a breach.
    var isHeldOfBreach = false
    /// Triggers that were breached in it, as its last record says.
    var triggers: Set<String> = []
    /// What the last record says is to be done.
    var decision: String?
}

struct ServiceBook {
    var open: [String: IncidentBook] = [:]
    var bad: [String: Bool] = [:]
    var good: Set<String> = []
    /// Breaches that stand, with when they began (true time).
    var breached: [String: Int64] = [:]
    /// In which release each began last.
    var breachedIn: [String: String] = [:]
    var rollback: RollbackBook?
    /// Ends of automatic rollbacks that acted.
    var ends: [Moment] = []
    /// What the engine says runs.
    var running: ReleaseIdentity?
    /// What ran when a rollback was offered that still waits for an answer.
    var offered: ReleaseIdentity?
    /// The release that the last rollback put there.
    var putByRollback: String?
    var isArmed = true
    var armedAgain: Rearming?
    var isSettled = false

    /// Another release runs while these incidents are open.
    mutating func noteRelease(at time: Int64) {
        for id in open.keys { open[id]?.releases.append(time) }
    }
    /// The last rollback that ended, with when.
    var ended: (rollback: RollbackBook, at: Moment)?
    /// Rollbacks that watchd walked back with, after another one landed in vain.
    var walked: Set<String> = []
    /// Operations that run; nil of one: nobody knows since when.
    var operations: [String: OperationBook?] = [:]
    /// When a rollback was offered, and when such an offer ended because nobody answered.
    var offeredAt: Moment?
    var expiredAfter: Duration?
    /// How the last operation went.
    var phases = PhasesBook()
    var scheduled: ScheduleBook?
    /// The last rollback that was wanted for later with `--force`.
    var forced: String?
    /// Who has said yes to what is offered, by the method that was named; empty: none was.
    var given: [String: [Peer]] = [:]
    /// What the engine itself sees to now.
    var own: OwnStepBook?
}

/// When a disarming for a time ends.
struct Rearming {
    var at: Moment
    var lasts: Duration

    func isOver(at now: Moment) -> Bool { at.boot <= now.boot }

    /// In another boot, by the wall clock. That may have been set back, and then tells nothing: it
    /// is never disarmed for longer than was wanted, counted from the boot (DESIGN "Time": a brake
    /// lasts its whole length anew). An hour that a clock was set back was once expected of it.
    func rebased(to now: Moment) -> Rearming {
        let left = Swift.min(at.wall - now.wall, lasts)
        return Rearming(at: Moment(boot: now.boot + left, wall: now.wall + left), lasts: lasts)
    }
}

struct Books {
    var services = ServiceBooks()
    var isArmed = false
    /// A disarming for a time ends then.
    var armedAgain: Rearming?
    var quiet = QuietBook()
    /// Channels that were told of a fault of the host's own, by message.
    var hostTold: Set<String> = []
    /// The engine says that the fault is this host's own.
    var isOwnFault = false
    /// Ids of incidents that are over, with whether whoever had to be was told.
    var closed: [String: Bool] = [:]

    /// Incidents that were to be paged, and are over without a word to anybody.
    var unheard: [String] { closed.filter { !$0.value }.map(\.key).sorted() }

    func isArmed(_ service: String, at now: Moment) -> Bool {
        let host = isArmed || (armedAgain?.isOver(at: now) ?? false)
        guard let own = services[service] else { return false }
        return host && (own.isArmed || (own.armedAgain?.isOver(at: now) ?? false))
    }

    /// What was disarmed for a time that is over is armed, whatever clocks show later.
    mutating func passArming(at now: Moment) {
        if let again = armedAgain, again.isOver(at: now) { (isArmed, armedAgain) = (true, nil) }
        for name in services.keys {
            guard let again = services[name]?.armedAgain, again.isOver(at: now) else { continue }
            services[name]?.isArmed = true
            services[name]?.armedAgain = nil
        }
    }

    /// Another boot: what was noted by its clocks is moved by the wall clock, never forwards.
    mutating func rebase(to now: Moment, latestWall: WallTime) {
        armedAgain = armedAgain?.rebased(to: now)
        quiet.rebase(to: now, latestWall: latestWall)
        for name in services.keys {
            guard var service = services[name] else { continue }
            service.armedAgain = service.armedAgain?.rebased(to: now)
            // Set back, the wall clock tells nothing of how long they have run.
            service.operations = service.operations.mapValues { _ in nil }
            service.rebaseWhatPeopleDo()
            service.offeredAt = service.offeredAt.map { Self.rebased($0, to: now) }
            service.ends = service.ends.map { Self.rebased($0, to: now) }
            services[name] = service
        }
    }

    /// A moment of the boot before.
    private static func rebased(_ moment: Moment, to now: Moment) -> Moment {
        Moment(boot: now.boot - Swift.max(.zero, now.wall - moment.wall), wall: moment.wall)
    }
}
