// How to roll back. What cannot work is refused here, not found out at 3 a.m.

import WatchCore

struct PlanReader {
    let name: String

    func read(_ value: Value) -> Plan? {
        guard let fields = value.fields("plan \(name)", .plan) else { return nil }
        let budget = fields.duration("budget", .minutes(15), atLeast: .seconds(1))
        let gates = fields["gates"]?.list("gates").compactMap(gate) ?? []
        let before = steps(fields["before"], "before")
        let after = steps(fields["after"], "after")
        let methods = fields.required("methods")?.list("methods").compactMap(method) ?? []
        if fields.has("methods"), methods.isEmpty {
            fields["methods"]?.error(
                "a plan needs a method", remedy: "add methods: [ { name: …, steps: [ … ] } ]")
        }
        guard
            let verify = fields.required(
                "verify",
                remedy: "a rollback that is not verified proves nothing; add verify: "
                    + "{ version: 2, clear_for: 1m, timeout: 3m }")
        else { return nil }
        checkNames(gates.map(\.name), "gate", value)
        checkNames(methods.map(\.name), "method", value)
        let plan = Plan(
            name: name, budget: budget, gates: gates, before: before, methods: methods,
            after: after, verify: self.verify(verify),
            probation: fields.duration("probation", .minutes(15), atLeast: .zero))
        checkBudget(plan, fields["budget"]?.place ?? value.place, value.report)
        return plan
    }

    private func checkNames(_ names: [String], _ what: String, _ value: Value) {
        for name in Set(names) where names.filter({ $0 == name }).count > 1 {
            value.error("plan \(self.name) has two \(what)s '\(name)'", remedy: "rename one")
        }
    }

    /// The budget covers gates, before, and each unattended method with its verification.
    private func checkBudget(_ plan: Plan, _ place: Place, _ report: Report) {
        let gates = plan.gates.reduce(Duration.zero) { $0 + $1.timeout }
        let before = plan.before.reduce(Duration.zero) { $0 + Self.longest($1) }
        let after = plan.after.reduce(Duration.zero) { $0 + Self.longest($1) }
        let unattended = plan.methods.filter(\.isUnattended)
        let methods = unattended.reduce(Duration.zero) { sum, method in
            sum + method.steps.reduce(Duration.zero) { $0 + Self.longest($1) } + after
                + plan.verify.landWithin
        }
        let curing = unattended.isEmpty ? .zero : plan.verify.settle + plan.verify.clearFor
        let need = gates + before + methods + curing
        guard need > plan.budget else { return }
        report.error(
            place,
            "the budget of plan \(name), \(plan.budget.text), is shorter than what it covers: "
                + "gates \(gates.text), before \(before.text), methods with landing "
                + "\(methods.text), settling and clearing \(curing.text)",
            remedy: "set budget: \(need.text) or more, or shorten time-outs")
    }

    private static func longest(_ step: Step) -> Duration { step.timeout * (step.retries + 1) }

    // MARK: - Parts

    private func gate(_ value: Value) -> Gate? {
        guard let fields = value.fields("a gate", .gate), let name = name(fields) else {
            return nil
        }
        let action = ActionReader().read(fields)
        let timeout = fields.required(
            "timeout",
            remedy: "a gate that hangs must not hang the "
                + "rollback; as in timeout: 20s")?.duration(atLeast: .milliseconds(100))
        guard let action, let timeout else { return nil }
        return Gate(name: name, action: action, timeout: timeout)
    }

    private func name(_ fields: Fields) -> String? {
        guard let value = fields.required("name"), let text = value.text else { return nil }
        guard !text.isEmpty, text.count <= 80 else {
            value.error("a name has 1 to 80 characters")
            return nil
        }
        return text
    }

    private func steps(_ value: Value?, _ what: String) -> [Step] {
        value?.list(what).compactMap(step) ?? []
    }

    private func step(_ value: Value) -> Step? {
        guard let fields = value.fields("a step", .step) else { return nil }
        let action = ActionReader().read(fields)
        let timeout = fields.required(
            "timeout", remedy: "every step ends; as in timeout: 1m")?
            .duration(atLeast: .milliseconds(100))
        let idempotent = fields.bool("idempotent", false)
        let retries = fields.int("retries", 0, 0...10)
        if retries > 0, !idempotent {
            fields["retries"]?.error(
                "a step that is not idempotent cannot be retried: it might do its work twice",
                remedy: "add idempotent: true if running it twice is the same as once, else "
                    + "remove retries")
        }
        let check = fields["check"].flatMap { check -> Action? in
            check.fields("a check", .check).flatMap { ActionReader().read($0) }
        }
        guard let action, let timeout else { return nil }
        return Step(
            name: fields["name"]?.text ?? action.summary, action: action, timeout: timeout,
            idempotent: idempotent, retries: retries,
            onFailure: fields["on_failure"]?.choice("on_failure") ?? .stop, check: check)
    }

    private func method(_ value: Value) -> Method? {
        guard let fields = value.fields("a method", .method), let name = name(fields) else {
            return nil
        }
        let steps = self.steps(fields.required("steps"), "steps")
        if steps.isEmpty, fields.has("steps") {
            fields["steps"]?.error("method '\(name)' has no steps")
        }
        let loses = fields["loses"]?.text
        return Method(
            name: name, loses: loses == "nothing" ? nil : loses, approve: fields["approve"]?.text,
            steps: steps)
    }

    private func verify(_ value: Value) -> Verify {
        guard let fields = value.fields("verify", .verify) else { return Verify() }
        var verify = Verify()
        verify.version = fields.int("version", 2, 1...100)
        verify.landWithin = fields.duration("land_within", .minutes(1), atLeast: .seconds(1))
        verify.settle = fields.duration("settle", .seconds(15), atLeast: .zero)
        verify.clearFor = fields.duration("clear_for", .minutes(1), atLeast: .seconds(1))
        verify.timeout = fields.duration("timeout", .minutes(3), atLeast: .seconds(1))
        verify.when =
            fields["when"]?.list("when", orSingle: true).compactMap { $0.expression() } ?? []
        for item in fields["probes"]?.list("verify.probes", orSingle: true) ?? [] {
            if let probe = item.text { verify.probes.append(probe) }
        }
        if verify.timeout < verify.settle + verify.clearFor {
            (fields["timeout"] ?? value).error(
                "verification can never succeed: settle and clear_for take "
                    + "\((verify.settle + verify.clearFor).text), the time-out is "
                    + verify.timeout.text,
                remedy: "set timeout: \((verify.settle + verify.clearFor * 2).text) or more")
        }
        checkSignals(verify, value)
        return verify
    }

    /// Verification looks at the service that is rolled back: its names must be there.
    private func checkSignals(_ verify: Verify, _ value: Value) {
        let plan = name
        let place = value.place
        value.report.check { [report = value.report] configuration in
            for service in configuration.services
            where service.plan == plan || service.triggers.contains(where: { $0.plan == plan }) {
                let probes = service.probes.map(\.name)
                let signals = probes + service.streams.map(\.name)
                for probe in verify.probes {
                    report.require(
                        probe, among: probes, "probe of \(service.name)", at: place)
                }
                for operand in verify.when.flatMap(\.operands) {
                    if case .signal(_, let signal, _) = operand {
                        report.require(
                            signal, among: signals, "probe or stream of \(service.name)",
                            at: place)
                    }
                }
            }
        }
    }
}
