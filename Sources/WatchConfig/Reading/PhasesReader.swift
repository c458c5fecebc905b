// A method that undoes the phases of an operation.

import WatchCore

struct PhasesReader {
    let problems: Problems
    let steps: StepReader

    /// nil: the method has steps of its own, or is not understood, which was said.
    func read(_ section: Section) -> Method.Phases? {
        guard let place = section.keyPlace("phases") else {
            if let operation = section.keyPlace("operation") {
                problems.error(
                    operation, "'operation' goes with phases", "add phases: [ … ], or remove it")
            }
            if !section.has("steps"), !section.hadRefused {
                problems.error(
                    section.place, "a method needs 'steps' or 'phases'",
                    "add what it does: steps: [ { unit: NAME, timeout: 1m } ]")
            }
            return nil
        }
        if let other = section.keyPlace("steps") {
            problems.error(other, "'steps' and 'phases' are both given", "make a method of each")
        }
        let operation = section.title("operation")
        if operation == nil, !section.has("operation") {
            problems.error(
                place, "which operation has these phases is missing",
                "add operation: NAME, as in watchctl run --operation NAME")
        }
        let known = steps.variables.known
        let phases = section.list("phases").compactMap { value -> Placed<Method.Phase>? in
            // Which phases are undone is not known before: no one can use what another saved.
            steps.variables.known = known
            return phase(value)
        }
        check(phases, place)
        guard let operation else { return nil }
        return Method.Phases(operation: operation, phases: phases.map(\.value))
    }

    private func phase(_ value: YAMLValue) -> Placed<Method.Phase>? {
        guard let section = Section(value, .phase, problems) else { return nil }
        let name = section.title("name")
        var undo: [Step]?
        if section.value("undo")?.text != "none" {
            undo = section.list("undo").compactMap(steps.step)
            if section.value("undo")?.items?.isEmpty == true {
                problems.error(
                    section.place("undo"), "nothing undoes this phase",
                    "add steps; or write undo: none, so that the next method is taken")
            }
        }
        return name.map { Placed(Method.Phase(name: $0, undo: undo), section.place) }
    }

    private func check(_ phases: [Placed<Method.Phase>], _ place: Place) {
        if phases.isEmpty {
            problems.error(place, "there are no phases", "add - { name: NAME, undo: [ … ] }")
        }
        var seen: Set<String> = []
        for phase in phases where !seen.insert(phase.value.name).inserted {
            problems.error(
                phase.place, "two phases are called '\(phase.value.name)'",
                "give each its own name")
        }
    }
}
