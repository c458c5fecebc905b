// What only a replay asks of the engine (DESIGN §6 "Replay"): a rollback is assumed to have
// helped, and from then on the record tells of a world in which nobody rolled back.

extension Engine {
    /// The rollback of `service` that runs has succeeded now: `from` is bad, the target runs, the
    /// incident is recovered, limits and cooldown count. What is recorded after it happened in
    /// another world, so the service's triggers are insufficient until `lookAgain`.
    public mutating func assumeRolledBack(_ service: String, at now: Moment) -> [Effect] {
        judging = false
        return update(service, now) { $0.assumeRolledBack(&$1) }
    }

    /// The record names the version of `service` from now on: there is a source, in whose light
    /// announcements are seen.
    public mutating func addVersionSource(_ source: VersionSource, of service: String) {
        services.update(service) {
            $0.configuration.version.append(source)
            $0.tracker.addSource()
        }
    }

    /// The widest window kept of a stream: lines older than this are late.
    public func widestWindow(ofStream stream: String, service: String) -> Duration? {
        services[service]?.streams[stream]?.windows.widths.last
    }

    /// What the operands of each trigger of `service` read now, by trigger and operand, whether or
    /// not that changes anything.
    public func figures(of service: String, at now: Moment) -> [String: [String: Reading]] {
        guard var copy = services[service] else { return [:] }
        var figures: [String: [String: Reading]] = [:]
        for trigger in copy.configuration.triggers {
            figures[trigger.name] = copy.evaluate(trigger, now: now.boot).readings
        }
        return figures
    }

    /// Whether a trigger of `service` is breached now.
    public func isBreached(_ trigger: String, of service: String) -> Bool {
        services[service]?.triggers[trigger]?.isBreached ?? false
    }

    /// The record of `service` can be used again: windows and probes begin anew.
    public mutating func lookAgain(at service: String, at now: Moment) -> [Effect] {
        judging = false
        return update(service, now) { $0.lookAgain(&$1) }
    }
}

extension ServiceEngine {
    mutating func assumeRolledBack(_ context: inout Context) {
        guard let rollback = state.rollback else { return }
        let now = context.now
        recovered(unconfirmed: [], &context)
        tracker.noteOwnRollback(to: rollback.to)
        if configuration.version.isEmpty {
            // Nobody will read it: it is known all the same.
            _ = tracker.announce(rollback.to, at: now.boot)
            state.announced = tracker.announced
        }
        deploymentBegan(
            rollback.to, began: now.boot, lastSeenBefore: now.boot,
            origin: .rollback(id: rollback.id), fields: [:], &context)
        // A veto, too: what breached it is not seen any more.
        for place in triggers.indices { triggers.values[place].endEarly(now: now) }
        isUnseen = true
    }

    mutating func lookAgain(_ context: inout Context) {
        isUnseen = false
        restartWindows(at: context.now.boot)
        for place in probes.indices { probes.values[place].health = ProbeHealth() }
        for place in streams.indices {
            var health = StreamHealth()
            health.record(StreamBatch(), late: 0, now: context.now.boot)
            streams.values[place].health = health
        }
    }
}

extension ServiceState {
    /// What a replay knows of a service before its first record.
    /// - Parameters:
    ///   - knownGood: releases that are good and ran before everything in the record, the latest
    ///     last.
    ///   - ran: what was deployed before the start, oldest first; the last one runs. `since` nil:
    ///     longer ago than anybody knows, so that it is no suspect.
    public static func seeded(
        knownGood: [ReleaseIdentity], ran: [(release: ReleaseIdentity, since: Moment?)],
        at now: Moment
    ) -> ServiceState {
        var state = ServiceState()
        state.book.seed(knownGood: knownGood, at: now)
        for (release, since) in ran {
            let origin = since.map { _ in Deployment.Origin.announced(by: "replay") } ?? .found
            state.book.begin(
                Deployment(number: 0, release: release, began: since ?? now, origin: origin),
                fields: [:], now: now)
            state.announced = VersionTracker.Announced(
                identity: release, at: since?.boot ?? now.boot, readThen: nil)
        }
        return state
    }
}
