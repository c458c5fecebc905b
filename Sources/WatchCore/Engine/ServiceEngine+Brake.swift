// The host-wide brake: one automatic rollback at a time, and none when services broke together,
// because then something they share is likelier to be the cause than a release of one of them.

extension ServiceEngine {
    /// Breaches of two services that begin so close together have a common cause.
    static let commonCauseSpan = Duration.minutes(1)
    /// Announcements of one version so close together are one deployment.
    static let commonDeploymentSpan = Duration.minutes(10)
    /// Beginnings of breaches remembered.
    static let breachesRemembered = 8

    /// Mutating, though nothing changes: asked where the service is, for a copy of it costs more
    /// than most events.
    mutating func asNeighbour(now: Instant) -> Neighbour {
        // A drill is nobody else's business, but theirs that it stops.
        let drills = isDrilling
        var neighbour = Neighbour(
            name: name,
            isRollingBackAutomatically: state.$rollback.peek { $0.asker.isAutomatic } ?? false,
            isRollingBack: state.hasRollback && !drills,
            incident: drills ? nil : state.peek(.breaches) { .of($0) },
            graveBreaches: hasGraveBreaches() ? ownGraveBreaches(now: now) : [])
        if state.hasRollback, let rollback = state.rollback { neighbour.note(rollback) }
        return neighbour
    }

    /// Mostly there is none, and nothing is copied to find that out.
    private mutating func hasGraveBreaches() -> Bool {
        if case .some = state.spannedBy { return false }
        if let known = state.graveBreaches, !known.isEmpty { return true }
        return isGravelyBreached()
    }

    @inline(never)
    private mutating func ownGraveBreaches(now: Instant) -> [GraveBreach] {
        graveBreaches(now: now).filter { !isOfDrill($0.began) }
    }

    /// - Parameter trigger: what is asked for; in shadow mode its breach counts here all the same,
    ///   else it would not be known what it would have done.
    func neighbourRefusal(
        _ context: Context, of trigger: TriggerConfiguration? = nil
    ) -> Refusal? {
        // It is down because of that, and not for a cause that both share.
        if let rollback = spanningRollback(context) {
            return Refusal(
                .busy, "rollback \(rollback) stopped \(name), which is judged anew from here on")
        }
        if let other = commonCause(context, of: trigger) {
            return Refusal(
                .commonCause,
                "\(other) broke within the same minute; a cause they share is likelier than a "
                    + "release")
        }
        // Whichever plan it will be: this is asked before it is known, too.
        for plan in plans(context) {
            if let refusal = spanRefusal(plan, context) { return refusal }
        }
        if let other = context.neighbours.first(where: {
            $0.isRollingBackAutomatically && $0.name != name
        }) {
            return Refusal(
                .busy, "\(other.name) is being rolled back; one automatic rollback at a time")
        }
        return nil
    }

    func commonCause(_ context: Context, of trigger: TriggerConfiguration? = nil) -> String? {
        var mine = standingGraveBreaches
        if let trigger, trigger.severity >= .high, let state = triggers[trigger.name],
            state.isBreached, !graveTriggers.contains(where: { $0.name == trigger.name })
        {
            mine.append(graveBreach(at: state.since))
        }
        guard !mine.isEmpty else { return nil }
        return context.neighbours.first { other in
            guard other.name != name else { return false }
            let together = other.graveBreaches.contains { theirs in
                mine.contains { ours in
                    Self.areWithin(Self.commonCauseSpan, ours.began.boot, theirs.began.boot)
                        && !Self.isOneDeployment(ours, theirs)
                }
            }
            return together && !context.configuration.depends(name, on: other.name)
                && !context.configuration.depends(other.name, on: name)
        }?.name
    }

    /// One version was announced for both at about the same time.
    private static func isOneDeployment(_ ours: GraveBreach, _ theirs: GraveBreach) -> Bool {
        guard let version = ours.announced, version == theirs.announced,
            let at = ours.announcedAt, let their = theirs.announcedAt
        else { return false }
        return areWithin(commonDeploymentSpan, at.boot, their.boot)
    }

    private static func areWithin(_ span: Duration, _ a: Instant, _ b: Instant) -> Bool {
        abs((a - b).nanoseconds) < span.nanoseconds
    }

    /// The grave breaches that stand.
    private var standingGraveBreaches: [GraveBreach] {
        configuration.triggers.indices.compactMap { index in
            guard triggers.values[index].isBreached, configuration.triggers[index].isGrave else {
                return nil
            }
            let since = triggers.values[index].since
            // By the wall time that was written down, which a restart does not change.
            return state.graveBreaches?.first { $0.began.wall == since.wall }
                ?? graveBreach(at: since)
        }
    }

    /// Grave breaches that stand, and those that have cleared within the span.
    func graveBreaches(now: Instant) -> [GraveBreach] {
        standingGraveBreaches
            + (state.graveBreaches ?? []).filter { now - $0.began.boot < Self.commonCauseSpan }
    }

    mutating func rememberGraveBreach(_ trigger: TriggerConfiguration, at now: Moment) {
        guard trigger.isGrave else { return }
        state.graveBreaches = ((state.graveBreaches ?? []) + [graveBreach(at: now)])
            .suffix(Self.breachesRemembered)
    }

    private func graveBreach(at began: Moment) -> GraveBreach {
        guard let running = state.book.running, case .announced = running.origin else {
            return GraveBreach(began: began)
        }
        return GraveBreach(
            began: began, announced: running.release.version, announcedAt: running.began)
    }
}

/// A breach of severity high or critical, and the announced deployment it was of: a rollback puts
/// another one in its place.
struct GraveBreach: Hashable, Sendable, Codable {
    var began: Moment
    var announced: String?
    var announcedAt: Moment?

    mutating func rebase(_ rebase: Rebase) {
        rebase(&began)
        rebase(&announcedAt)
    }
}

extension Configuration {
    /// Whether `service` depends on `other`, directly or through others.
    func depends(_ service: String, on other: String) -> Bool {
        var seen: Set<String> = []
        var open = [service]
        while let next = open.popLast() {
            for parent in self.service(next)?.dependsOn ?? [] where seen.insert(parent).inserted {
                if parent == other { return true }
                open.append(parent)
            }
        }
        return false
    }
}
