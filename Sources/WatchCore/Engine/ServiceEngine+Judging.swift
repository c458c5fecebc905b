// Verdicts: each trigger is evaluated whenever something came in and at every whole second.

extension ServiceEngine {
    /// A trigger's judgement now: while a rollback is being verified, its settling stood for the
    /// warm-up.
    func judgement(of trigger: TriggerConfiguration) -> Judgement {
        settled(trigger.judgement)
    }

    /// The same of the trigger at that place in the configuration.
    func judgement(at index: Int) -> Judgement {
        settled(configuration.triggers[index].judgement)
    }

    private func settled(_ judgement: Judgement) -> Judgement {
        guard isSettledAfterRollback else { return judgement }
        var judgement = judgement
        judgement.warmUp = .zero
        return judgement
    }

    /// What an event can have changed. Verdicts about other signals change by time alone, so they
    /// wait for the next second.
    enum Touched {
        case everything, nothing
        case signal(String)
        case signals([String])
    }

    mutating func judge(_ touched: Touched, _ context: inout Context) {
        let now = context.now.boot
        let isNewSecond = lastJudged.map { $0.second < now.second } ?? true
        let isSettled = isSettledAfterRollback
        let isAll = isNewSecond || judgedSince != restarted || isSettled != wasSettled
        lastJudged = now
        judgedSince = restarted
        wasSettled = isSettled
        if isAll {
            judgeAll(isNewSecond, &context)
            return
        }
        var began: [Beginning] = []
        switch touched {
        case .everything: return judgeAll(isNewSecond, &context)
        case .signal(let name):
            for index in triggersOf[name] ?? [] { judge(index, isNewSecond, &began, &context) }
        case .signals(let names):
            let indexes = Set(names.flatMap { triggersOf[$0] ?? [] })
            for index in judgingOrder where indexes.contains(index) {
                judge(index, isNewSecond, &began, &context)
            }
        case .nothing: break
        }
        decide(about: began, &context)
    }

    private mutating func judgeAll(_ isNewSecond: Bool, _ context: inout Context) {
        var began: [Beginning] = []
        for index in judgingOrder { judge(index, isNewSecond, &began, &context) }
        decide(about: began, &context)
    }

    /// A breach that is decided about when every verdict of the moment is known.
    private struct Beginning {
        var index: Int
        var evaluation: Evaluation
    }

    private mutating func decide(about began: [Beginning], _ context: inout Context) {
        for breach in began {
            let trigger = configuration.triggers[breach.index]
            note(
                .began, of: trigger, triggers.values[breach.index], breach.evaluation, &context)
        }
    }

    private mutating func judge(
        _ index: Int, _ isNewSecond: Bool, _ began: inout [Beginning], _ context: inout Context
    ) {
        let now = context.now
        let before = triggers.values[index].isBreached
        let clearFor = configuration.triggers[index].judgement.clearFor
        let finding = find(index, isBreached: before, now: now.boot)
        let transition = triggers.values[index].judge(
            finding, clearFor: clearFor,
            sustainedFor: configuration.triggers[index].sustainedFor, now: now)
        // Words cost more than verdicts: they are made when something changed.
        guard let transition else {
            // A breach has figures that people are told of later.
            if before && isNewSecond { refreshFigures(index, now: now.boot) }
            return
        }
        let trigger = configuration.triggers[index]
        let evaluation = evaluate(
            trigger.when, judgement(of: trigger), isBreached: before, isFull: false, now: now.boot)
        triggers.values[index].describe(evaluation)
        guard transition != .began else {
            began.append(Beginning(index: index, evaluation: evaluation))
            return
        }
        note(transition, of: trigger, triggers.values[index], evaluation, &context)
    }

    private mutating func note(
        _ transition: TriggerState.Transition, of trigger: TriggerConfiguration,
        _ state: TriggerState, _ evaluation: Evaluation, _ context: inout Context
    ) {
        let expression = trigger.when.source
        switch transition {
        case .began:
            context.events.append(
                event(
                    "trigger.breached", context, trigger: trigger,
                    text: "\(trigger.name): \(expression) is true", readings: state.readings))
            breachBegan(trigger, state, &context)
        case .cleared:
            let isHeld = state.isHeldBack ?? false
            let what = isHeld ? "is true, but not for long enough yet" : "is false"
            context.events.append(
                event(
                    "trigger.cleared", context, trigger: trigger,
                    text: "\(trigger.name): \(expression) \(what)", readings: state.readings))
            breachCleared(trigger, &context)
        case .changed:
            guard let (kind, why) = Self.uncertainty(state.verdict) else { return }
            context.events.append(
                event(
                    kind, context, trigger: trigger, text: "\(trigger.name): \(why)",
                    readings: state.readings))
        }
    }

    private static func uncertainty(_ verdict: TriggerState.Verdict) -> (String, String)? {
        switch verdict {
        case .insufficient(let why): ("trigger.insufficient", why)
        case .blind(let why): ("trigger.blind", "could not measure, \(why)")
        case .healthy, .breached: nil
        }
    }

    var graveTriggers: [TriggerConfiguration] {
        configuration.triggers.filter(\.isGrave)
    }

    /// Mutating, though nothing changes: asked at every second, and looked at in place.
    mutating func isGravelyBreached() -> Bool {
        for index in triggers.indices
        where triggers.values[index].isBreached && configuration.triggers[index].isGrave {
            return true
        }
        return false
    }

    var vetoes: [TriggerConfiguration] {
        configuration.triggers.filter {
            $0.mode == .veto && (triggers[$0.name]?.isBreached ?? false)
        }
    }

    /// Counts the last second as evidence of health when it was one (DESIGN "Standing").
    mutating func gatherEvidence(_ context: inout Context) {
        let now = context.now
        let second = Instant(nanoseconds: now.boot.second * 1_000_000_000)
        guard let last = lastEvidence else {
            lastEvidence = second
            hadEvidence = !isGravelyBreached() && isEvidence(now.boot)
            return
        }
        guard second > last else { return }
        lastEvidence = second
        let elapsed = second - last
        guard elapsed <= Engine.gap else {
            hadEvidence = false
            return baseline.discard()
        }
        if isGravelyBreached() {
            hadEvidence = false
            state.book.restartBake()
            forgetRunUpOfBreach(now.boot)
            return
        }
        // What counts is the second that has passed: was it healthy from its begin?
        let wasHealthy = hadEvidence
        hadEvidence = isEvidence(now.boot)
        guard wasHealthy, hadEvidence else { return baseline.discard() }
        baseline.admit(elapsed, now: second, window: configuration.baselineWindow)
        let needed = configuration.bake
        if state.book.bake(elapsed, needed: needed) { noteGood(needed, &context) }
    }

    /// Rare, and apart from the rest, for which the compiler makes a copy of the service.
    @inline(never)
    private mutating func noteGood(_ needed: Duration, _ context: inout Context) {
        guard let release = state.book.running?.release else { return }
        context.isDirty = true
        context.events.append(
            event(
                "release.good", context, release: release, reason: "baked",
                text: "\(release.text) is good: healthy for \(needed.text) of watched time"))
    }

    /// Mutating, though nothing changes: asked at every second, and looked at in place.
    private mutating func isEvidence(_ now: Instant) -> Bool {
        // What was only announced may not have run for a second yet.
        guard !state.book.deployments.isEmpty, !tracker.isUnknown, !tracker.isMixed,
            !tracker.isUnconfirmed
        else { return false }
        // A shadow trigger that is healthy speaks for the release, too; its breach says nothing.
        var isHealthy = false
        for index in triggers.indices where configuration.triggers[index].severity >= .high {
            // True, and only not for long enough: no health, whatever the verdict is called.
            if triggers.values[index].isHeldBack ?? false {
                guard configuration.triggers[index].mode == .shadow else { return false }
                continue
            }
            if triggers.values[index].isHealthy { isHealthy = true }
        }
        guard isHealthy, !state.hasIncident || openOperationBreaches().isEmpty else { return false }
        for signal in automaticSignals where isBlind(signal, now: now) { return false }
        return true
    }

    /// Probes and streams it asks.
    func signals(of trigger: TriggerConfiguration) -> [String] {
        trigger.when.operands.flatMap { operand in
            if case .failing(let names) = operand {
                return names.isEmpty ? configuration.askedNames : names
            }
            return operand.signal.map { [$0] } ?? []
        }
    }
}
