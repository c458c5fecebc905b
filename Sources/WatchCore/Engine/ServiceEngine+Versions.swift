// Which release runs: readings and announcements become deployments, and a deployment restarts
// the windows, ends breaches of its predecessor and supersedes an incident that waits.

extension ServiceEngine {
    mutating func record(
        _ reading: VersionReading, source index: Int, _ context: inout Context
    ) {
        guard configuration.version.indices.contains(index) else { return }
        tracker.holdsAnnouncement = holdsAnnouncement()
        let wasUnconfirmed = tracker.isUnconfirmed
        let changes = tracker.record(
            reading, from: index, label: configuration.version[index].label)
        noteReadForRollback(reading, source: index)
        noteStuck(&context)
        for change in changes { apply(change, announcedBy: nil, &context) }
        noteMix(&context)
        if state.isAnnounced || tracker.isAnnounced, state.announced != tracker.announced {
            state.announced = tracker.announced
            context.isDirty = true
        }
        if let current = tracker.current, state.book.isRunning(current) {
            if wasUnconfirmed, !tracker.isUnconfirmed { confirm(asked: reading.asked, &context) }
            state.book.touchRunning(now: context.now)
            if state.book.capture(tracker.fields) { context.isDirty = true }
        }
    }

    /// What had been announced was read.
    private mutating func confirm(asked: Instant, _ context: inout Context) {
        guard let running = state.book.running, running.confirmed == nil,
            case .announced = running.origin
        else { return }
        state.book.confirmRunning(at: Moment(boot: asked, wall: context.now.wall(at: asked)))
        context.isDirty = true
    }

    /// Which sources are known to be wrong outlives a restart: the first one may be silent then.
    private mutating func noteStuck(_ context: inout Context) {
        if case .none = state.stuckSources, !tracker.hasStuck { return }
        compareStuck(&context)
    }

    @inline(never)
    private mutating func compareStuck(_ context: inout Context) {
        var named: [String: ReleaseIdentity] = [:]
        for (source, read) in zip(configuration.version, tracker.stuck) {
            if let read { named[source.label] = read }
        }
        let next = named.isEmpty ? nil : named
        guard state.stuckSources != next else { return }
        state.stuckSources = next
        context.isDirty = true
    }

    /// A mix outlives a restart, or two equal reads in the middle of it would be a deployment.
    private mutating func noteMix(_ context: inout Context) {
        guard tracker.isMixed || state.isMixed else { return }
        let mix = tracker.mix
        guard state.mix != mix else { return }
        state.mix = mix
        context.isDirty = true
    }

    /// What was announced and never read ends, where there is a source to read it.
    mutating func expireAnnouncement(_ context: inout Context) {
        guard tracker.isAnnounced else { return }
        tracker.holdsAnnouncement = holdsAnnouncement()
        if tracker.expireAnnouncement(at: context.now.boot) { noteExpiry(&context) }
    }

    /// Rare, and apart from the rest, for which the compiler makes a copy of the service.
    @inline(never)
    private mutating func noteExpiry(_ context: inout Context) {
        state.announced = nil
        context.isDirty = true
        context.events.append(
            event(
                "release.unconfirmed", context, reason: "announcement-expired",
                text: "no source read what was announced within "
                    + VersionTracker.announcementHolds.text))
    }

    mutating func announce(
        _ release: ReleaseIdentity, fields: [String: String], by peer: Peer,
        _ context: inout Context
    ) -> CommandReply {
        if let refusal = Self.unusable(release, fields) {
            return CommandReply(status: .refused, reason: "unusable-value", message: refusal)
        }
        context.events.append(
            event(
                "release.announced", context, release: release, reason: peer.name,
                text: "\(peer.onRecord) announced \(release.text)"))
        let change = tracker.announce(release, at: context.now.boot)
        state.announced = tracker.announced
        context.isDirty = true
        apply(change, announcedBy: peer, fields: fields, &context)
        noteMix(&context)
        // Read before anybody said so: after a reboot nobody would know.
        defer {
            if !configuration.version.isEmpty, !tracker.isUnconfirmed {
                confirm(asked: context.now.boot, &context)
            }
        }
        guard case .completed(let release) = change else {
            return CommandReply(
                status: .done, message: "\(name): deployment of \(release.text) has begun")
        }
        // Said soon after it was read or announced, it is that deployment; later, somebody
        // deployed the same release again, with another configuration.
        guard let running = state.book.running,
            context.now.boot - running.began.boot > VersionTracker.announcementHolds
        else {
            state.book.announceRunning(by: peer.name)
            return CommandReply(
                status: .done,
                message: "\(name): \(release.text) runs already; no new deployment begins")
        }
        deploymentBegan(
            running.release.completed(by: release), began: context.now.boot,
            lastSeenBefore: context.now.boot, origin: .announced(by: peer.name),
            fields: fields, &context)
        return CommandReply(
            status: .done,
            message: "\(name): \(release.text) runs already; taken as a change of configuration")
    }

    /// Values become arguments of programs, whoever says them.
    static func unusable(
        _ release: ReleaseIdentity, _ fields: [String: String]
    ) -> String? {
        var values = fields
        values["version"] = release.version
        if let commit = release.commit { values["commit"] = commit }
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            if !Identifier.isValid(name) { return "a field: \(Identifier.refusal(name))" }
            if !Identifier.isValid(value) { return "\(name): \(Identifier.refusal(value))" }
        }
        return nil
    }

    private mutating func apply(
        _ change: VersionTracker.Change, announcedBy peer: Peer?, fields: [String: String] = [:],
        _ context: inout Context
    ) {
        context.isDirty = true
        switch change {
        case .completed(let release):
            state.book.complete(
                with: release, fields: tracker.fields.merging(fields) { $1 })
        case .becameMixed:
            context.events.append(
                event(
                    "release.mixed", context, reason: "mixed",
                    text: "several releases answer in turn; one deployment is assumed"))
        case .mixedEnded:
            context.events.append(
                event("release.mixed-ended", context, text: "one release answers again"))
        case .deployed(let release, let began, let lastSeenBefore, let source):
            let origin: Deployment.Origin
            if let peer {
                origin = .announced(by: peer.name)
            } else if state.book.running == nil {
                origin = .found
            } else {
                origin = .read(source: source)
            }
            deploymentBegan(
                release, began: began, lastSeenBefore: lastSeenBefore, origin: origin,
                fields: tracker.fields.merging(fields) { $1 }, &context)
        }
    }

    /// Another release runs.
    mutating func deploymentBegan(
        _ release: ReleaseIdentity, began: Instant, lastSeenBefore: Instant,
        origin: Deployment.Origin, fields: [String: String], _ context: inout Context
    ) {
        var origin = origin
        if let rollback = state.rollback, rollback.hasActed, release.matches(rollback.to) {
            origin = .rollback(id: rollback.id)
            state.rollback?.hasLanded = true
        }
        let running = state.book.running
        let before = running?.release
        let isOther = before.map { !$0.matches(release) } ?? true
        let known = state.book.release(release)
        let isOurs = if case .rollback = origin { true } else { false }
        let isReturn = isOther && !isOurs && known?.standing == .good && before != nil
        let moment = Moment(boot: began, wall: context.now.wall(at: began))
        // What was announced was there when it was, though no source has ever read it.
        let lastSeenBefore = Swift.max(
            lastSeenBefore, running.map { Swift.min($0.began.boot, began) } ?? lastSeenBefore)
        state.book.begin(
            Deployment(
                number: context.nextNumber(), release: release, began: moment, origin: origin,
                breachPredates: breachPredates(lastSeenBefore), isReturnOfGood: isReturn),
            fields: fields,
            lastSeenBefore: Moment(
                boot: lastSeenBefore, wall: context.now.wall(at: lastSeenBefore)),
            now: context.now)
        noteMix(&context)
        context.isDirty = true
        context.events.append(
            event(
                "release.detected", context, release: release, reason: origin.code,
                text: "\(release.text) runs, \(origin.text)"))
        guard isOther else { return }
        noteBakeProblem(&context)
        firstBad = firstBadOfNext(since: began)
        restartWindows(at: began)
        for trigger in configuration.triggers where trigger.mode != .veto {
            triggers.update(trigger.name) { $0.endEarly(now: context.now) }
            forgetOngoing(trigger.name, &context)
            state.incident?.markCleared(trigger.name, at: context.now.wall)
        }
        releaseChanged(to: release, isOurs: isOurs, &context)
        if known?.standing == .bad, !isOurs { badReleaseRedeployed(release, &context) }
    }

    /// A grave breach that stood when the release before was last seen cannot be this one's
    /// fault. One that began between that read and the first new one does not predate it.
    private func breachPredates(_ lastSeenBefore: Instant) -> Bool {
        graveTriggers.contains { triggers[$0.name]?.wasBreached(at: lastSeenBefore) ?? false }
    }
}

extension Deployment.Origin {
    /// A stable code.
    var code: String {
        switch self {
        case .found: "found"
        case .announced: "announced"
        case .read: "read"
        case .rollback: "rollback"
        }
    }

    var text: String {
        switch self {
        case .found: "as watchd found it"
        case .announced(let who): "announced by \(who)"
        case .read(let source): "read from \(source)"
        case .rollback(let id): "put there by rollback \(id)"
        }
    }
}
