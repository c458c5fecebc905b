// The decision table of the playbooks, and the conditions under which watchd may act by itself.
// The first condition that fails is the reason, in the order in which people would ask.

extension ServiceEngine {
    /// What a breach of `trigger` asks for now: the first table of DESIGN "The decision".
    func decide(_ trigger: TriggerConfiguration, _ context: Context) -> Decision {
        let policy = context.configuration.policy(trigger.severity)
        switch (trigger.mode, policy.action) {
        case (.shadow, _), (.auto, .record), (.page, .record): return .record(nil)
        case (.page, _), (.auto, .page), (.veto, _):
            return maintenanceRefusal(context).map { .record($0) } ?? .page(nil)
        case (.auto, .rollback): break
        }
        switch automaticAction(trigger, context) {
        case .success(let (plan, target)): return .rollback(plan: plan, target: target)
        case .failure(let refusal):
            if maintenanceRefusal(context) != nil { return .record(refusal) }
            return refusal.reason == .awaitingApproval ? .hold(refusal) : .page(refusal)
        }
    }

    /// The row of the table by which it was decided, in words.
    func row(of trigger: TriggerConfiguration, _ context: Context) -> String {
        let policy = context.configuration.policy(trigger.severity)
        return "severity \(trigger.severity.rawValue), mode \(trigger.mode.rawValue), policy "
            + policy.action.rawValue
    }

    enum Permission {
        case success((Plan, Release))
        case failure(Refusal)
    }

    /// Whether watchd may roll back by itself for this trigger, and to what.
    func automaticAction(_ trigger: TriggerConfiguration, _ context: Context) -> Permission {
        let question = question(trigger, context)
        for requirement in Requirement.allCases {
            if let refusal = refusal(requirement, question, context) { return .failure(refusal) }
        }
        guard let plan = plan(of: trigger, context), let target = state.book.lastKnownGood else {
            return .failure(Refusal(.noKnownGood, "there is nothing to go back to"))
        }
        return .success((plan, target))
    }

    /// All that speaks against an automatic rollback, for whoever is asked to approve one.
    func refusals(_ trigger: TriggerConfiguration, _ context: Context) -> [Refusal] {
        let question = question(trigger, context)
        return Requirement.allCases.compactMap { refusal($0, question, context) }
    }

    /// What forbids to walk back to `older`; nil: nothing.
    func walkBackRefusal(
        _ trigger: TriggerConfiguration, to older: Release, _ context: Context
    ) -> Refusal? {
        let question = question(trigger, to: older, context)
        for requirement in Requirement.allCases {
            if let refusal = refusal(requirement, question, context) { return refusal }
        }
        return nil
    }

    /// What must hold, in the order of DESIGN; the first that does not is the reason. Gates come
    /// after these, because they are programs.
    private enum Requirement: CaseIterable {
        case plan, armed, maintenance, veto, sight, version, suspicion, knownGood, target, cooldown,
            limits, neighbours, approval, hold, people, store
    }

    /// What is asked for.
    private struct Question {
        var trigger: TriggerConfiguration
        /// Walking back from a release that watchd itself has just put there.
        var isWalkBack: Bool
        var plan: Plan?
        var target: Release?
    }

    private func question(
        _ trigger: TriggerConfiguration, to older: Release? = nil, _ context: Context
    ) -> Question {
        Question(
            trigger: trigger, isWalkBack: older != nil, plan: plan(of: trigger, context),
            target: older ?? state.book.lastKnownGood)
    }

    /// nil: it is met.
    private func refusal(
        _ requirement: Requirement, _ question: Question, _ context: Context
    ) -> Refusal? {
        let trigger = question.trigger
        switch requirement {
        case .plan:
            return question.plan == nil
                ? Refusal(.noPlan, "no plan is configured for this trigger") : nil
        case .armed: return disarmedRefusal(context)
        case .maintenance: return maintenanceRefusal(context)
        case .veto: return vetoRefusal()
        case .sight: return blindRefusal(trigger, context)
        case .version: return unknownRefusal()
        case .suspicion: return question.isWalkBack ? nil : suspicionRefusal(trigger, context)
        case .knownGood: return question.target == nil ? noKnownGood : nil
        case .target: return question.target.flatMap { targetRefusal($0, context) }
        case .cooldown:
            return question.isWalkBack ? nil : probationRefusal(context) ?? cooldownRefusal(context)
        case .limits: return limitRefusal(context)
        case .neighbours: return neighbourRefusal(context, of: trigger)
        case .approval: return question.plan.flatMap { approvalRefusal($0) }
        case .hold: return holdRefusal(context)
        case .people: return question.isWalkBack ? nil : handedOverRefusal()
        case .store: return storeRefusal(context)
        }
    }

    func plan(of trigger: TriggerConfiguration, _ context: Context) -> Plan? {
        (trigger.plan ?? configuration.plan).flatMap { context.configuration.plan($0) }
    }

    private func disarmedRefusal(_ context: Context) -> Refusal? {
        let host = context.host.arming
        if !host.isArmed(at: context.now) {
            return Refusal(
                .disarmed,
                "automatic action is off on this host (\(host.by): \(host.reason)); "
                    + "`watchctl arm --reason \"…\"` allows it")
        }
        if let own = state.arming, !own.isArmed(at: context.now) {
            return Refusal(
                .disarmed,
                "automatic action is off for \(name) (\(own.by): \(own.reason)); "
                    + "`watchctl arm \(name) --reason \"…\"` allows it")
        }
        return nil
    }

    func vetoRefusal(besides known: [String] = []) -> Refusal? {
        vetoes.first { !known.contains($0.name) }.map { veto in
            Refusal(
                .vetoed, "'\(veto.name)' is breached and forbids automatic rollbacks of \(name)")
        }
    }

    private func blindRefusal(_ trigger: TriggerConfiguration, _ context: Context) -> Refusal? {
        if let ownFault {
            return Refusal(.blind, "this host's network fails (\(ownFault)); nothing can be judged")
        }
        // A copy, for what is asked at every second looks at it in place.
        var service = self
        for signal in signals(of: trigger) {
            if let why = service.blindness(of: signal, now: context.now.boot) {
                return Refusal(.blind, "\(signal) cannot be measured: \(why)")
            }
        }
        return nil
    }

    func unknownRefusal() -> Refusal? {
        guard state.book.running == nil || tracker.isUnknown else { return nil }
        let problems = tracker.sources.compactMap(\.problem)
        let why = problems.isEmpty ? "no version source answers" : problems[0]
        return Refusal(.releaseUnknown, "which release of \(name) runs is not known: \(why)")
    }

    var noKnownGood: Refusal {
        // Of the only one that was seen nobody can say so in time: it runs.
        let remedy =
            state.book.deployments.count > 1
            ? "mark one with `watchctl releases mark-good VERSION --service \(name)`"
            : "the one that runs can be when the next is deployed; until then name one with "
                + "`watchctl rollback \(name) --to VERSION`"
        if let release = state.book.running?.release,
            state.book.release(release)?.standing == .good
        {
            return Refusal(
                .noKnownGood,
                "\(release.text) runs and is good, and no other release is known to be: the next "
                    + "one can be rolled back to it")
        }
        return Refusal(.noKnownGood, "no earlier release of \(name) is known to be good; " + remedy)
    }

    /// A plan whose every method needs somebody's word.
    private func approvalRefusal(_ plan: Plan) -> Refusal? {
        guard !plan.methods.contains(where: \.isUnattended) else { return nil }
        return Refusal(
            .awaitingApproval, "each method of plan \(plan.name) needs an approval")
    }

    /// Can the running deployment be the cause?
    func suspicionRefusal(_ trigger: TriggerConfiguration, _ context: Context) -> Refusal? {
        guard let running = state.book.running else { return nil }
        let within = trigger.suspectFor ?? configuration.suspectFor
        // A migration may take hours before the announced code runs at all.
        let age =
            running.confirmed == nil && tracker.isUnconfirmed
            ? .zero : context.now.boot - (running.confirmed ?? running.began).boot
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
        if let refusal = operationSuspicion(trigger, running) { return refusal }
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

    private func cooldownRefusal(_ context: Context) -> Refusal? {
        let cooldown = context.configuration.limits.cooldown
        guard let last = state.automaticEnds.last else { return nil }
        let since = context.now.boot - last.boot
        guard since < cooldown else { return nil }
        return Refusal(
            .cooldown,
            "the last automatic rollback ended \(since.text) ago; the next may come after "
                + cooldown.text)
    }

    private func limitRefusal(_ context: Context) -> Refusal? {
        let limits = context.configuration.limits
        let recent = state.automaticEnds.filter { context.now.boot - $0.boot < limits.per }
        guard recent.count >= limits.maxRollbacks else { return nil }
        return Refusal(
            .limitReached,
            "\(recent.count) automatic rollbacks within \(limits.per.text) are enough; "
                + "people must look")
    }

    private func storeRefusal(_ context: Context) -> Refusal? {
        context.storeProblem.map {
            Refusal(.storeUnavailable, "what is done cannot be recorded: \($0)")
        }
    }
}
