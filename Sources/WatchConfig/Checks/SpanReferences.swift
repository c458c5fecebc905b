// What a plan stops must be other services than its own, and what its verification asks of them
// must be there.

import WatchCore

struct SpanReferences {
    let draft: Draft
    let problems: Problems

    func check(_ plan: PlanDraft, _ users: [ServiceDraft]) {
        for span in plan.spans {
            if !draft.names.services.contains(span.value) {
                Names.unknown(span, "service", among: draft.names.services, problems)
            } else if users.contains(where: { $0.configuration.name == span.value }) {
                problems.error(
                    span.place,
                    "'\(span.value)' uses this plan, which would stop it as one of the others",
                    "remove it from spans; what its own rollback stops goes into before: or the "
                        + "method")
            }
        }
        for probe in plan.probes where probe.value.contains("/") { check(probe, plan) }
    }

    /// `SERVICE/PROBE`.
    private func check(_ probe: Placed<String>, _ plan: PlanDraft) {
        let parts = probe.value.split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let (service, name) = (String(parts[0]), String(parts[1]))
        guard plan.spans.contains(where: { $0.value == service }) else {
            problems.error(
                probe.place,
                "'\(printable(service, limit: 60))' is none of the services in spans",
                "name a probe of the plan's own service, or SERVICE/PROBE of one in spans")
            return
        }
        guard let other = draft.services.first(where: { $0.configuration.name == service }),
            !other.probes.contains(name)
        else { return }
        Names.unknown(
            Placed(name, probe.place), "probe of service '\(service)'", among: other.probes,
            problems)
    }
}
