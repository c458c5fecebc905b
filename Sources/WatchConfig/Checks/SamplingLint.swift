// Rules that cannot do what they were written for: a rule that never can fire is worse than none,
// because somebody relies on it; an automatic one that a few failures fire will fire for nothing.

import WatchCore

struct SamplingLint {
    /// So few failures must not roll anything back.
    static let fewFailures = 3

    let service: ServiceConfiguration
    let problems: Problems

    func check(_ trigger: TriggerDraft) {
        let rule = trigger.configuration
        if unanswerable(rule.when, rule.judgement, trigger.when) { return }
        guard rule.when.canBeTrue(most: most) else {
            problems.error(
                trigger.when.place, "'\(rule.name)' can never fire: its condition cannot be true",
                "ratios lie between 0% and 100%, counts of a probe are bounded by its interval")
            return
        }
        guard rule.mode == .auto, let few = fewest(rule) else { return }
        problems.warning(
            trigger.when.place,
            "\(few == 1 ? "one failure fires" : "\(few) failures fire") the automatic rule "
                + "'\(rule.name)'",
            Self.remedy(rule.when))
    }

    /// `min_samples` means nothing to rules that ask for the state of probes.
    private static func remedy(_ when: Expression) -> String {
        let asksForState = when.operands.contains { operand in
            switch operand {
            case .failing, .up: true
            case .signal: false
            }
        }
        return asksForState
            ? "raise the probes' 'failures:', or name more probes, so that more than "
                + "\(fewFailures) are needed"
            : "raise min_samples or the threshold, so that more than \(fewFailures) are needed"
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
        return function == .rate ? count / width.seconds : count
    }

    /// Whether an operand never has an answer, and the rule needs it.
    private func unanswerable(
        _ when: Expression, _ judgement: Judgement, _ text: YAMLValue
    ) -> Bool {
        for operand in when.operands {
            guard case .signal(let function, let signal, let width) = operand,
                function.needsSamples, let probe = service.probe(signal)
            else { continue }
            let possible = possible(probe, width)
            let needed = judgement.minSamplesOfProbe
            guard possible < needed else { continue }
            let wider = probe.every * max(1, needed)
            let message =
                "\(operand.text) never has an answer: every \(probe.every.text) gives at most "
                + "\(possible) samples in \(width.text), min_samples is \(needed)"
            let remedy = "widen the window to \(wider.text), probe more often, or lower min_samples"
            let place = Expressions.place(of: signal, in: text)
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

    // MARK: - Too few failures

    /// The fewest failures, up to `fewFailures`, that fire the rule; nil: they do not, or it
    /// fires without any.
    private func fewest(_ rule: TriggerConfiguration) -> Int? {
        let signals = signals(of: rule.when)
        guard !signals.isEmpty, signals.count <= 6 else { return nil }
        let none = Dictionary(uniqueKeysWithValues: signals.map { ($0, 0) })
        guard !fires(rule, none) else { return nil }
        for total in 1...Self.fewFailures {
            var found = false
            allot(total, signals[...], none) { failures in
                found = found || fires(rule, failures)
            }
            if found { return total }
        }
        return nil
    }

    private func signals(of when: Expression) -> [String] {
        var seen: Set<String> = []
        return when.operands.flatMap { operand -> [String] in
            switch operand {
            case .signal(_, let signal, _): [signal]
            case .failing(let names): names
            case .up(let name): [name]
            }
        }.filter { seen.insert($0).inserted }
    }

    /// Every way to spread failures over signals.
    private func allot(
        _ total: Int, _ signals: ArraySlice<String>, _ failures: [String: Int],
        _ body: ([String: Int]) -> Void
    ) {
        guard let signal = signals.first else {
            if total == 0 { body(failures) }
            return
        }
        for count in 0...total {
            var next = failures
            next[signal] = count
            allot(total - count, signals.dropFirst(), next, body)
        }
    }

    /// Evaluated as if windows held just enough samples.
    private func fires(_ rule: TriggerConfiguration, _ failures: [String: Int]) -> Bool {
        rule.when.evaluate { operand in
            switch operand {
            case .signal(let function, let signal, let width):
                reading(function, signal, width, failures[signal] ?? 0, rule.judgement)
            case .failing(let names):
                Reading(
                    value: Double(names.count { isFailing($0, failures) })
                        / Double(max(1, names.count)), samples: names.count)
            case .up(let name):
                Reading(value: isFailing(name, failures) ? 0 : 1, samples: 1)
            }
        }.truth == .true
    }

    private func isFailing(_ name: String, _ failures: [String: Int]) -> Bool {
        service.probe(name).map { (failures[name] ?? 0) >= $0.failures } ?? false
    }

    private func reading(
        _ function: SignalFunction, _ signal: String, _ width: Duration, _ failures: Int,
        _ judgement: Judgement
    ) -> Reading {
        let needed =
            service.probe(signal) != nil
            ? judgement.minSamplesOfProbe : judgement.minSamplesOfStream
        let samples = max(needed, failures)
        let value: Double
        switch function {
        case .errorRate: value = Double(failures) / Double(samples)
        case .successRate: value = 1 - Double(failures) / Double(samples)
        case .count: value = Double(samples)
        case .errors: value = Double(failures)
        case .rate: value = Double(samples) / width.seconds
        case .percentile, .mean, .max: return Reading(gap: .noData)
        }
        return Reading(value: value, samples: samples)
    }
}
