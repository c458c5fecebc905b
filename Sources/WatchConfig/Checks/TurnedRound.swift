// Rules that are true while all is well. An automatic one would roll back each release, good or
// bad, as soon as it has been watched for long enough.

import WatchCore

struct TurnedRound {
    let service: ServiceConfiguration
    let rule: TriggerConfiguration

    /// No age, traffic or latency at which all is well makes it false; or it is true with the
    /// traffic that it asks for itself, and would not be if everything failed.
    ///
    /// `count(access, 5m) < 10` is neither: with more traffic it is false, and failures do not
    /// change it.
    var isTrueWhileAllIsWell: Bool { isNeverFalse || isEndedByFailures }

    private var isNeverFalse: Bool {
        var truths: Set<Truth> = []
        for isOld in ages {
            for samples in rule.densities { truths.formUnion(healthy(samples, isOld: isOld)) }
            truths.formUnion(healthy(0, isOld: isOld) { $0.isSilent = true })
        }
        return truths.contains(.true) && !truths.contains(.false)
    }

    /// In the densest traffic: what is true of sparse traffic alone asks whether it is gone.
    private var isEndedByFailures: Bool {
        guard let samples = rule.densities.last else { return false }
        return ages.contains { isOld in
            healthy(samples, isOld: isOld) == [.true]
                && !healthy(samples, isOld: isOld) { $0.isAllFailing = true }.contains(.true)
        }
    }

    /// A release of any age is well; an operation that overruns is not.
    private var ages: [Bool] {
        let hasOverrun = rule.when.operands.contains { operand in
            if case .overrun = operand { true } else { false }
        }
        return hasOverrun ? [false] : [false, true]
    }

    /// What the rule says where nobody can know better: whether patterns are found, as that of a
    /// job that is done, and how fast the service is when it is well.
    private func healthy(
        _ samples: Int, isOld: Bool, _ change: (inout Scenario) -> Void = { _ in }
    ) -> Set<Truth> {
        // How sure one must be is another matter.
        var judgement = rule.judgement
        judgement.confidence = nil
        var truths: Set<Truth> = []
        for matches in [0, 1_000_000] {
            for quick in [1e-6, 0.1] {
                var scenario = Scenario(
                    service: service, judgement: judgement, samples: samples, isOld: isOld)
                scenario.matches = matches
                scenario.quick = quick
                change(&scenario)
                truths.insert(scenario.truth(of: rule.when))
            }
        }
        return truths
    }
}
