// Texts with placeholders: URLs, headers, bodies, arguments.

import WatchCore

extension Section {
    /// A text with `${…}` in it; secrets are looked up when the caller of the loader wants that.
    func template(_ key: String) -> Template? { template(key, variables) }

    func template(_ key: String, _ variables: Templates.Variables) -> Template? {
        guard let value = value(key), text(key) != nil else { return nil }
        return Templates.template(value, variables, problems)
    }

    /// A template that is an http or https URL, as far as that can be known now.
    func url(_ key: String) -> Template? {
        guard let template = template(key) else { return nil }
        if let problem = URLCheck.problem(template) {
            problems.error(place(key), problem.message, problem.remedy)
            if let secret = problem.hidden { problems.hide(secret, at: place(key)) }
            return nil
        }
        if !template.variables.isEmpty, let problem = URLCheck.problem(ofVariables: template) {
            problems.error(place(key), problem.message, problem.remedy)
            return nil
        }
        return template
    }

    func pattern(_ key: String) -> String? {
        guard let text = text(key, limit: PatternCheck.limit), let value = value(key) else {
            return nil
        }
        return PatternCheck.check(text, value, problems) ? text : nil
    }
}

enum Templates {
    /// Which `${NAME}` have a value.
    enum Variables {
        case none
        /// `${to.version}` and its like, which are looked at when all files are read.
        case plan(PlanVariables)
        /// What steps of a journey saved before.
        case saved(SavedNames)
    }

    static func template(
        _ value: YAMLValue, _ variables: Variables, _ problems: Problems
    ) -> Template? {
        guard let text = value.text else { return nil }
        let template: Template
        do {
            template = try Template(text)
        } catch {
            let bytes = text.prefix(error.offset).utf8.count
            problems.error(
                value.place(ofByte: bytes), error.message,
                "secrets are ${credential:NAME}, ${file:PATH} or ${env:NAME}")
            return nil
        }
        problems.check(template) { reference in
            Self.place(of: reference.description, in: value)
        }
        switch variables {
        case .plan(let names):
            names.note(template, in: value)
            return template
        case .saved(let names): return names.check(template, value, problems) ? template : nil
        case .none:
            guard let name = template.variables.first else { return template }
            problems.error(
                place(of: "${\(name)}", in: value), "the variable '${\(name)}' has no value here",
                "variables exist in plans and journeys only; a secret is ${credential:\(name)}")
            return nil
        }
    }

    /// Where a placeholder stands inside a scalar.
    static func place(of placeholder: String, in value: YAMLValue) -> Place {
        guard let text = value.text, let at = text.firstRange(of: placeholder) else {
            return value.place
        }
        return value.place(ofByte: text.utf8.distance(from: text.startIndex, to: at.lowerBound))
    }
}
