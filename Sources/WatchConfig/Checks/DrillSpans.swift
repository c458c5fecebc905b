// In a drill the services that a plan stops are others, too: each has one that is stopped for it,
// which nothing rolls back and no plan stops for real.

import WatchCore

struct DrillSpans {
    let draft: Draft
    let problems: Problems

    func check(_ plan: PlanDraft, _ drill: DrillDraft) {
        let stopped = plan.spans.map(\.value)
        for (service, _) in drill.spans where !stopped.contains(service.value) {
            Names.unknown(service, "service in spans", among: stopped, problems)
        }
        for service in stopped where drill.drill.spans?[service] == nil {
            problems.error(
                drill.service.place,
                "this plan stops '\(service)', and the drill does not say what is stopped for it",
                "add spans: { \(service): NAME } to drill:, a service that only drills use")
        }
        var used: [String: String] = [:]
        for (service, copy) in drill.spans {
            if let other = used.updateValue(service.value, forKey: copy.value) {
                problems.error(
                    copy.place, "'\(copy.value)' is stopped for '\(other)' already",
                    "name another service")
            }
            check(copy, for: service.value, plan, drill)
        }
    }

    private func check(
        _ copy: Placed<String>, for service: String, _ plan: PlanDraft, _ drill: DrillDraft
    ) {
        guard draft.names.services.contains(copy.value) else {
            Names.unknown(copy, "service", among: draft.names.services, problems)
            return
        }
        if copy.value == drill.service.value {
            problems.error(
                copy.place, "'\(copy.value)' is what the drill rolls back",
                "name another service; what its own rollback stops goes into before: or the method")
        }
        let stopper = draft.plans.first { $0.spans.contains { $0.value == copy.value } }
        if let stopper {
            problems.error(
                copy.place,
                "'\(copy.value)' is stopped for real, by plan '\(stopper.plan.name)': a drill must "
                    + "never touch it", "name a service that only drills use")
        }
        guard let other = draft.services.first(where: { $0.configuration.name == copy.value })
        else { return }
        if let own = other.plans.first {
            problems.error(
                copy.place,
                "'\(copy.value)' is rolled back for real, by plan '\(own.value)': a drill must "
                    + "never touch it", "name a service that only drills use, and that has no plan")
        }
        let wanted = plan.probes.filter { $0.value.hasPrefix(service + "/") }
        for probe in wanted {
            let name = String(probe.value.dropFirst(service.count + 1))
            guard !other.probes.contains(name) else { continue }
            Names.unknown(
                Placed(name, probe.place),
                "probe of service '\(copy.value)', which is stopped for '\(service)' in a drill",
                among: other.probes, problems)
        }
    }
}
