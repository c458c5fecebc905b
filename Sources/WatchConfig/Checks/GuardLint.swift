// A service that nobody would hear of: people see its name in `status` and believe it is guarded.

import WatchCore

struct GuardLint {
    let draft: Draft
    let problems: Problems

    /// Of a configuration without errors: what could not be read may have been the trigger.
    func check() {
        guard !problems.hasErrors else { return }
        let copies = Set(
            draft.plans.flatMap { plan in
                plan.spans.map(\.value)
                    + (plan.drill.map { drill in
                        [drill.service.value]
                            + drill.spans.flatMap { [$0.service.value, $0.copy.value] }
                    } ?? [])
            })
        for service in draft.services where !copies.contains(service.configuration.name) {
            check(service)
        }
    }

    private func check(_ service: ServiceDraft) {
        guard service.triggers.isEmpty, service.operations == nil else { return }
        let name = service.configuration.name
        let isWatched =
            !service.probes.isEmpty || !service.streams.isEmpty
            || !service.configuration.version.isEmpty
        problems.warning(
            service.place,
            isWatched
                ? "nothing guards '\(name)': it has no triggers, so whatever is measured pages "
                    + "nobody and rolls nothing back"
                : "nothing guards '\(name)': it has no probes, no streams and no triggers",
            "add triggers: [ { name: NAME, when: CONDITION, severity: critical } ]"
                + (isWatched ? "" : ", and probes: or streams: that they ask"))
    }
}
