// Plans with every shape that the engine knows. What a step is for is in its name (`Action.work`),
// so that checkers need nobody's word for it: `once` may not be repeated, `lossy` can lose data.

import WatchCore

extension ConfigurationMaker {
    /// The operation whose phases plans undo, and what it goes through.
    static let operation = "migration"
    static let phases = ["schema", "copy", "index"]

    mutating func plan(_ name: String) -> Plan {
        let gates = (0..<random.pick([0, 0, 1, 2])).map { index in
            Gate(name: "g\(index)", action: asked("gate\(index)"), timeout: .seconds(5))
        }
        var before = (0..<random.pick([0, 0, 1])).map { index in
            step("before\(index)", onFailure: random.pick([.stop, .continue]))
        }
        var after = (0..<random.pick([0, 0, 1, 2])).map { step("after\($0)", onFailure: .continue) }
        if random.chance(10) { before.append(wait("pause")) }
        if random.chance(8) { before.append(manual("before-person", onFailure: .continue)) }
        if random.chance(5) { after.insert(manual("after-person", onFailure: .continue), at: 0) }
        var plan = Plan(
            name: name, budget: .seconds(random.pick([60, 300, 900])), gates: gates,
            before: before, methods: methods(), after: after, verify: verify(),
            probation: .seconds(random.pick([10, 60])))
        if random.chance(35) { plan.walkBack = 1 }
        return plan
    }

    private mutating func methods() -> [Method] {
        var methods = (0..<random.between(1, 2)).map { method("m\($0)") }
        if random.chance(30) {
            var lossy = method("lossy")
            lossy.loses = "what was written since the last backup"
            lossy.steps = [step("lossy-switch", onFailure: .stop)]
            approvers(of: &lossy)
            methods.insert(lossy, at: random.below(methods.count + 1))
            if random.chance(15) { methods = [lossy] }
        } else if random.chance(15) {
            var approved = method("approved")
            approved.approve = "cto"
            approved.steps = [step("lossy-switch", onFailure: .stop)]
            methods.append(approved)
        }
        if random.chance(15) { methods.insert(undoing(), at: random.below(methods.count + 1)) }
        return methods
    }

    private mutating func approvers(of method: inout Method) {
        guard random.chance(40) else { return }
        method.approve = "cto"
        method.secondApprover = random.chance(70) ? "dba" : nil
        method.needsComment = random.chance(30) ? true : nil
    }

    private mutating func verify() -> Verify {
        Verify(
            version: random.between(1, 3), landWithin: .seconds(random.pick([5, 10, 20])),
            settle: .seconds(random.pick([0, 2, 5])),
            probes: random.chance(70) ? ["p0"] : [],
            clearFor: .seconds(random.pick([0, 3, 5])),
            when: random.chance(50) ? [expressions.expression("error_rate(log, 5s) < 10%")] : [],
            timeout: .seconds(random.pick([20, 40])))
    }

    private mutating func method(_ name: String) -> Method {
        // A revert makes a release that nobody knew.
        let makes = random.chance(15)
        var steps = [step("\(name)-\(makes ? "make-" : "")switch", onFailure: .stop)]
        if random.chance(10) { steps = [manual("\(name)-switch", onFailure: .stop)] }
        if random.chance(25) { steps.insert(step("\(name)-first", onFailure: .stop), at: 0) }
        if random.chance(8) { steps.insert(wait("\(name)-pause"), at: random.below(2)) }
        var method = Method(name: name, steps: steps)
        if makes || random.chance(5) { method.check = asked("check-made") }
        return method
    }

    /// Phases are undone, and with the first of them the release that came with them.
    private mutating func undoing() -> Method {
        var phases = Self.phases.map { phase in
            Method.Phase(
                name: phase,
                undo: (0..<random.pick([1, 1, 2])).map {
                    step("undo-\(phase)\($0)", onFailure: .stop)
                })
        }
        phases[0].undo?.append(step("undo-schema-switch", onFailure: .stop))
        if random.chance(30) { phases[2].undo = nil }
        // A phase that the plan does not know.
        if random.chance(15) { phases.removeLast() }
        var method = Method(name: "undo", steps: [])
        method.phases = Method.Phases(operation: Self.operation, phases: phases)
        return method
    }

    private mutating func step(_ name: String, onFailure: Step.OnFailure) -> Step {
        let idempotent = random.chance(60)
        let hasCheck = random.chance(30)
        var step = Step(
            name: name, action: done(idempotent ? name : "\(name)-once"),
            timeout: .seconds(random.pick([4, 10])), idempotent: idempotent,
            retries: idempotent ? random.pick([0, 0, 1, 2]) : 0, onFailure: onFailure,
            check: hasCheck ? asked("check-\(name)") : nil)
        if step.retries > 0, random.chance(50) { step.backoff = .seconds(random.pick([2, 10])) }
        return step
    }

    private mutating func manual(_ name: String, onFailure: Step.OnFailure) -> Step {
        Step(
            name: name, action: .manual(Self.template("\(name) to ${to.version}")),
            timeout: .seconds(random.pick([15, 40])), onFailure: onFailure)
    }

    private mutating func wait(_ name: String) -> Step {
        let span = Duration.seconds(random.pick([3, 12, 30]))
        return Step(name: name, action: .wait(span), timeout: span, idempotent: true)
    }

    /// Something that changes the world.
    private mutating func done(_ name: String) -> Action {
        switch random.below(10) {
        case 0...4: .unit(name: name, with: Self.template("${to.version}"))
        case 5: .exec([Template(literal: name), Self.template("${to.version}")])
        case 6...7: request(name)
        default: .sql(SQLQuery(connection: nil, text: Template(literal: name)))
        }
    }

    /// Something that only looks.
    private mutating func asked(_ name: String) -> Action {
        switch random.below(10) {
        case 0...4: .unit(name: name, with: Self.template("${to.version}"))
        case 5...6: request(name)
        case 7...8: .sql(SQLQuery(connection: nil, text: Template(literal: name)))
        default: .exec([Template(literal: name)])
        }
    }

    private func request(_ name: String) -> Action {
        .http(HTTPCall(request: HTTPRequestSpec(url: Template(literal: name))))
    }

    private static func template(_ source: String) -> Template {
        do {
            return try Template(source)
        } catch {
            preconditionFailure("a template of the simulator's own: \(error)")
        }
    }
}
