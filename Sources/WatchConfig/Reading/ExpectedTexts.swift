// `${…}` in what an answer is compared with: filled in where variables have values, refused where
// it would be compared as it is written, and so could never be true.

import WatchCore

struct ExpectedTexts {
    let problems: Problems
    /// Those of plans are filled in; no others are.
    let variables: Templates.Variables

    /// Of a scalar, or of all of a tree.
    func check(_ value: YAMLValue) {
        switch value.kind {
        case .scalar(let text, _): if text.contains("${") { look(at: text, in: value) }
        case .sequence(let items): items.forEach(check)
        case .mapping(let entries): for entry in entries { check(entry.value) }
        }
    }

    /// In a pattern only what is a whole placeholder is meant as one.
    func checkPattern(_ value: YAMLValue) {
        guard let text = value.text, let template = try? Template(text),
            template.literal == nil
        else { return }
        look(at: text, in: value)
    }

    private func look(at text: String, in value: YAMLValue) {
        guard case .plan = variables else {
            problems.error(
                Templates.place(of: "${", in: value),
                "'\(printable(text, limit: 60))' is compared as it is written: no ${…} is filled "
                    + "in here",
                "write the value itself, or another comparison such as exists or \"matches …\"; "
                    + "only gates, steps, checks and questions fill in variables")
            return
        }
        guard let secret = Templates.template(value, variables, problems)?.secrets.first else {
            return
        }
        problems.error(
            Templates.place(of: secret.description, in: value),
            "a secret that is expected would be told where the answer is another",
            "compare it in a program, which gets it in env: or stdin:")
    }
}
