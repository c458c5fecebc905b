// Rules that cannot do what they were written for: a rule that never can fire is worse than none,
// because somebody relies on it; an automatic one that a few failures fire will fire for nothing.

import WatchCore

struct SamplingLint {
    let service: ServiceConfiguration
    let problems: Problems

    func check(_ trigger: TriggerDraft) {
        let rule = trigger.configuration
        if unanswerable(rule.when, rule.judgement, trigger.when) { return }
        checkConfidence(trigger)
        guard canFire(trigger), canBeFalse(trigger) else { return }
        checkAges(trigger)
        if isTurnedRight(trigger) { checkFewness(trigger) }
        guard rule.mode == .auto else { return }
        AutomaticLint(service: service, problems: problems).check(trigger)
        guard let few = FewFailures(service: service, rule: rule).fewest else { return }
        problems.warning(
            trigger.when.place,
            "\(few == 1 ? "one failure fires" : "\(few) failures fire") the automatic rule "
                + "'\(rule.name)'",
            Self.remedy(rule.when))
    }

    /// `min_samples` means nothing to rules that ask for the state of probes, or count.
    private static func remedy(_ when: Expression) -> String {
        let wanted = "so that more than \(FewFailures.limit) are needed"
        for operand in when.operands {
            switch operand {
            case .failing, .up:
                return "raise the probes' 'failures:', or name more probes, \(wanted)"
            case .matches, .restarts:
                return "raise the threshold, or join it to an error rate, \(wanted)"
            case .signal, .parseFailures, .failingRoutes, .affected, .burnRate, .overrun,
                .releaseAge, .baseline:
                break
            }
        }
        return "raise min_samples or the threshold, \(wanted)"
    }

    // MARK: - Conditions that cannot be true

    private func canFire(_ trigger: TriggerDraft) -> Bool {
        let rule = trigger.configuration
        func limits(_ terms: EvaluationTerms) -> ExpressionLimits {
            ExpressionLimits(terms: terms, most: most, samples: samples)
        }
        guard !rule.when.canBeTrue(limits(service.terms(rule.judgement))) else { return true }
        let plain = EvaluationTerms(confidence: nil, slo: service.slo)
        let cause: String
        let remedy: String
        if let level = rule.judgement.confidence, rule.when.canBeTrue(limits(plain)) {
            cause = "with confidence \(Percent.text(level)) its windows never hold enough samples"
            remedy = "widen the windows, probe more often, or lower confidence or the threshold"
        } else if let slo = service.slo, rule.when.canBeTrue(limits(.plain)) {
            let most = ((1 / (1 - slo)) * 100).rounded() / 100
            cause =
                "with slo \(Percent.text(slo)) the budget burns at most \(most) times too fast, "
                + "when every request fails"
            remedy = "lower the factor, or write the error rate itself"
        } else {
            cause = "its condition cannot be true"
            remedy =
                "ratios lie between 0% and 100%, counts of a probe are bounded by its interval"
        }
        problems.error(trigger.when.place, "'\(rule.name)' can never fire: \(cause)", remedy)
        return false
    }

    // MARK: - Conditions that are true of a healthy service

    /// Others than automatic ones only warn: a page too many is better than no watchdog.
    private func canBeFalse(_ trigger: TriggerDraft) -> Bool {
        let rule = trigger.configuration
        let limits = ExpressionLimits(
            terms: EvaluationTerms(confidence: nil, slo: service.slo), most: most)
        guard !rule.when.canBeFalse(limits) else { return true }
        let what = "'\(rule.name)' is always true: its condition cannot be false"
        let remedy = "compare with what only trouble brings, as in error_rate(access, 2m) > 25%"
        if rule.mode == .auto {
            problems.error(trigger.when.place, what, remedy)
        } else {
            problems.warning(trigger.when.place, what, remedy)
        }
        return false
    }

    /// A veto may well want to hold while all is well.
    private func isTurnedRight(_ trigger: TriggerDraft) -> Bool {
        let rule = trigger.configuration
        guard rule.mode == .auto || rule.mode == .shadow,
            TurnedRound(service: service, rule: rule).isTrueWhileAllIsWell
        else { return true }
        let then = rule.mode == .auto ? ", and would roll back any release" : ""
        problems.warning(
            trigger.when.place, "'\(rule.name)' is true while all is well\(then)",
            "is the comparison turned round?")
        return false
    }

    /// That nothing came in a day is said after the two minutes of `warm_up`.
    private func checkFewness(_ trigger: TriggerDraft) {
        let rule = trigger.configuration
        let warmUp = rule.judgement.warmUp
        guard rule.mode != .veto, let count = rule.when.countsWantedFew(warmUp: warmUp).first,
            let width = count.countedWidth
        else { return }
        problems.warning(
            trigger.when.place,
            "'\(rule.name)' asks whether \(count.text) is small, and the window answers from "
                + "warm_up (\(warmUp.text)) on: until \(width.text) after a start, a deployment or "
                + "a gap it is not full, and holds too few",
            "set warm_up: \(width.text) for this rule"
                + (count.isRateable ? ", or compare rate() instead" : ""))
    }

    /// Only the same release deployed again is young while its windows are warm.
    private func checkAges(_ trigger: TriggerDraft) {
        let rule = trigger.configuration
        guard !rule.when.canBeTrueAtSomeAge(warmUp: rule.judgement.warmUp) else { return }
        problems.warning(
            trigger.when.place,
            "'\(rule.name)' cannot fire for a new release: windows and probes say nothing before "
                + "warm_up (\(rule.judgement.warmUp.text)), and release_age() is beyond its limit "
                + "then",
            "raise the limit of release_age() above warm_up, or lower warm_up for this rule")
    }

    /// `confidence` that was written for a rule that has nothing to be confident of.
    private func checkConfidence(_ trigger: TriggerDraft) {
        guard let place = trigger.confidencePlace,
            !trigger.configuration.when.hasSampledComparison
        else { return }
        problems.warning(
            place, "'confidence' changes nothing in '\(trigger.configuration.name)'",
            "it judges a ratio that stands alone on one side of < or >, "
                + "as in error_rate(access, 2m) > 5%")
    }

    // MARK: - Too few samples

    /// Results a probe can have in a window: one at each end counts. Probes never come faster
    /// than `every`; re-checks are no samples.
    private func possible(_ probe: ProbeConfiguration, _ width: Duration) -> Int {
        let every = max(1, probe.every.nanoseconds)
        return Int(clamping: width.nanoseconds / every + 1)
    }

    private func most(_ operand: Operand) -> Double? {
        guard case .signal(let function, let signal, let width) = operand,
            let probe = service.probe(signal)
        else { return nil }
        let count = Double(possible(probe, width))
        switch function {
        case .count, .errors: return count
        case .rate: return count / min(width, max(service.judgement.warmUp, .seconds(1))).seconds
        case .errorRate, .successRate, .percentile, .mean, .max: return nil
        }
    }

    private func samples(_ operand: Operand) -> Double? {
        switch operand {
        case .signal(_, let signal, let width), .burnRate(let signal, let width):
            service.probe(signal).map { Double(possible($0, width)) }
        case .failing, .up, .matches, .restarts, .parseFailures, .failingRoutes, .affected,
            .overrun, .releaseAge, .baseline:
            nil
        }
    }

    /// A window of a probe that needs samples, and how many.
    private func wanted(
        _ operand: Operand, _ judgement: Judgement
    ) -> (probe: ProbeConfiguration, width: Duration, needed: Int, what: String)? {
        let needed = judgement.minSamplesOfProbe
        switch operand {
        case .signal(let function, let signal, let width):
            guard function.needsSamples, let probe = service.probe(signal) else { return nil }
            return (probe, width, needed, "min_samples is \(needed)")
        case .burnRate(let signal, let width):
            return service.probe(signal).map { ($0, width, needed, "min_samples is \(needed)") }
        case .baseline(let inner):
            guard let signal = inner.signal, let probe = service.probe(signal) else { return nil }
            return (
                probe, service.baselineWindow, 10 * needed,
                "a baseline needs 10 times min_samples, \(10 * needed)"
            )
        case .failing, .up, .matches, .restarts, .parseFailures, .failingRoutes, .affected,
            .overrun, .releaseAge:
            return nil
        }
    }

    /// Whether an operand never has an answer, and the rule needs it.
    private func unanswerable(
        _ when: Expression, _ judgement: Judgement, _ text: YAMLValue
    ) -> Bool {
        for operand in when.operands {
            guard let (probe, width, needed, what) = wanted(operand, judgement) else { continue }
            let possible = possible(probe, width)
            guard possible < needed else { continue }
            let wider = probe.every * max(1, needed)
            let window = if case .baseline = operand { "baseline_window" } else { "the window" }
            let message =
                "\(operand.text) never has an answer: every \(probe.every.text) gives at most "
                + "\(possible) samples in \(width.text), \(what)"
            let remedy =
                "widen \(window) to \(wider.text), probe more often, or lower min_samples"
            let place = Expressions.place(of: probe.name, in: text)
            if Self.mayHoldWithout(when) {
                problems.warning(place, message, remedy)
            } else {
                problems.error(place, message, remedy)
                return true
            }
        }
        return false
    }

    /// Unknown or true is true, and so is not (unknown and false): with these words the rule may
    /// fire by its other parts.
    private static func mayHoldWithout(_ when: Expression) -> Bool {
        let words = when.source.split { !($0.isLetter || $0.isNumber || "_-".contains($0)) }
        return words.contains("or") || words.contains("not")
    }
}

extension Operand {
    fileprivate var isRateable: Bool {
        if case .signal(.count, _, _) = self { true } else { false }
    }
}
