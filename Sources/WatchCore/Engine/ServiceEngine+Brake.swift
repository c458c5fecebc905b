// The host-wide brake: one automatic rollback at a time, and none when services broke together,
// because then something they share is likelier to be the cause than a release of one of them.

extension ServiceEngine {
    /// Breaches of two services that begin so close together have a common cause.
    static let commonCauseSpan = Duration.minutes(1)
    /// Announcements of one version so close together are one deployment.
    static let commonDeploymentSpan = Duration.minutes(10)
    /// Beginnings of breaches remembered.
    static let breachesRemembered = 8

    func neighbourRefusal(_ context: Context) -> Refusal? {
        if let other = commonCause(context) {
            return Refusal(
                .commonCause,
                "\(other) broke within the same minute; a cause they share is likelier than a "
                    + "release")
        }
        if let other = context.neighbours.first(where: \.isRollingBackAutomatically) {
            return Refusal(
                .busy, "\(other.name) is being rolled back; one automatic rollback at a time")
        }
        return nil
    }

    func commonCause(_ context: Context) -> String? {
        let mine = standingGraveBreaches
        guard !mine.isEmpty else { return nil }
        return context.neighbours.first { other in
            let together = other.graveBreaches.contains { theirs in
                mine.contains { Self.areWithin(Self.commonCauseSpan, $0, theirs) }
            }
            guard together, !context.configuration.depends(name, on: other.name),
                !context.configuration.depends(other.name, on: name)
            else { return false }
            return !isOneDeployment(with: other)
        }?.name
    }

    private func isOneDeployment(with other: Neighbour) -> Bool {
        guard let ours = announcedDeployment, let theirs = other.announced,
            ours.version == theirs.version
        else { return false }
        return Self.areWithin(Self.commonDeploymentSpan, ours.at, theirs.at)
    }

    private static func areWithin(_ span: Duration, _ a: Instant, _ b: Instant) -> Bool {
        abs((a - b).nanoseconds) < span.nanoseconds
    }

    /// When the grave breaches that stand began.
    private var standingGraveBreaches: [Instant] {
        graveTriggers.compactMap { trigger in
            triggers[trigger.name].flatMap { $0.isBreached ? $0.since.boot : nil }
        }
    }

    /// When grave breaches began, also those that have cleared within the span.
    func graveBreaches(now: Instant) -> [Instant] {
        standingGraveBreaches + recentGraveBreaches.filter { now - $0 < Self.commonCauseSpan }
    }

    mutating func rememberGraveBreach(_ trigger: TriggerConfiguration, at now: Instant) {
        guard trigger.severity >= .high, trigger.mode != .shadow else { return }
        recentGraveBreaches = (recentGraveBreaches + [now]).suffix(Self.breachesRemembered)
    }

    var announcedDeployment: (version: String, at: Instant)? {
        guard let running = state.book.running, case .announced = running.origin else { return nil }
        return (running.release.version, running.began.boot)
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
