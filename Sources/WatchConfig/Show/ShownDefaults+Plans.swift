// What holds in plans and their steps where the files say nothing.

import WatchCore

extension ShownDefaults {
    func fill(_ plan: Plan, _ tree: inout ShownTree) {
        tree.fill("budget", plan.budget)
        tree.change("before") { fill(plan.before, &$0) }
        tree.change("spans") { spans in
            spans.changeItems { index, span in
                guard let known = plan.spans, known.indices.contains(index) else { return }
                span.change("stop") { fill(known[index].stop, &$0) }
                span.change("start") { fill(known[index].start, &$0) }
            }
        }
        tree.change("methods") { methods in
            methods.changeItems { index, method in
                guard plan.methods.indices.contains(index) else { return }
                fill(plan.methods[index], &method)
            }
        }
        tree.change("after") { fill(plan.after, &$0) }
        tree["verify"] = tree["verify"] ?? .mapping([])
        tree.change("verify") { verify in
            verify.fill("version", plan.verify.version)
            verify.fill("land_within", plan.verify.landWithin)
            verify.fill("settle", plan.verify.settle)
            verify.fill("clear_for", plan.verify.clearFor)
            verify.fill("timeout", plan.verify.timeout)
        }
        tree.fill("probation", plan.probation)
        tree.fill("walk_back", plan.walkBack ?? 0)
    }

    private func fill(_ method: Method, _ tree: inout ShownTree) {
        tree.fill("loses", "nothing")
        tree.fill("changes", (method.changes ?? .release).rawValue)
        tree.change("steps") { fill(method.steps, &$0) }
        tree.change("phases") { phases in
            phases.changeItems { index, phase in
                guard let known = method.phases?.phases, known.indices.contains(index),
                    let undo = known[index].undo
                else { return }
                phase.change("undo") { fill(undo, &$0) }
            }
        }
    }

    private func fill(_ steps: [Step], _ tree: inout ShownTree) {
        tree.changeItems { index, step in
            if steps.indices.contains(index) { fill(steps[index], &step) }
        }
    }

    private func fill(_ step: Step, _ tree: inout ShownTree) {
        switch step.action {
        // They are ours: nothing is run that could be run again.
        case .wait, .manual: break
        case .exec, .unit, .http, .sql:
            tree.fill("idempotent", step.idempotent ? "true" : "false")
            tree.fill("retries", step.retries)
        }
        tree.fill("on_failure", step.onFailure.rawValue)
    }
}
