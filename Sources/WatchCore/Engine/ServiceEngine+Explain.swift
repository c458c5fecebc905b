// `watchctl explain SERVICE/TRIGGER`: why the verdict is what it is and what a breach would lead to,
// for somebody who was woken for it.

extension ServiceEngine {
    /// A trigger's verdict with the figures of now.
    func status(
        of trigger: TriggerConfiguration, _ evaluation: Evaluation
    ) -> ServiceStatus.TriggerStatus? {
        guard let state = triggers[trigger.name] else { return nil }
        let note: String? =
            switch state.uncertainty(evaluation) {
            case .insufficient(let why), .blind(let why): why
            case .healthy, .breached, nil: nil
            }
        return ServiceStatus.TriggerStatus(
            name: trigger.name, when: trigger.when.source, severity: trigger.severity,
            mode: trigger.mode, verdict: state.verdict.name, since: state.since.wall, note: note,
            readings: evaluation.readings)
    }

    mutating func explain(_ name: String, _ context: Context) -> Explanation? {
        guard let trigger = trigger(name) else { return nil }
        let evaluation = evaluate(trigger, now: context.now.boot)
        guard let shown = status(of: trigger, evaluation) else { return nil }
        let decision = decide(trigger, context)
        let reason: Reason
        let text: String
        switch decision {
        case .rollback(let plan, let target):
            reason = .trigger(name)
            text = "a breach would roll back to \(target.identity.text) with plan \(plan.name)"
        case .page(let refusal?):
            reason = refusal.reason
            text = "a breach would page: \(refusal.text)"
        case .page(nil):
            reason = .trigger(name)
            text = "a breach would page (mode \(trigger.mode.rawValue))"
        case .hold(let refusal):
            reason = refusal.reason
            text = "a breach would ask for an approval: \(refusal.text)"
        case .record(let refusal):
            reason = refusal?.reason ?? (trigger.mode == .shadow ? .shadow : .trigger(name))
            text = "a breach would only be recorded" + (refusal.map { ": \($0.text)" } ?? "")
        }
        return Explanation(
            service: self.name, trigger: shown, lines: evaluation.lines, decision: decision.name,
            reason: reason.code, text: text)
    }
}
