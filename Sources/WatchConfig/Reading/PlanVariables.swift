// The `${NAME}` of one plan: what its steps save, and what must come from elsewhere.

import WatchCore

/// Confined to one call of the loader.
final class PlanVariables {
    /// Those no step saves, for the check against what services capture.
    private(set) var needed: [Placed<String>] = []
    /// What the steps before this one have saved for sure, and what they captured.
    var known = Known()
    /// All that any step saves or captures.
    private(set) var all = Known()

    /// What its gates, steps and checks do.
    private(set) var acts: [Act] = []

    struct Act {
        /// Of the gate or the step.
        var name: String
        var place: Place
        var action: Action
    }

    struct Known {
        var saved: Set<String> = []
        var captured: Set<String> = []
    }

    func note(_ template: Template, in value: YAMLValue) {
        for name in template.variables where !known.saved.contains(name) {
            needed.append(Placed(name, Templates.place(of: "${\(name)}", in: value)))
        }
    }

    func note(_ action: Action?, of name: String, at place: Place) {
        guard let action else { return }
        acts.append(Act(name: name, place: place, action: action))
    }

    /// After the step that saves them.
    func add(saved: [String], captured: [String]) {
        known.saved.formUnion(saved)
        known.captured.formUnion(captured)
        all.saved.formUnion(saved)
        all.captured.formUnion(captured)
    }
}
