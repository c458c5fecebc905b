// A drill must never touch production. Its service is not rolled back for real, reads its version
// elsewhere, and each gate and step of the plan has something that tells the two apart.

import WatchCore

struct DrillCheck {
    let draft: Draft
    let problems: Problems

    /// - Parameter users: services that the plan rolls back for real.
    /// - Returns: the service of the drill, where there is one.
    func check(_ plan: PlanDraft, _ users: [ServiceDraft]) -> [ServiceDraft] {
        guard let drill = plan.drill else { return [] }
        guard draft.names.services.contains(drill.service.value) else {
            Names.unknown(drill.service, "service", among: draft.names.services, problems)
            return []
        }
        let name = drill.service.value
        guard let service = draft.services.first(where: { $0.configuration.name == name }) else {
            return []
        }
        DrillSpans(draft: draft, problems: problems).check(plan, drill)
        checkTarget(service, drill, users)
        checkVerification(plan, service, drill)
        checkCredentials(plan, drill)
        checkActs(plan, service, drill, users)
        return [service]
    }

    // MARK: - The service

    private func checkTarget(
        _ service: ServiceDraft, _ drill: DrillDraft, _ users: [ServiceDraft]
    ) {
        let name = drill.service.value
        if let plan = service.plans.first {
            problems.error(
                drill.service.place,
                "'\(name)' is rolled back for real, by plan '\(plan.value)': a drill must never "
                    + "touch it",
                "name a service that only drills use, and that has no plan")
            return
        }
        let own = Set(service.configuration.version.map(\.kind))
        for user in users {
            guard let both = user.configuration.version.first(where: { own.contains($0.kind) })
            else { continue }
            problems.error(
                drill.service.place,
                "'\(name)' reads its version from the same place as "
                    + "'\(user.configuration.name)': \(both.label)",
                "give it a version source of its own")
        }
    }

    private func checkVerification(
        _ plan: PlanDraft, _ service: ServiceDraft, _ drill: DrillDraft
    ) {
        let name = drill.service.value
        let own = plan.probes.filter { !$0.value.contains("/") }
        for probe in own where !service.probes.contains(probe.value) {
            Names.unknown(
                probe, "probe of service '\(name)', on which this plan is drilled",
                among: service.probes, problems)
        }
        if service.configuration.version.isEmpty, !service.hadRefused,
            plan.plan.methods.contains(where: { $0.check == nil })
        {
            problems.error(
                drill.service.place,
                "'\(name)' has no version source, so no drill could see that it landed",
                "add version: [ { symlink: PATH } ] to it")
        }
    }

    // MARK: - What the plan does

    private func checkCredentials(_ plan: PlanDraft, _ drill: DrillDraft) {
        var used: Set<String> = []
        for act in plan.acts {
            for secret in Set(act.action.templates.flatMap(\.secrets)).sorted(by: Self.order) {
                guard case .credential(let name) = secret else {
                    problems.error(
                        act.place,
                        "'\(act.name)' uses \(secret), for which nothing can stand in a drill",
                        "use ${credential:NAME}, for which drill: { credentials: … } names another"
                    )
                    continue
                }
                used.insert(name)
                let known = drill.credentials.map(\.value)
                guard !known.contains(name) else { continue }
                problems.error(
                    act.place,
                    "'\(act.name)' uses ${credential:\(name)}, and the drill says of none that it "
                        + "stands for it",
                    "add credentials: { \(name): NAME } to drill:; no drill uses a real one "
                        + "unasked")
            }
        }
        for name in drill.credentials where !used.contains(name.value) {
            Names.unknown(name, "credential of this plan", among: used.sorted(), problems)
        }
    }

    private static func order(_ a: SecretReference, _ b: SecretReference) -> Bool {
        a.description < b.description
    }

    private func checkActs(
        _ plan: PlanDraft, _ service: ServiceDraft, _ drill: DrillDraft, _ users: [ServiceDraft]
    ) {
        let names = plan.acts.map(\.name)
        for name in drill.same where !names.contains(name.value) {
            Names.unknown(name, "gate or step of this plan", among: names, problems)
        }
        let same = Set(drill.same.map(\.value))
        for act in plan.acts
        where !act.action.isOurs && !same.contains(act.name)
            && !isTold(act.action, service, drill, users)
        {
            problems.error(
                act.place,
                "in a drill '\(act.name)' would do what it does for real: nothing in it depends "
                    + "on the service",
                "use ${service}, a ${vars.NAME} that differs, or a credential of its own; if it "
                    + "may, add same: [ \(act.name) ] to drill:")
        }
    }

    /// Whether something in it is another thing in a drill.
    private func isTold(
        _ action: Action, _ service: ServiceDraft, _ drill: DrillDraft, _ users: [ServiceDraft]
    ) -> Bool {
        let variables = action.askedTemplates.flatMap(\.variables)
        if variables.contains("service") { return true }
        let differs = variables.contains { variable in
            guard variable.hasPrefix("vars.") else { return false }
            let name = String(variable.dropFirst("vars.".count))
            let own = service.configuration.vars?[name]
            return users.allSatisfy { $0.configuration.vars?[name] != own }
        }
        if differs { return true }
        return action.templates.flatMap(\.secrets).contains { secret in
            guard case .credential(let name) = secret else { return false }
            return drill.drill.credentials[name].map { $0 != name } ?? false
        }
    }
}
