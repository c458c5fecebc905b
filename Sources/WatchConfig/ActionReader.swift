// What a gate, step or check does: `exec` or `unit`.

import WatchCore
import Yams

struct ActionReader {
    /// Variables every plan has; fields of releases come besides (`from.FIELD`, `to.FIELD`).
    private static let variables = [
        "from.version", "from.commit", "to.version", "to.commit", "service", "incident",
        "rollback",
    ]

    func read(_ fields: Fields) -> Action? {
        guard let (key, value) = fields.one(of: ["exec", "unit"]) else { return nil }
        if key == "exec" {
            if let with = fields["with"] {
                with.error("'with' belongs to 'unit'", remedy: "put the argument into exec: [ … ]")
            }
            return exec(value)
        }
        return unit(value, fields["with"])
    }

    private func exec(_ value: Value) -> Action? {
        if case .scalar = value.node {
            value.error(
                "exec is a list of a program and its arguments; there is no shell",
                remedy: "as in exec: [/usr/lib/shop/gate, \"${to.version}\"]")
            return nil
        }
        let items = value.list("exec")
        let arguments = items.compactMap { $0.template() }
        guard let first = arguments.first, arguments.count == items.count else {
            if items.isEmpty { value.error("exec names no program") }
            return nil
        }
        if !first.source.hasPrefix("/"), first.source.contains("/") || first.source.isEmpty {
            items[0].error(
                "'\(printable(first.source, limit: 60))' is no program",
                remedy: "give its absolute path, or a bare name that is in /usr/bin")
        }
        for (template, item) in zip(arguments, items) {
            check(template, item)
            if !template.secrets.isEmpty {
                item.error(
                    "a secret in an argument can be seen by everybody on the host (ps)",
                    remedy: "let the program read the file itself")
            }
        }
        return .exec(arguments)
    }

    private func unit(_ value: Value, _ with: Value?) -> Action? {
        guard let name = value.text else { return nil }
        let good =
            Identifier.isValid(name) && !name.contains("+") && name.count <= 64
        guard good else {
            value.error(
                "'\(printable(name, limit: 60))' cannot be a unit step",
                remedy: "it is the name of a program in /etc/watchd/rollback.d, without '.service'")
            return nil
        }
        let template = with?.template()
        if let with, let template { check(template, with) }
        return .unit(name: name, with: template)
    }

    private func check(_ template: Template, _ value: Value) {
        for variable in template.variables {
            let isField = variable.hasPrefix("from.") || variable.hasPrefix("to.")
            if Self.variables.contains(variable) { continue }
            if isField {
                checkField(String(variable.drop { $0 != "." }.dropFirst()), variable, value)
                continue
            }
            let near = Suggestion.nearest(to: variable, among: Self.variables)
            value.error(
                "no variable '${\(variable)}'",
                remedy: near.map { "did you mean '${\($0)}'?" }
                    ?? "there is \(Self.variables.joined(separator: ", "))")
        }
    }

    /// `${to.deployment}` needs a version source that captures `deployment`.
    private func checkField(_ field: String, _ variable: String, _ value: Value) {
        let place = value.place
        value.report.check { [report = value.report] configuration in
            let captured = configuration.services.flatMap(\.version).flatMap { source in
                if case .http(_, .json(let paths)) = source.kind { return Array(paths.keys) }
                return []
            }
            guard !captured.contains(field) else { return }
            let near = Suggestion.nearest(to: field, among: captured + ["version", "commit"])
            report.error(
                place, "no version source captures '\(field)', so '${\(variable)}' has no value",
                remedy: near.map { "did you mean '\(variable.prefix { $0 != "." }).\($0)'?" }
                    ?? "add it to the json: of a version source")
        }
    }
}
