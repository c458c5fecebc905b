// Gates and steps, and what they do: a program in the daemon's sandbox, or a unit run as root.

import WatchCore

struct StepReader {
    /// Variables that were met, for the check against what services capture.
    final class Variables {
        var all: [Placed<String>] = []
    }

    let problems: Problems
    let variables = Variables()

    func gate(_ value: YAMLValue) -> Gate? {
        guard let section = Section(value, .gate, problems) else { return nil }
        let action = action(section)
        let timeout = section.duration(
            "timeout", .seconds(20), in: .milliseconds(100)...Duration.hours(24))
        let name = section.title("name")
        guard let action else { return nil }
        return Gate(name: name ?? Self.name(of: action), action: action, timeout: timeout)
    }

    func step(_ value: YAMLValue) -> Step? {
        guard let section = Section(value, .step, problems) else { return nil }
        let action = action(section)
        let timeout = section.duration(
            "timeout", .minutes(1), in: .milliseconds(100)...Duration.hours(24))
        let name = section.title("name")
        let idempotent = section.boolean("idempotent", false)
        let retries = section.integer("retries", 0)
        if retries > 0, !idempotent {
            problems.error(
                section.place("retries"), "a step that is not idempotent cannot be tried again",
                "add idempotent: true if running it twice does no harm, else remove retries")
        }
        let onFailure = section.choice("on_failure", as: Step.OnFailure.self) ?? .stop
        let check = section.value("check").flatMap { Section($0, .check, problems) }
            .flatMap { self.action($0) }
        guard let action else { return nil }
        return Step(
            name: name ?? Self.name(of: action), action: action, timeout: timeout,
            idempotent: idempotent, retries: retries, onFailure: onFailure, check: check)
    }

    /// A step without a name is called after what it does.
    private static func name(of action: Action) -> String {
        switch action {
        case .unit(let name, _): name
        case .exec(let arguments):
            arguments.first.map { program in
                program.source.split(separator: "/").last.map(String.init) ?? program.source
            } ?? "exec"
        }
    }

    func action(_ section: Section) -> Action? {
        let given = section.given(["exec", "unit"])
        guard given.count == 1 else {
            guard given.count > 1 || !section.hadRefused else { return nil }
            problems.error(
                given.count > 1 ? section.place("unit") : section.place,
                given.count > 1
                    ? "'exec' and 'unit' are both given"
                    : "\(section.table.what) says what to run",
                given.count > 1 ? "keep one of them" : "add unit: NAME, or exec: [/path, argument]")
            return nil
        }
        return given[0] == "exec" ? exec(section) : unit(section)
    }

    private func exec(_ section: Section) -> Action? {
        if let place = section.keyPlace("with") {
            problems.error(
                place, "'with' goes with a unit", "write the argument into exec: [ … ]")
        }
        let items = section.list("exec")
        guard let program = items.first else {
            if section.value("exec")?.items != nil {
                problems.error(
                    section.place("exec"), "'exec' is empty", "write exec: [/path, argument]")
            }
            return nil
        }
        if let text = program.text, !text.hasPrefix("/") {
            problems.error(
                program.place, "'\(printable(text, limit: 60))' is no absolute path",
                text.contains(" ")
                    ? "write the program and each argument as an item of its own; there is no shell"
                    : "write the whole path, as in /usr/bin/\(printable(text, limit: 40))")
        }
        let arguments = items.compactMap { item -> Template? in
            guard item.text != nil, !(item.isNull) else {
                problems.error(
                    item.place, "an argument is one value, this is \(item.kindName)",
                    "quote it if it begins with [, { or is empty")
                return nil
            }
            return argument(item)
        }
        return arguments.count == items.count ? .exec(arguments) : nil
    }

    private func argument(_ value: YAMLValue) -> Template? {
        guard let template = Templates.template(value, .plan, problems) else {
            return nil
        }
        note(template, value)
        guard let secret = template.secrets.first else { return template }
        problems.error(
            Templates.place(of: secret.description, in: value),
            "a secret as an argument would be visible to everybody in ps",
            "let the program read it itself, from a file or a credential of its own")
        return nil
    }

    private func note(_ template: Template, _ value: YAMLValue) {
        for name in template.variables {
            variables.all.append(Placed(name, Templates.place(of: "${\(name)}", in: value)))
        }
    }

    private func unit(_ section: Section) -> Action? {
        guard let name = section.text("unit") else { return nil }
        Names.checkPlain(name, "a unit", section.place("unit"), problems)
        guard let value = section.value("with") else { return .unit(name: name, with: nil) }
        guard section.text("with", limit: 512) != nil, let template = argument(value) else {
            return nil
        }
        for case .literal(let text) in template.parts
        where !text.utf8.allSatisfy({ Names.isUnitArgument($0) }) {
            problems.error(
                value.place,
                "'\(printable(text, limit: 40))' cannot be part of a unit's argument",
                "use letters, digits, '.', '_', '+' and '-' only")
            return nil
        }
        return .unit(name: name, with: template)
    }
}
