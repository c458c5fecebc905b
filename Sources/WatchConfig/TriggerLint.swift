// What a rule can do at all. One that can never fire is worse than none, since somebody relies on
// it; one that a few stray failures can fire must be known before it acts.

import WatchCore

struct TriggerLint {
    let service: String
    let report: Report
    /// Of the expression.
    let place: Place

    /// So few failures that can fire an `auto` rule are worth a word.
    private static let fewFailures = 3

    func check(_ trigger: TriggerConfiguration, _ triggerPlace: Place) {
        let lint = self
        report.check { configuration in
            guard let service = configuration.service(lint.service) else { return }
            lint.references(trigger, service)
            lint.possibility(trigger, service)
            lint.action(trigger, service, configuration, triggerPlace)
        }
    }

    private func references(_ trigger: TriggerConfiguration, _ service: ServiceConfiguration) {
        let probes = service.probes.map(\.name)
        let signals = probes + service.streams.map(\.name)
        for operand in trigger.when.operands {
            switch operand {
            case .signal(_, let signal, _):
                report.require(signal, among: signals, "probe or stream", at: place)
            case .failing(let names):
                for name in names { report.require(name, among: probes, "probe", at: place) }
            case .up(let name): report.require(name, among: probes, "probe", at: place)
            }
        }
    }

    private func possibility(_ trigger: TriggerConfiguration, _ service: ServiceConfiguration) {
        for operand in trigger.when.operands {
            guard case .signal(let function, let signal, let width) = operand,
                function.needsSamples, let probe = service.probe(signal)
            else { continue }
            let most = samples(probe, width)
            let needed = trigger.judgement.minSamplesOfProbe
            if most < needed {
                report.error(
                    place,
                    "this rule can never fire: \(signal) is probed every "
                        + "\(probe.every.text), so \(operand.text) sees at most \(most) samples "
                        + "and \(needed) are needed",
                    remedy: "probe more often, widen the window, or set min_samples")
                return
            }
        }
        let canBeTrue = trigger.when.canBeTrue { operand in
            guard case .signal(let function, let signal, let width) = operand,
                function == .count || function == .errors, let probe = service.probe(signal)
            else { return nil }
            return Double(samples(probe, width))
        }
        if !canBeTrue {
            report.error(
                place, "this rule can never fire: whatever is measured, it is never true",
                remedy: "a ratio lies between 0% and 100%; check the threshold")
        }
    }

    /// How many results of a probe a window can hold at the very best.
    private func samples(_ probe: ProbeConfiguration, _ width: Duration) -> Int {
        Int(width.nanoseconds / Swift.max(1, probe.every.nanoseconds)) + 1
    }

    private func action(
        _ trigger: TriggerConfiguration, _ service: ServiceConfiguration,
        _ configuration: WatchCore.Configuration, _ triggerPlace: Place
    ) {
        let acts =
            trigger.mode == .auto && configuration.policy[trigger.severity]?.action == .rollback
        guard acts else { return }
        if trigger.plan == nil, service.plan == nil {
            report.error(
                triggerPlace,
                "'\(trigger.name)' is to roll back by itself, but there is no plan for it",
                remedy: "add rollback: { plan: NAME } to \(service.name), or mode: page")
        }
        if service.version.isEmpty {
            report.warning(
                triggerPlace,
                "\(service.name) has no version source, so '\(trigger.name)' only pages until a "
                    + "deployment is announced",
                remedy: "add version: [ { symlink: … } ] or announce with `watchctl deploy`")
        }
        for operand in trigger.when.operands {
            guard case .signal(.errorRate, let signal, _) = operand,
                service.probe(signal) != nil,
                trigger.judgement.minSamplesOfProbe <= Self.fewFailures
            else { continue }
            report.warning(
                place,
                "\(trigger.judgement.minSamplesOfProbe) failed probes of \(signal) can be "
                    + "enough to roll back",
                remedy: "ask for more with min_samples, or use failing(\(signal), …)")
        }
    }
}
