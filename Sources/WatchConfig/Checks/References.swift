// Follows every name to what it names, across files, and says what it probably meant.

import WatchCore

struct References {
    let draft: Draft
    let problems: Problems
    let services: Set<String>
    private let plans: Set<String>
    private let channels: Set<String>
    /// Indexes of the services that may run a plan.
    private let users: [String: [Int]]
    /// A misspelt name may have meant any plan.
    private let hasUnknownPlan: Bool

    init(draft: Draft, problems: Problems) {
        self.draft = draft
        self.problems = problems
        services = Set(draft.names.services)
        let plans = Set(draft.names.plans)
        self.plans = plans
        channels = Set(draft.names.channels)
        var users: [String: [Int]] = [:]
        for (index, service) in draft.services.enumerated() {
            for plan in service.plans { users[plan.value, default: []].append(index) }
        }
        self.users = users
        hasUnknownPlan =
            users.keys.contains { !plans.contains($0) }
            || draft.services.contains { $0.hadRefused }
    }

    func check() {
        for service in draft.services {
            checkDependencies(service)
            checkPlans(service)
            OperationsCheck(draft: draft, problems: problems).check(service)
            for variable in service.variables { check(variable, [service]) }
            for trigger in service.triggers {
                operands(service).check(trigger.configuration.when, trigger.when)
                checkAction(trigger, service)
            }
            for trigger in service.brokenTriggers { check(trigger, service) }
        }
        checkCycles()
        checkQuiet()
        checkListeners()
        for plan in draft.plans { check(plan) }
        for route in draft.routes {
            for channel in route.steps.joined()
            where !channels.contains(channel.value) {
                Names.unknown(channel, "channel", among: draft.names.channels, problems)
            }
        }
        checkPolicies()
        ApprovalReferences(draft: draft, problems: problems).check()
    }

    /// What it names, and what its mode wants of its condition.
    private func check(_ trigger: BrokenTrigger, _ service: ServiceDraft) {
        guard let when = trigger.when else { return }
        operands(service).check(trigger.operands, when)
        guard trigger.isAutomatic else { return }
        AutomaticLint(service: service.configuration, problems: problems)
            .checkNames(trigger.operands, trigger.name?.value ?? "", when)
    }

    private func operands(_ service: ServiceDraft, whose: String = "") -> OperandCheck {
        OperandCheck(service: service, whose: whose, problems: problems)
    }

    private func checkDependencies(_ service: ServiceDraft) {
        for other in service.dependsOn {
            if other.value == service.configuration.name {
                problems.error(other.place, "a service cannot depend on itself", "remove it")
            } else if !services.contains(other.value) {
                Names.unknown(other, "service", among: draft.names.services, problems)
            }
        }
    }

    private func checkPlans(_ service: ServiceDraft) {
        for plan in [service.plan, service.operations?.plan].compactMap({ $0 })
            + service.triggers.compactMap(\.plan) + service.brokenTriggers.compactMap(\.plan)
        where !plans.contains(plan.value) {
            Names.unknown(plan, "plan", among: draft.names.plans, problems)
        }
    }

    // MARK: - What follows of a trigger

    private func checkAction(_ trigger: TriggerDraft, _ service: ServiceDraft) {
        let configuration = trigger.configuration
        guard configuration.mode == .auto, let policy = draft.policy[configuration.severity]
        else { return }
        guard policy.action == .rollback else {
            problems.warning(
                trigger.modePlace,
                "'\(configuration.name)' never rolls back by itself: the policy of "
                    + "'\(configuration.severity.rawValue)' is \(policy.action.rawValue)",
                "write severity: critical, or policy: { \(configuration.severity.rawValue): "
                    + "{ action: rollback } }, or leave mode out")
            return
        }
        if configuration.plan == nil, service.configuration.plan == nil {
            problems.error(
                trigger.modePlace, "'\(configuration.name)' is to roll back, but there is no plan",
                "add rollback: { plan: NAME } to the service, or plan: NAME to the trigger")
        }
        if service.configuration.version.isEmpty, !service.hadRefused {
            problems.warning(
                trigger.modePlace,
                "the service has no version source, so its release is unknown and "
                    + "'\(configuration.name)' only pages until a deployment is announced",
                "add version: [ { symlink: PATH } ], or announce with watchctl deploy")
        }
    }

    // MARK: - Plans

    private func check(_ plan: PlanDraft) {
        let users = (users[plan.plan.name] ?? []).map { draft.services[$0] }
        if users.isEmpty, !draft.services.isEmpty, !hasUnknownPlan {
            problems.warning(
                plan.place, "no service uses the plan '\(plan.plan.name)'",
                "add rollback: { plan: \(plan.plan.name) } to a service, or remove the plan")
        }
        SpanReferences(draft: draft, problems: problems).check(plan, users)
        for user in users {
            let name = user.configuration.name
            for probe in plan.probes
            where !user.probes.contains(probe.value) && !probe.value.contains("/") {
                Names.unknown(
                    probe, "probe of service '\(name)', which uses this plan",
                    among: user.probes, problems)
            }
            for condition in plan.conditions {
                operands(user, whose: " of service '\(name)'")
                    .check(condition.expression, condition.value)
            }
        }
        let drilled = DrillCheck(draft: draft, problems: problems).check(plan, users)
        for condition in plan.conditions {
            for service in drilled {
                operands(service, whose: " of service '\(service.configuration.name)'")
                    .check(condition.expression, condition.value)
            }
        }
        let captured = users.isEmpty && drilled.isEmpty ? draft.services : users + drilled
        for variable in plan.variables { check(variable, captured) }
    }

    private func check(_ variable: Placed<String>, _ services: [ServiceDraft]) {
        let name = variable.value
        let general = [
            "service", "incident", "rollback", "from.began", EngineMode.evidenceVariable,
        ]
        guard !general.contains(name) else { return }
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        if parts.count == 2, parts[0] == "vars" {
            checkOwn(variable, parts[1], services)
            return
        }
        let standard: Set<String> = ["version", "commit"]
        if parts.count == 2, parts[0] == "from" || parts[0] == "to" {
            let field = parts[1]
            guard !standard.contains(field) else { return }
            guard let without = services.first(where: { !$0.fields.contains(field) }) else {
                if !services.isEmpty { return }
                return unknown(variable, standard)
            }
            if services.contains(where: { $0.fields.contains(field) }) {
                problems.error(
                    variable.place,
                    "service '\(without.configuration.name)' uses this plan, but none of its "
                        + "version sources captures '\(field)'",
                    "add \(field): $.path to the json: of a version source")
                return
            }
        }
        unknown(variable, services.reduce(standard) { $0.union($1.fields) })
    }

    /// `${vars.NAME}` is what each service says of itself.
    private func checkOwn(
        _ variable: Placed<String>, _ name: String, _ services: [ServiceDraft]
    ) {
        let without = services.filter { $0.configuration.vars?[name] == nil && !$0.hadRefused }
        guard let first = without.first else { return }
        let known = Set(services.flatMap { ($0.configuration.vars ?? [:]).keys }).sorted()
        let near = known.contains(name) ? nil : Suggestion.nearest(to: name, among: known)
        problems.error(
            variable.place,
            "service '\(first.configuration.name)' runs this plan, and has no variable "
                + "'\(printable(name, limit: 60))'",
            near.map { "did you mean '${vars.\($0)}'?" }
                ?? "add vars: { \(printable(name, limit: 60)): VALUE } to it")
    }

    private func unknown(_ variable: Placed<String>, _ fields: Set<String>) {
        let names =
            fields.sorted().flatMap { ["from.\($0)", "to.\($0)"] }
            + ["from.began", "service", "incident", "rollback", EngineMode.evidenceVariable]
        let near = Suggestion.nearest(to: variable.value, among: names)
        problems.error(
            variable.place,
            "nothing gives the variable '${\(printable(variable.value, limit: 60))}' a value",
            near.map { "did you mean '${\($0)}'?" }
                ?? "there are \(names.joined(separator: ", "))")
    }

    // MARK: - Pages

    private func checkPolicies() {
        let routes = draft.routes.map(\.name)
        for route in draft.writtenRoutes where !routes.contains(route.value) {
            Names.unknown(route, "route", among: routes, problems)
        }
        for route in draft.services.flatMap(\.triggers).compactMap(\.page)
            + draft.services.flatMap(\.brokenTriggers).compactMap(\.page)
            + draft.services.compactMap(\.operations?.page)
        where !routes.contains(route.value) {
            Names.unknown(route, "route", among: routes, problems)
        }
        var reported: Set<Severity> = []
        for trigger in draft.services.flatMap(\.triggers)
        where trigger.configuration.mode != .shadow && trigger.page == nil {
            let severity = trigger.configuration.severity
            guard let policy = draft.policy[severity], policy.action != .record,
                let route = policy.page, !routes.contains(route)
            else { continue }
            if draft.routes.isEmpty, draft.channels.isEmpty {
                problems.warning(
                    trigger.place, "there are no routes and no channels: pages go nowhere",
                    "add channels: and routes: { \(route): [ { to: [CHANNEL] } ] }")
                return
            }
            if draft.writtenRoutes.contains(where: { $0.value == route }) { continue }
            guard reported.insert(severity).inserted else { continue }
            let near = Suggestion.nearest(to: route, among: routes)
            problems.error(
                trigger.severityPlace,
                "pages of '\(severity.rawValue)' take the route '\(route)', and there is none",
                near.map {
                    "rename the route '\($0)', or write policy: "
                        + "{ \(severity.rawValue): { page: \($0) } }"
                }
                    ?? "add routes: { \(route): [ { to: [CHANNEL] } ] }, or write policy: "
                    + "{ \(severity.rawValue): { page: ROUTE } }")
        }
    }
}
