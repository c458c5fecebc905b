// What people asked to be quiet about, and what the calendar says: the simulator's own reckoning.

import WatchCore

struct QuietBook {
    struct Span {
        var since: Moment
        var until: Moment
        /// The wall clock once showed a later time than at a boot since: nobody can time it.
        var isUnsure = false

        func isOn(_ now: Moment) -> Bool { now.boot < until.boot }

        /// In another boot. Set back, the wall clock tells nothing: then it may last its whole
        /// length anew.
        func rebased(to now: Moment, latestWall: WallTime) -> Span {
            let isUnsure = isUnsure || now.wall < latestWall
            let left = isUnsure ? until.wall - since.wall : until.wall - now.wall
            return Span(
                since: Moment(boot: now.boot, wall: since.wall),
                until: Moment(
                    boot: now.boot + left, wall: isUnsure ? now.wall + left : until.wall),
                isUnsure: isUnsure)
        }
    }

    struct Silence {
        var service: String
        /// nil: all of the service.
        var trigger: String?
        var span: Span
    }

    /// By service; that of the whole host under the empty name.
    private(set) var maintenance: [String: Span] = [:]
    private(set) var silences: [String: Silence] = [:]

    mutating func note(_ command: Command, _ reply: CommandReply, at now: Moment) {
        switch command {
        case .maintain(let request):
            maintenance[request.service ?? ""] = span(request, now)
        case .endMaintenance(let service): maintenance[service ?? ""] = nil
        case .silence(let request):
            let id = String(reply.message.prefix { $0 != ":" })
            silences[id] = Silence(
                service: request.service ?? "", trigger: request.trigger, span: span(request, now))
        case .endSilence(let id): silences[id] = nil
        case .announce, .acknowledge, .resolve, .falseAlarm, .approve, .deny, .hold, .declare,
            .rollback, .abort, .stepDone, .arm, .disarm, .beginOperation, .endOperation,
            .beatOperation, .reachPhase, .schedule, .drill, .mark:
            break
        }
    }

    private func span(_ request: QuietRequest, _ now: Moment) -> Span {
        let until = Moment(boot: now.boot + request.lasts, wall: now.wall + request.lasts)
        return Span(since: now, until: until)
    }

    /// What is over stays over, whatever the wall clock shows after a reboot.
    mutating func forgetEnded(at now: Moment) {
        maintenance = maintenance.filter { $0.value.isOn(now) }
        silences = silences.filter { $0.value.span.isOn(now) }
    }

    mutating func rebase(to now: Moment, latestWall: WallTime) {
        maintenance = maintenance.mapValues { $0.rebased(to: now, latestWall: latestWall) }
        silences = silences.mapValues {
            Silence(
                service: $0.service, trigger: $0.trigger,
                span: $0.span.rebased(to: now, latestWall: latestWall))
        }
    }

    // MARK: - Questions

    /// - Parameter orMaybe: also when nobody can tell.
    func isMaintained(
        _ service: String, _ windows: [MaintenanceWindow], at now: Moment, orMaybe: Bool = false
    ) -> Bool {
        let asked = maintenance.contains { of, span in
            (of.isEmpty || of == service) && span.isOn(now) && (orMaybe || !span.isUnsure)
        }
        if asked { return true }
        return windows.contains { window in
            (window.services.isEmpty || window.services.contains(service))
                && Self.lies(now.wall, in: window.time)
        }
    }

    /// All pages of the service are silenced, whatever they are about.
    func isSilenced(_ service: String, at now: Moment) -> Bool {
        silences.values.contains {
            $0.service == service && $0.trigger == nil && $0.span.isOn(now) && !$0.span.isUnsure
        }
    }

    /// Some page of the service may be silenced.
    func mayBeSilenced(_ service: String, _ rules: [SilenceRule], at now: Moment) -> Bool {
        if silences.values.contains(where: { $0.service == service && $0.span.isOn(now) }) {
            return true
        }
        return rules.contains { rule in
            (rule.services.isEmpty || rule.services.contains(service))
                && Self.lies(now.wall, in: rule.time)
        }
    }

    /// Minutes of the week, counted from Monday 00:00 in the window's zone, which has one offset.
    static func lies(_ wall: WallTime, in window: TimeWindow) -> Bool {
        switch window {
        case .once(let from, let to): return (from ?? wall) <= wall && wall < to
        case .weekly(let weekly):
            let week: Int64 = 7 * 86_400
            let seconds = wall.nanoseconds.flooredDivision(by: Clock.second) + weekly.zone.first
            // 1970-01-01 was a Thursday.
            let at = seconds + 3 * 86_400
            let end = weekly.to > weekly.from ? weekly.to : weekly.to + 1440
            let length = Int64(end - weekly.from) * 60
            return Weekday.allCases.enumerated().contains { index, day in
                guard weekly.days.contains(day) else { return false }
                let begins = Int64(index) * 86_400 + Int64(weekly.from) * 60
                let into = at - begins
                return into - into.flooredDivision(by: week) * week < length
            }
        }
    }
}
