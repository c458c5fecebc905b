// One document: its top-level keys go into the draft that all files share.

import WatchCore

struct DocumentReader {
    let problems: Problems

    func read(_ root: YAMLValue, into draft: inout Draft) {
        guard let section = Section(root, .top, problems) else { return }
        draft.names.services += section.names("services")
        draft.names.plans += section.names("plans")
        draft.names.channels += section.names("channels")
        for entry in section.named("services") {
            refuseSecond(entry, "service", &draft)
            if let service = ServiceReader(problems: problems).read(entry) {
                draft.services.append(service)
            }
        }
        policy(section, &draft)
        limits(section, &draft)
        for entry in section.named("plans") {
            refuseSecond(entry, "plan", &draft)
            if let plan = PlanReader(problems: problems).read(entry) { draft.plans.append(plan) }
        }
        for entry in section.named("channels") {
            refuseSecond(entry, "channel", &draft)
            if let channel = ChannelReader(problems: problems).read(entry) {
                draft.channels.append((channel, entry.keyPlace))
            }
        }
        for entry in section.named("routes") {
            refuseSecond(entry, "route", &draft)
            draft.routes.append(route(entry))
        }
        access(section, &draft)
        QuietReader(problems: problems).read(section, into: &draft.quiet)
    }

    /// The same name in two files.
    private func refuseSecond(
        _ entry: YAMLValue.Entry, _ what: String, _ draft: inout Draft
    ) {
        guard let first = draft.firstPlaces["\(what) \(entry.key)"] else {
            draft.firstPlaces["\(what) \(entry.key)"] = entry.keyPlace
            return
        }
        problems.error(
            entry.keyPlace,
            "the \(what) '\(printable(entry.key, limit: 60))' is defined twice, first in "
                + first.short, "remove one of them, or rename it")
    }

    private func policy(_ section: Section, _ draft: inout Draft) {
        guard let value = section.value("policy"),
            let policies = Section(value, .severities, problems)
        else { return }
        for severity in Severity.allCases.reversed() {
            guard let value = policies.value(severity.rawValue),
                let policy = Section(value, .policy, problems)
            else { continue }
            let place = policies.keyPlace(severity.rawValue) ?? value.place
            if let first = draft.policyPlaces[severity] {
                problems.error(
                    place,
                    "the policy of '\(severity.rawValue)' is given twice, first in "
                        + first.short, "keep one of them")
            }
            draft.policyPlaces[severity] = place
            var merged =
                Policy.defaults[severity]
                ?? Policy(
                    action: .record, page: nil, respondWithin: nil)
            merged.action = policy.choice("action", as: Policy.Action.self) ?? merged.action
            if let route = policy.text("page") {
                merged.page = route
                draft.writtenRoutes.append(Placed(route, policy.place("page")))
            }
            merged.respondWithin =
                policy.optionalDuration(
                    "respond_within", in: .seconds(1)...Duration.days(7)) ?? merged.respondWithin
            merged.ackExpires =
                policy.optionalDuration(
                    "ack_expires", in: .minutes(1)...Duration.days(7)) ?? merged.ackExpires
            let approvers = policy.approvers()
            if let role = approvers.first {
                merged.approve = role.value
                merged.secondApprover = approvers.dropFirst().first?.value
                draft.writtenRoles += approvers
            }
            merged.needsComment = policy.needsComment
            merged.afterHours = policy.afterHours(
                roles: &draft.writtenRoles, routes: &draft.writtenRoutes)
            merged.approveWithin = policy.approveWithin() ?? merged.approveWithin
            merged.onTimeout =
                policy.choice("on_timeout", as: OnTimeout.self) ?? merged.onTimeout
            if let place = policy.keyPlace("on_timeout"), merged.approveWithin == nil {
                problems.warning(
                    place, "'on_timeout' without 'approve_within' never comes",
                    "add approve_within: 10m, or remove it")
            }
            draft.policy[severity] = merged
        }
    }

    private func limits(_ section: Section, _ draft: inout Draft) {
        guard let value = section.value("limits"), let limits = Section(value, .limits, problems)
        else { return }
        if let first = draft.limitsPlace {
            problems.error(
                section.keyPlace("limits") ?? value.place,
                "'limits' are given twice, first in \(first.short)", "keep one of them")
        }
        draft.limitsPlace = section.keyPlace("limits")
        let standard = Limits()
        draft.limits = Limits(
            maxRollbacks: limits.integer("max_rollbacks", standard.maxRollbacks),
            per: limits.duration("per", standard.per),
            cooldown: limits.duration(
                "cooldown", standard.cooldown, in: .zero...Duration.days(365)))
    }

    private func access(_ section: Section, _ draft: inout Draft) {
        guard let value = section.value("access"), let access = Section(value, .access, problems)
        else { return }
        if let first = draft.accessPlace {
            problems.error(
                section.keyPlace("access") ?? value.place,
                "'access' is given twice, first in \(first.short)", "keep one of them")
        }
        draft.accessPlace = section.keyPlace("access")
        draft.access = Access(operate: groups(access.texts("operate")))
        for entry in access.named("approve") {
            Names.checkPlain(entry.key, "a role", entry.keyPlace, problems)
            let members = Scalars.list(entry.value, entry.key, problems).compactMap { item in
                Scalars.text(item, entry.key, limit: 4096, problems).map { Placed($0, item.place) }
            }
            if entry.value.items?.isEmpty == true {
                problems.error(
                    entry.value.place, "nobody has the role '\(printable(entry.key, limit: 60))'",
                    "name a Unix group, as in \(printable(entry.key, limit: 60)): [admins]")
            }
            draft.access.approve[entry.key] = groups(members)
        }
    }

    private func groups(_ names: [Placed<String>]) -> [String] {
        for group in names where !Names.isGroup(group.value) {
            problems.error(
                group.place, "'\(printable(group.value, limit: 60))' is no group name",
                "write the name of a Unix group, as in getent group")
        }
        return names.map(\.value)
    }

    private func route(_ entry: YAMLValue.Entry) -> RouteDraft {
        Names.checkPlain(entry.key, "a route", entry.keyPlace, problems)
        let items = Scalars.list(entry.value, entry.key, problems)
        if entry.value.items?.isEmpty == true {
            problems.error(
                entry.value.place, "the route has no step", "add - { to: [CHANNEL] }")
        }
        let steps = items.compactMap { item -> [Placed<String>]? in
            guard let step = Section(item, .routeStep, problems) else { return nil }
            let channels = step.texts("to")
            if step.value("to")?.items?.isEmpty == true {
                problems.error(
                    step.place("to"), "the step goes to nobody", "name a channel: to: [CHANNEL]")
            }
            return channels
        }
        return RouteDraft(name: entry.key, place: entry.keyPlace, steps: steps)
    }
}
