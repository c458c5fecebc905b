// Plans with every shape that the engine knows. What a step is, is in its unit's name, so that
// checkers need nobody's word for it: `once` may not be repeated, `lossy` can lose data.

import WatchCore

extension ConfigurationMaker {
    mutating func plan(_ name: String) -> Plan {
        let gates = (0..<random.pick([0, 0, 1, 2])).map { index in
            Gate(name: "g\(index)", action: unit("gate\(index)"), timeout: .seconds(5))
        }
        let before = (0..<random.pick([0, 0, 1])).map { index in
            step("before\(index)", onFailure: random.pick([.stop, .continue]))
        }
        let after = (0..<random.pick([0, 0, 1, 2])).map { step("after\($0)", onFailure: .continue) }
        var methods = (0..<random.between(1, 2)).map { method("m\($0)") }
        if random.chance(30) {
            var lossy = method("lossy")
            lossy.loses = "what was written since the last backup"
            lossy.steps = [step("lossy-switch", onFailure: .stop)]
            methods.insert(lossy, at: random.below(methods.count + 1))
            if random.chance(15) { methods = [lossy] }
        } else if random.chance(15) {
            var approved = method("approved")
            approved.approve = "cto"
            approved.steps = [step("lossy-switch", onFailure: .stop)]
            methods.append(approved)
        }
        var plan = Plan(
            name: name, budget: .seconds(random.pick([60, 300, 900])), gates: gates,
            before: before, methods: methods, after: after, verify: verify(),
            probation: .seconds(random.pick([10, 60])))
        if random.chance(35) { plan.walkBack = 1 }
        return plan
    }

    private mutating func verify() -> Verify {
        Verify(
            version: random.between(1, 3), landWithin: .seconds(random.pick([5, 10, 20])),
            settle: .seconds(random.pick([0, 2, 5])),
            probes: random.chance(70) ? ["p0"] : [],
            clearFor: .seconds(random.pick([0, 3, 5])),
            when: random.chance(50) ? [Self.expression("error_rate(log, 5s) < 10%")] : [],
            timeout: .seconds(random.pick([20, 40])))
    }

    private mutating func method(_ name: String) -> Method {
        var steps = [step("\(name)-switch", onFailure: .stop)]
        if random.chance(25) { steps.insert(step("\(name)-first", onFailure: .stop), at: 0) }
        return Method(name: name, steps: steps)
    }

    private mutating func step(_ name: String, onFailure: Step.OnFailure) -> Step {
        let idempotent = random.chance(60)
        let hasCheck = random.chance(30)
        return Step(
            name: name, action: unit(idempotent ? name : "\(name)-once"),
            timeout: .seconds(random.pick([4, 10])), idempotent: idempotent,
            retries: idempotent ? random.pick([0, 0, 1]) : 0, onFailure: onFailure,
            check: hasCheck ? unit("check-\(name)") : nil)
    }

    private func unit(_ name: String) -> Action {
        do {
            return .unit(name: name, with: try Template("${to.version}"))
        } catch {
            preconditionFailure("a template of the simulator's own: \(error)")
        }
    }
}
