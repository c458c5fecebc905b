// Methods that undo the phases of an operation: what they do is known only when they begin, from
// how far the operation got.

extension ServiceEngine {
    enum Undoing: Hashable, Sendable {
        /// What is done, the phase reached last first.
        case steps([Step])
        /// The method is of no use; a sentence.
        case useless(String)
    }

    func undoing(_ phases: Method.Phases) -> Undoing {
        guard let known = state.phases(of: phases.operation) else {
            return .useless(
                "no operation '\(phases.operation)' is on record, so which phases were reached "
                    + "is not known; run it with `watchctl run --operation \(phases.operation)`")
        }
        if known.ended == nil, state.operation(phases.operation) != nil {
            return .useless(
                "operation '\(phases.operation)' still runs; it must end before its phases are "
                    + "undone (a step of before: can see to that)")
        }
        guard !known.phases.isEmpty else {
            if let undone = known.undone {
                return .useless(
                    "what operation '\(phases.operation)' did is undone already "
                        + "(\(undone.joined(separator: ", ")))")
            }
            return .useless(
                "operation '\(phases.operation)' reached no phase, so there is nothing to undo")
        }
        var steps: [Step] = []
        for name in known.phases.reversed() {
            guard let phase = phases.phases.first(where: { $0.name == name }) else {
                return .useless("phase '\(name)' was reached, and the plan does not know it")
            }
            guard let undo = phase.undo else {
                return .useless("phase '\(name)' was reached, and nothing undoes it")
            }
            steps += undo
        }
        return .steps(steps)
    }

    /// A step succeeded: phases of which none is left to come are undone, and no later rollback
    /// undoes them again.
    mutating func noteUndone(_ stage: Rollback.Stage) {
        guard case .step(let index) = stage, let method = state.rollback?.currentMethod,
            let phases = method.phases, var known = state.phases(of: phases.operation),
            state.operation(phases.operation) == nil
        else { return }
        let stepsLeft = method.steps.count - index - 1
        func steps(_ name: String) -> Int {
            phases.phases.first { $0.name == name }?.undo?.count ?? 0
        }
        while let last = known.phases.last,
            known.phases.dropLast().reduce(0, { $0 + steps($1) }) >= stepsLeft
        {
            known.phases.removeLast()
            known.undone = (known.undone ?? []) + [last]
        }
        let (left, undone) = (known.phases, known.undone)
        state.updatePhases(of: phases.operation) {
            $0.phases = left
            $0.undone = undone
        }
    }

    /// The steps of a method as far as they are known now.
    func steps(of method: Method) -> [Step] {
        guard let phases = method.phases else { return method.steps }
        switch undoing(phases) {
        case .steps(let steps): return steps
        case .useless: return method.possibleSteps
        }
    }

    /// Writes into the rollback's own plan what the method is going to do.
    /// - Returns: why it can do nothing; nil: it can.
    mutating func resolvePhases(of index: Int, _ context: inout Context) -> String? {
        guard let method = state.rollback?.plan.methods[index], let phases = method.phases
        else { return nil }
        switch undoing(phases) {
        case .steps(let steps):
            state.rollback?.plan.methods[index].steps = steps
            let reached = state.phases(of: phases.operation)?.phases ?? []
            context.events.append(
                event(
                    "method.phases", context, reason: phases.operation,
                    text: "phases reached by '\(phases.operation)': "
                        + "\(reached.joined(separator: ", ")); "
                        + "\(steps.count) steps undo them"))
            return nil
        case .useless(let why):
            let text = "method \(method.name) is of no use: \(why)"
            context.events.append(
                event("method.skipped", context, reason: "phases", text: text))
            return text
        }
    }
}
