// `watchctl explain SERVICE/TRIGGER`: why the verdict is what it is and what a breach would lead
// to, for somebody who was woken for it.

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
        let (decision, reason, text) = consequence(of: trigger, context)
        return Explanation(
            service: self.name, trigger: shown, lines: evaluation.lines,
            why: why(trigger, evaluation, context.now),
            notices: notices(context.now.boot, of: trigger.when.operands),
            decision: decision, reason: reason, text: text)
    }

    /// What a breach would lead to: as a word, as a stable code, as a sentence.
    private func consequence(
        of trigger: TriggerConfiguration, _ context: Context
    ) -> (decision: String, reason: String, text: String) {
        let name = trigger.name
        var decision = decide(trigger, context)
        switch decision {
        case .rollback, .hold, .page:
            if let refusal = undecidedRefusal(trigger) { decision = .page(refusal) }
        case .record: break
        }
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
        return (decision.name, reason.code, text)
    }

    // MARK: - Why

    /// The verdict, then what decided it.
    private func why(
        _ trigger: TriggerConfiguration, _ evaluation: Evaluation, _ now: Moment
    ) -> [String] {
        guard let state = triggers[trigger.name] else { return [] }
        let age = Swift.max(.zero, now.boot - state.since.boot).text
        let head: String
        switch state.verdict {
        case .breached: head = "breached for \(age): " + stillBreached(trigger, evaluation, now)
        case .healthy:
            switch evaluation.truth {
            case .true: head = notSustained(trigger, state)
            case .false: head = "healthy for \(age): the condition is false"
            case .unknown: head = "healthy for \(age): the condition became unknown just now"
            }
        case .insufficient: head = "not decided for \(age): there is too little data"
        case .blind: head = "not decided for \(age): it could not be measured"
        }
        return [head] + evaluation.reasons + footnotes(trigger, evaluation, now)
    }

    private func stillBreached(
        _ trigger: TriggerConfiguration, _ evaluation: Evaluation, _ now: Moment
    ) -> String {
        switch evaluation.truth {
        case .true: return "the condition is true"
        case .unknown: return "the condition is unknown now, which clears nothing"
        case .false:
            let since = triggers[trigger.name]?.falseSince ?? now.boot
            let left = trigger.judgement.clearFor - (now.boot - since)
            return "the condition has been false for \((now.boot - since).text) and clears in "
                + "\(Swift.max(.zero, left).text), after \(trigger.judgement.clearFor.text) of it"
        }
    }

    /// `for` holds it back.
    private func notSustained(_ trigger: TriggerConfiguration, _ state: TriggerState) -> String {
        guard let span = trigger.sustainedFor, let history = state.history else {
            return "the condition became true just now"
        }
        let held = Duration.seconds(history.trueSeconds)
        let share = ExpressionType.ratio.shown(
            Double(history.trueSeconds) / Double(history.length))
        return "the condition is true, but not long enough: in \(held.text) of the last "
            + "\(span.text) (\(share)), and 'for' wants 90 %"
    }

    /// What somebody must know to understand the figures.
    private func footnotes(
        _ trigger: TriggerConfiguration, _ evaluation: Evaluation, _ now: Moment
    ) -> [String] {
        var notes: [String] = []
        let judgement = judgement(of: trigger)
        if evaluation.readings.values.contains(where: { $0.gap == .warmingUp }) {
            notes.append(
                "windows hold what came since \((now.boot - restarted).text) ago, when they were "
                    + "restarted, and answer when they cover \(judgement.warmUp.text) (warm_up)")
        }
        if let level = judgement.confidence, trigger.when.hasSampledComparison {
            let shown = ExpressionType.ratio.shown(level)
            notes.append(
                "ratios count by what is \(shown) sure of them (confidence): few samples prove "
                    + "little"
            )
        }
        return notes
    }
}
