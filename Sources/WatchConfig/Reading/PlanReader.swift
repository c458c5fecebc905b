// One plan: gates, steps before, methods, steps after, verification.

import WatchCore

struct PlanReader {
    let problems: Problems

    func read(_ entry: YAMLValue.Entry) -> PlanDraft? {
        Names.checkPlain(entry.key, "a plan", entry.keyPlace, problems)
        guard let section = Section(entry.value, .plan, problems, owner: entry.keyPlace) else {
            return nil
        }
        let steps = StepReader(problems: problems)
        let roles = PlacedNames()
        let standard = Plan(name: entry.key, methods: [], verify: Verify())
        var plan = standard
        plan.budget = section.duration("budget", standard.budget)
        plan.gates = section.list("gates").compactMap(steps.gate)
        plan.before = section.list("before").compactMap(steps.step)
        let spans = SpansReader(problems: problems, steps: steps).read(section)
        plan.spans = spans.spans.isEmpty ? nil : spans.spans
        plan.startOrder = spans.order
        // What one method saves is no help to the next, which runs when it failed.
        let before = steps.variables.known
        plan.methods = section.list("methods").compactMap { value in
            steps.variables.known = before
            return method(value, steps, roles)
        }
        steps.variables.known = steps.variables.all
        plan.after = section.list("after").compactMap(steps.step)
        plan.probation = section.duration(
            "probation", standard.probation, in: .zero...Duration.days(30))
        let walkBack = section.integer("walk_back", 0)
        plan.walkBack = walkBack == 0 ? nil : walkBack
        checkMethods(section, plan)
        let drill = DrillReader(problems: problems).read(section)
        plan.drill = drill?.drill
        let verify = section.value("verify").flatMap { VerifyReader(problems: problems).read($0) }
        plan.verify = verify?.verify ?? Verify()
        return PlanDraft(
            plan: plan, place: entry.keyPlace,
            budgetPlace: section.has("budget") ? section.place("budget") : entry.keyPlace,
            variables: steps.variables.needed, probes: verify?.probes ?? [],
            conditions: verify?.conditions ?? [], verifyPlace: section.place("verify"),
            roles: roles.all, spans: spans.services, drill: drill, acts: steps.variables.acts)
    }

    private func checkMethods(_ section: Section, _ plan: Plan) {
        if section.value("methods")?.items?.isEmpty == true {
            problems.error(
                section.place("methods"), "the plan has no method",
                "add a way to roll back: - { name: …, steps: [ … ] }")
        }
        var seen: Set<String> = []
        for (value, method) in zip(section.list("methods"), plan.methods)
        where !seen.insert(method.name).inserted {
            problems.error(
                value.place, "two methods are called '\(method.name)'", "give each its own name")
        }
    }

    private func method(
        _ value: YAMLValue, _ steps: StepReader, _ roles: PlacedNames
    ) -> Method? {
        guard let section = Section(value, .method, problems) else { return nil }
        let name = section.title("name")
        var loses = section.text("loses", limit: 500)
        if loses == "nothing" { loses = nil }
        if let text = loses, printable(text, limit: 500) != text {
            problems.error(
                section.place("loses"), "'loses' has characters that cannot be shown",
                "write one plain sentence")
        }
        let approvers = section.approvers()
        roles.all += approvers
        let approve = approvers.first?.value
        if section.value("steps")?.items?.isEmpty == true {
            problems.error(
                section.place("steps"), "the method has no steps",
                "add what it does: - { unit: NAME, timeout: 1m }")
        }
        var method = Method(name: name ?? "method", loses: loses, approve: approve, steps: [])
        method.phases = PhasesReader(problems: problems, steps: steps).read(section)
        method.steps = section.list("steps").compactMap(steps.step)
        method.check = section.value("check").flatMap(steps.check)
        steps.variables.note(method.check, of: method.name, at: section.place("check"))
        method.secondApprover = approvers.dropFirst().first?.value
        if section.needsComment { method.needsComment = true }
        // That of a plan that does not say so.
        let changes = section.choice("changes", as: Method.Changes.self)
        method.changes = changes == .release ? nil : changes
        if method.changesFlag, !section.has("check") {
            problems.error(
                section.place("changes"), "a flag is changed, which no version source shows",
                "add check: { unit: NAME } that exits with 0 when it has landed")
        }
        return method
    }
}

/// Names met on the way, with their places.
final class PlacedNames {
    var all: [Placed<String>] = []
}

struct VerifyReader {
    struct Result {
        var verify: Verify
        var probes: [Placed<String>]
        var conditions: [(expression: Expression, value: YAMLValue)]
    }

    let problems: Problems

    /// Windows begin when the rollback has settled, and an answer is believed after `clear_for`.
    private func checkFewness(_ when: Expression, _ value: YAMLValue, _ verify: Verify) {
        guard let count = when.countsWantedFew(warmUp: verify.clearFor).first,
            let width = count.countedWidth
        else { return }
        problems.warning(
            value.place,
            "\(count.text) holds what came in since the rollback settled, so this is believed "
                + "after clear_for (\(verify.clearFor.text)) and not after \(width.text)",
            "write clear_for: \(width.text) if nothing may come for so long")
    }

    func read(_ value: YAMLValue) -> Result? {
        guard let section = Section(value, .verify, problems) else { return nil }
        let standard = Verify()
        let probes = section.texts("probes")
        let conditions = section.list("when").compactMap { item in
            Expressions.read(item, problems).map { (expression: $0, value: item) }
        }
        let long = Duration.hours(24)
        var verify = Verify(
            version: section.integer("version", standard.version),
            landWithin: section.duration(
                "land_within", standard.landWithin, in: .seconds(1)...long),
            settle: section.duration("settle", standard.settle, in: .zero...long),
            probes: probes.map(\.value),
            clearFor: section.duration("clear_for", standard.clearFor, in: .zero...long),
            when: conditions.map(\.expression),
            timeout: section.duration("timeout", standard.timeout, in: .seconds(1)...long))
        verify.target = section.optionalDuration("target", in: .seconds(1)...long)
        if verify.settle + verify.clearFor > verify.timeout {
            let sum = verify.settle + verify.clearFor
            problems.error(
                section.place("timeout"),
                "the time-out of \(verify.timeout.text) is over before settle "
                    + "(\(verify.settle.text)) and clear_for (\(verify.clearFor.text)) can be",
                "write timeout: \(sum.text) or, better, more")
        }
        for condition in conditions { checkFewness(condition.expression, condition.value, verify) }
        return Result(verify: verify, probes: probes, conditions: conditions)
    }
}
