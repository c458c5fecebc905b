// The decision table of the playbooks, and the conditions under which watchd may act by itself.
// The first condition that fails is the reason, in the order in which people would ask.

extension ServiceEngine {
    /// What a breach of `trigger` asks for now.
    func decide(_ trigger: TriggerConfiguration, _ context: Context) -> Decision {
        let policy =
            context.configuration.policy[trigger.severity]
            ?? Policy(
                action: .page, page: nil, respondWithin: nil)
        switch (trigger.mode, policy.action) {
        case (.shadow, _), (.auto, .record), (.page, .record): return .record
        case (.page, _), (.auto, .page), (.veto, _): return .page(nil)
        case (.auto, .rollback): break
        }
        switch automaticAction(trigger, context) {
        case .success(let (plan, target)): return .rollback(plan: plan, target: target)
        case .failure(let refusal): return .page(refusal)
        }
    }

    enum Permission {
        case success((Plan, Release))
        case failure(Refusal)
    }

    /// Whether watchd may roll back by itself for this trigger, and to what.
    func automaticAction(_ trigger: TriggerConfiguration, _ context: Context) -> Permission {
        guard let plan = plan(of: trigger, context) else {
            return .failure(Refusal(.noPlan, "no plan is configured for this trigger"))
        }
        if let refusal = switchRefusal(context) ?? sightRefusal(trigger, context)
            ?? suspicionRefusal(trigger, context)
        {
            return .failure(refusal)
        }
        guard let target = state.book.lastKnownGood else {
            return .failure(
                Refusal(
                    .noKnownGood,
                    "no earlier release of \(name) is known to be good; mark one with "
                        + "`watchctl releases mark-good VERSION --service \(name)`"))
        }
        if let refusal = targetRefusal(target, context) ?? limitRefusal(context)
            ?? neighbourRefusal(context) ?? storeRefusal(context)
        {
            return .failure(refusal)
        }
        return .success((plan, target))
    }

    func plan(of trigger: TriggerConfiguration, _ context: Context) -> Plan? {
        (trigger.plan ?? configuration.plan).flatMap { context.configuration.plan($0) }
    }

    private func switchRefusal(_ context: Context) -> Refusal? {
        let host = context.host.arming
        if !host.isArmed(at: context.now) {
            return Refusal(
                .disarmed,
                "automatic action is off on this host (\(host.by): \(host.reason)); "
                    + "`watchctl arm` allows it")
        }
        if let own = state.arming, !own.isArmed(at: context.now) {
            return Refusal(
                .disarmed,
                "automatic action is off for \(name) (\(own.by): \(own.reason)); "
                    + "`watchctl arm \(name)` allows it")
        }
        if let time = context.maintenance(of: name) {
            return Refusal(.maintenance, "\(name) is in maintenance \(time.text)")
        }
        if let veto = vetoes.first {
            return Refusal(
                .vetoed, "'\(veto.name)' is breached and forbids automatic rollbacks of \(name)")
        }
        return nil
    }

    private func sightRefusal(_ trigger: TriggerConfiguration, _ context: Context) -> Refusal? {
        for signal in signals(of: trigger) {
            if let why = blindness(of: signal, now: context.now.boot) {
                return Refusal(.blind, "\(signal) cannot be measured: \(why)")
            }
        }
        if state.book.running == nil || tracker.isUnknown {
            let problems = tracker.sources.compactMap(\.problem)
            let why = problems.isEmpty ? "no version source answers" : problems[0]
            return Refusal(.releaseUnknown, "which release of \(name) runs is not known: \(why)")
        }
        return nil
    }

    /// Can the running deployment be the cause?
    func suspicionRefusal(_ trigger: TriggerConfiguration, _ context: Context) -> Refusal? {
        guard let running = state.book.running else { return nil }
        let within = trigger.suspectFor ?? configuration.suspectFor
        let age = context.now.boot - running.began.boot
        let release = running.release.text
        switch running.origin {
        case .rollback:
            return Refusal(.noReleaseSuspect, "\(release) was put there by a rollback")
        case .found:
            return Refusal(
                .noReleaseSuspect,
                "\(release) ran already when watchd first looked; when it was deployed is not known"
            )
        case .announced, .read: break
        }
        if running.isReturnOfGood {
            return Refusal(
                .noReleaseSuspect, "\(release) is a good release come back (somebody rolled back)")
        }
        if age > within {
            return Refusal(
                .noReleaseSuspect,
                "\(release) has run for \(age.text), longer than the \(within.text) in which a "
                    + "release is suspected")
        }
        if running.breachPredates {
            return Refusal(
                .breachPredatesRelease, "the trouble was there before \(release) was deployed")
        }
        let before = state.book.deployments.dropLast().last?.release
        let target = state.book.lastKnownGood?.identity
        if before?.matches(running.release) ?? false || target?.matches(running.release) ?? false {
            return Refusal(
                .sameRelease,
                "\(release) ran before this deployment too; only configuration changed")
        }
        return nil
    }

    private func targetRefusal(_ target: Release, _ context: Context) -> Refusal? {
        if isQuarantined(target.identity) {
            return Refusal(.targetQuarantined, "\(target.identity.text) is being rolled back from")
        }
        let age = context.now.boot - target.lastRan.boot
        if age > configuration.targetWithin {
            return Refusal(
                .targetStale,
                "\(target.identity.text) last ran \(age.text) ago, longer than "
                    + "\(configuration.targetWithin.text); roll back to it by hand if it still fits"
            )
        }
        return nil
    }

    func isQuarantined(_ release: ReleaseIdentity) -> Bool {
        state.rollback?.from.matches(release) ?? false
    }

    private func limitRefusal(_ context: Context) -> Refusal? {
        let limits = context.configuration.limits
        if let last = state.automaticEnds.last {
            let since = context.now.boot - last.boot
            if since < limits.cooldown {
                return Refusal(
                    .cooldown,
                    "the last automatic rollback ended \(since.text) ago; the next may come after "
                        + limits.cooldown.text)
            }
        }
        let recent = state.automaticEnds.filter { context.now.boot - $0.boot < limits.per }
        if recent.count >= limits.maxRollbacks {
            return Refusal(
                .limitReached,
                "\(recent.count) automatic rollbacks within \(limits.per.text) are enough; "
                    + "people must look")
        }
        return nil
    }

    /// The host-wide brake.
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
        let minute = Duration.minutes(1)
        guard let mine = graveBreachSince, context.now.boot - mine < minute * 60 else { return nil }
        let announced = announcedDeployment
        return context.neighbours.first { other in
            guard let theirs = other.graveBreach else { return false }
            guard abs((theirs - mine).nanoseconds) < minute.nanoseconds else { return false }
            guard !other.dependsOn.contains(name), !configuration.dependsOn.contains(other.name)
            else { return false }
            if let announced, let theirs = other.announced, announced.version == theirs.version,
                abs((announced.at - theirs.at).nanoseconds) < minute.nanoseconds * 10
            {
                return false
            }
            return true
        }?.name
    }

    /// When the latest grave breach that stands began.
    var graveBreachSince: Instant? {
        graveTriggers.compactMap { trigger in
            triggers[trigger.name].flatMap { $0.isBreached ? $0.since.boot : nil }
        }.max()
    }

    var announcedDeployment: (version: String, at: Instant)? {
        guard let running = state.book.running, case .announced = running.origin else { return nil }
        return (running.release.version, running.began.boot)
    }

    private func storeRefusal(_ context: Context) -> Refusal? {
        context.storeProblem.map {
            Refusal(.storeUnavailable, "what is done cannot be recorded: \($0)")
        }
    }
}
