// Who may approve: roles that are asked for must be somebody's, or nobody could say yes at 3 a.m.

import WatchCore

struct ApprovalReferences {
    let draft: Draft
    let problems: Problems

    func check() {
        for role in draft.writtenRoles {
            check(role, "whoever may operate may approve instead")
        }
        for role in draft.plans.flatMap(\.roles) { check(role, "only root may approve it") }
        for service in draft.services {
            for trigger in service.triggers { check(trigger, service) }
        }
    }

    /// A role among others that exist is misspelt; where there are none at all, they are missing.
    private func check(_ role: Placed<String>, _ consequence: String) {
        let known = draft.access.approve.keys.sorted()
        guard !known.contains(role.value) else { return }
        guard known.isEmpty else {
            Names.unknown(role, "role in access.approve", among: known, problems)
            return
        }
        let name = printable(role.value, limit: 60)
        problems.warning(
            role.place, "nobody has the role '\(name)': \(consequence)",
            "add access: { approve: { \(name): [GROUP] } }")
    }

    private func check(_ trigger: TriggerDraft, _ service: ServiceDraft) {
        let configuration = trigger.configuration
        let policy = draft.policy[configuration.severity]
        if configuration.onTimeout != nil,
            configuration.approveWithin ?? policy?.approveWithin == nil
        {
            problems.warning(
                trigger.place,
                "'on_timeout' of '\(configuration.name)' never comes, because there "
                    + "is no 'approve_within'", "add approve_within: 10m, or remove it")
        }
        guard configuration.mode == .auto, policy?.action == .rollback,
            let name = configuration.plan ?? service.configuration.plan,
            let plan = draft.plans.first(where: { $0.plan.name == name })?.plan,
            !plan.methods.isEmpty, !plan.methods.contains(where: \.isUnattended)
        else { return }
        problems.warning(
            trigger.modePlace,
            "'\(configuration.name)' never rolls back by itself: each method of plan '\(name)' "
                + "needs an approval",
            "add a method that loses nothing, or leave mode out")
    }
}
