// What the steps of one journey save and use: a name that nothing gives a value is a mistake, and
// so is very likely one that nobody uses.

import WatchCore

/// Confined to one call of the loader.
final class SavedNames {
    private struct Saved {
        var name: String
        var place: Place
        var step: Int
        var isUsed = false
    }

    /// In the order of the steps.
    private var saved: [Saved] = []
    /// Where each is saved, by all steps.
    private let all: [(name: String, step: Int)]
    /// The step that is read, from 1.
    private var step = 0

    init(steps: [YAMLValue]) {
        all = steps.enumerated().flatMap { index, step in
            let save = step.entries?.first { $0.key == "save" }
            return (save?.value.entries ?? []).map { ($0.key, index + 1) }
        }
    }

    func begin(step number: Int) { step = number }

    func save(_ name: String, _ place: Place) {
        saved.append(Saved(name: name, place: place, step: step))
    }

    /// Whether all variables of a template have a value in this step.
    func check(_ template: Template, _ value: YAMLValue, _ problems: Problems) -> Bool {
        var isGood = true
        for name in template.variables {
            if let index = saved.lastIndex(where: { $0.name == name && $0.step < step }) {
                saved[index].isUsed = true
                continue
            }
            isGood = false
            problems.error(
                Templates.place(of: "${\(name)}", in: value),
                "step \(step) uses '${\(printable(name, limit: 60))}', which no step before it "
                    + "saves", remedy(name))
        }
        return isGood
    }

    private func remedy(_ name: String) -> String {
        if let later = all.first(where: { $0.name == name }) {
            return later.step == step
                ? "what a step saves is for the steps after it"
                : "step \(later.step) saves it: change their order"
        }
        var known: [String] = []
        for one in saved where one.step < step && !known.contains(one.name) {
            known.append(one.name)
        }
        if let near = Suggestion.nearest(to: name, among: known) {
            return "did you mean '${\(near)}'?"
        }
        return known.isEmpty
            ? "nothing is saved before it: add save: { \(name): $.path } to an earlier step; a "
                + "secret is ${credential:\(name)}"
            : "saved before it: \(known.joined(separator: ", "))"
    }

    func warnOfUnused(_ problems: Problems) {
        for one in saved where !one.isUsed {
            problems.warning(
                one.place, "'\(one.name)' is saved, and no later step uses it",
                "write ${\(one.name)} in a later step, or remove it")
        }
    }
}
