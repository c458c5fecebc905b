// Stored moments, moved into the boot that runs now (DESIGN §5 "Time"): moments of the same boot
// stand; of another boot the wall clock tells how much time went by. A wall clock that went
// backwards tells nothing, so what forbids action counts as not elapsed, and what is owed to
// people as elapsed.

struct Rebase: Hashable, Sendable {
    let now: Moment
    let isSameBoot: Bool
    /// The latest wall time at which the stored state is known to have been written.
    let written: WallTime?

    init(now: Moment, isSameBoot: Bool, written: WallTime? = nil) {
        self.now = now
        self.isSameBoot = isSameBoot
        self.written = written
    }

    /// The wall clock shows less than when the state was written.
    var wentBackwards: Bool {
        !isSameBoot && (written.map { now.wall < $0 } ?? false)
    }

    /// A moment that was: at least as much time went by as had when the state was written.
    func callAsFunction(_ moment: inout Moment) {
        guard !isSameBoot else { return }
        let wall = Swift.max(now.wall, written ?? now.wall)
        moment.boot = now.boot - Swift.max(.zero, wall - moment.wall)
    }

    func callAsFunction(_ moment: inout Moment?) { each(&moment) { self(&$0) } }

    /// The beginning of a time in which something is forbidden: cooldowns and limits.
    func cooldown(_ moment: inout Moment) {
        self(&moment)
        if wentBackwards { moment.boot = now.boot }
    }

    /// A moment by which something is owed: an answer, a resolve message, the end of a silence.
    func deadline(_ moment: inout Moment) {
        guard !isSameBoot else { return }
        moment.boot = wentBackwards ? now.boot : now.boot + (moment.wall - now.wall)
    }

    func deadline(_ moment: inout Moment?) { each(&moment) { deadline(&$0) } }

    /// The end of a time in which something is forbidden: it lasts its whole length anew when
    /// nobody knows how much of it is over.
    func brake(_ end: inout Moment?, since: Moment?) {
        each(&end) { end in
            guard wentBackwards else { return deadline(&end) }
            let whole = end.wall - (since?.wall ?? end.wall)
            end.boot = now.boot + Swift.max(.zero, whole)
            end.wall = now.wall + Swift.max(.zero, whole)
        }
    }

    private func each(_ moment: inout Moment?, _ body: (inout Moment) -> Void) {
        guard var value = moment else { return }
        body(&value)
        moment = value
    }
}

extension DurableState {
    /// The latest wall time of which anything stored speaks as past.
    var written: WallTime? {
        let all =
            services.values.flatMap(\.pastTimes) + [host.arming.since?.wall]
            + (host.quiet?.pastTimes ?? [])
        return all.compactMap { $0 }.max()
    }
}

extension QuietState {
    fileprivate var pastTimes: [WallTime?] {
        silences.map(\.since.wall) + maintenance.map(\.since.wall) + [ownFault?.since.wall]
    }
}

extension ServiceState {
    fileprivate var pastTimes: [WallTime?] {
        let single = [
            savedAt, automaticEnds.last?.wall, arming?.since?.wall, incident?.opened.wall,
            rollback?.began.wall,
        ]
        return single + book.releases.map(\.lastRan.wall) + book.deployments.map(\.began.wall)
    }
}
