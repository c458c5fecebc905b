// Whether a rollback would work now, asked before it is needed.

extension ServiceEngine {
    /// So many releases in a row that were replaced before they were good: the last known good one
    /// falls further and further behind.
    static let unbakedAreTooMany = 3

    /// The gravest trigger that may act; what would it be allowed?
    func readiness(_ context: Context) -> ServiceStatus.Readiness {
        var readiness = ownReadiness(context)
        let plans = plans(context).map { self.readiness(of: $0, context) }
        readiness.plans = plans.isEmpty ? nil : plans
        return readiness
    }

    private func ownReadiness(_ context: Context) -> ServiceStatus.Readiness {
        let automatic = configuration.triggers.filter { trigger in
            trigger.mode == .auto
                && context.configuration.policy(trigger.severity).action == .rollback
        }
        let known = state.book.lastKnownGood?.identity.version
        guard let trigger = automatic.max(by: { $0.severity < $1.severity }) else {
            return ServiceStatus.Readiness(
                ready: false, reason: "no-auto-trigger",
                text: "no trigger may act by itself (mode: auto, policy action: rollback)",
                target: known, problem: bakeProblem)
        }
        if let refusal = undecidedRefusal(trigger) {
            return ServiceStatus.Readiness(
                ready: false, reason: refusal.reason.code, text: refusal.text, target: known,
                problem: bakeProblem)
        }
        switch automaticAction(trigger, context) {
        case .success(let (plan, target)):
            let gates = readiness(of: plan, context)
            if !gates.works, let reason = gates.reason {
                return ServiceStatus.Readiness(
                    ready: false, reason: reason, text: gates.text, target: known,
                    problem: bakeProblem)
            }
            return ServiceStatus.Readiness(
                ready: true, reason: nil,
                text: "would roll back to \(target.identity.text) with plan \(plan.name)",
                target: target.identity.version, problem: bakeProblem)
        case .failure(let refusal):
            return ServiceStatus.Readiness(
                ready: false, reason: refusal.reason.code, text: refusal.text,
                target: known, problem: bakeProblem)
        }
    }

    /// Why a breach of `trigger` would decide nothing, whatever else holds; nil: it would.
    func undecidedRefusal(_ trigger: TriggerConfiguration) -> Refusal? {
        if let incident = state.incident?.record {
            switch incident.state {
            case .recovered:
                return Refusal(
                    .probation,
                    "\(incident.id) was rolled back a short time ago; until it closes watchd pages")
            // Another release runs: what that breaks is decided anew.
            case .handedOver where state.incident.map(isOfLaterRelease) ?? false: break
            case .handedOver:
                return Refusal(
                    .handedOver,
                    "\(incident.id) was handed over to people, and watchd pages until somebody "
                        + "ends it: `watchctl resolve \(incident.id)`")
            case .open, .awaitingApproval, .rollingBack, .verifying, .cleared, .superseded, .closed:
                break
            }
        }
        guard let ongoing = state.ongoing?.first(where: { $0.trigger == trigger.name }) else {
            return nil
        }
        return Refusal(
            .handedOver,
            "'\(ongoing.trigger)' is breached since \(ongoing.began.text) and its incident is "
                + "closed; nothing is decided about it before it has cleared once")
    }

    /// Whether a plan would work if somebody asked for it now, whoever may.
    func readiness(of plan: Plan, _ context: Context) -> ServiceStatus.PlanReadiness {
        let target = state.book.lastKnownGood
        func no(_ refusal: Refusal) -> ServiceStatus.PlanReadiness {
            ServiceStatus.PlanReadiness(
                plan: plan.name, works: false, reason: refusal.reason.code, text: refusal.text,
                target: target?.identity.version)
        }
        guard let running = state.book.running?.release, !tracker.isUnknown else {
            return no(
                unknownRefusal()
                    ?? Refusal(.releaseUnknown, "which release of \(name) runs is not known"))
        }
        guard let target else { return no(noKnownGood) }
        if let problem = context.storeProblem {
            return no(
                Refusal(.storeUnavailable, "what is done cannot be recorded: \(problem)"))
        }
        if let missing = missingValue(plan, from: running, to: target) { return no(missing) }
        let answer = gateRound.answer(plan.name, from: running, to: target.identity)
        let asked = answer?.asked.wall
        if let answer, let reason = answer.reason {
            return ServiceStatus.PlanReadiness(
                plan: plan.name, works: false, reason: reason, text: answer.text,
                target: target.identity.version, asked: asked)
        }
        let gates =
            plan.gates.isEmpty
            ? "" : answer.map { "; \($0.text)" } ?? "; its gates have not been asked yet"
        var readiness = ServiceStatus.PlanReadiness(
            plan: plan.name, works: true, reason: nil,
            text: "would roll \(running.text) back to \(target.identity.text)\(gates)",
            target: target.identity.version, asked: asked)
        if !plan.gates.isEmpty, answer == nil { readiness.unasked = true }
        return readiness
    }

    /// A gate or a step that may run unattended needs what was never captured of the release: its
    /// version sources did not know the field yet while it ran.
    private func missingValue(
        _ plan: Plan, from running: ReleaseIdentity, to target: Release
    ) -> Refusal? {
        let known = variables(from: running, to: target, id: name, incident: name)
        func missing(_ actions: [Action?]) -> String? {
            actions.compactMap { $0 }.flatMap(\.templates).flatMap(\.variables).first {
                ($0.hasPrefix("from.") || $0.hasPrefix("to.")) && known[$0] == nil
            }
        }
        func refusal(_ what: String, _ reason: Reason, _ field: String) -> Refusal {
            let release = field.hasPrefix("to.") ? target.identity : running
            return Refusal(
                reason,
                "\(what) needs ${\(field)}, which was not captured of \(release.text) while it "
                    + "ran; it works again once a release that ran with this configuration is good")
        }
        for gate in plan.gates {
            if let field = missing([gate.action]) {
                return refusal("gate \(gate.name)", .gateBlocked(gate.name), field)
            }
        }
        let methods = plan.methods.filter(\.isUnattended).flatMap(\.possibleSteps)
        for step in plan.before + methods + plan.after {
            if let field = missing([step.action, step.check]) {
                return refusal("step \(step.name)", .valueMissing(field), field)
            }
        }
        return nil
    }

    /// Three releases in a row that nobody waited for.
    private var bakeProblem: String? {
        let count = state.book.replacedUnbaked
        guard count >= Self.unbakedAreTooMany else { return nil }
        return "the last \(count) releases were replaced before they were good; shorten `bake` "
            + "(\(configuration.bake.text)), or the last known good release falls behind"
    }

    /// Said once for each release that is one too many.
    mutating func noteBakeProblem(_ context: inout Context) {
        guard let bakeProblem else { return }
        context.events.append(
            event("readiness.problem", context, reason: "bake-too-long", text: bakeProblem))
    }
}
