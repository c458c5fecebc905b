// Names become parts of unit names, paths, URLs and expressions, so they must be plain.

import WatchCore

enum Names {
    /// `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`: services, plans, channels, routes, units.
    static func isPlain(_ text: some StringProtocol) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, isAlphanumeric(first), bytes.count <= 64 else {
            return false
        }
        return bytes.allSatisfy { isAlphanumeric($0) || [46, 95, 45].contains($0) }
    }

    /// What an expression can name: `[A-Za-z_][A-Za-z0-9_-]{0,63}`, and no word of the language.
    static func isSignal(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, isAlphanumeric(first) || first == 95,
            !(48...57).contains(first), bytes.count <= 64
        else { return false }
        return bytes.allSatisfy { isAlphanumeric($0) || $0 == 95 || $0 == 45 }
            && !["and", "or", "not"].contains(text)
    }

    /// A Unix group (group(5)); directories allow more than `[a-z_][a-z0-9_-]*`.
    static func isGroup(_ text: String) -> Bool {
        text.utf8.count <= 256 && printable(text, limit: 300) == text
            && !text.contains { ":,/".contains($0) }
    }

    static func checkPlain(_ name: String, _ what: String, _ place: Place, _ problems: Problems) {
        guard !isPlain(name) else { return }
        problems.error(
            place, "'\(printable(name, limit: 60))' cannot name \(what)",
            "use letters, digits, '.', '_' and '-', a letter or digit first, at most 64")
    }

    static func checkSignal(_ name: String, _ what: String, _ place: Place, _ problems: Problems) {
        guard !isSignal(name) else { return }
        problems.error(
            place, "'\(printable(name, limit: 60))' cannot name \(what)",
            "expressions use the name: letters, digits, '_' and '-', a letter first, at most 64")
    }

    /// "no X 'name'" with the nearest there is.
    static func unknown(
        _ name: Placed<String>, _ what: String, among known: [String], _ problems: Problems
    ) {
        let near = problems.isFull ? nil : Suggestion.nearest(to: name.value, among: known)
        let there =
            known.isEmpty
            ? nothing(called: printable(name.value, limit: 60), what)
            : "known: \(known.prefix(12).joined(separator: ", "))"
        problems.error(
            name.place, "no \(what) '\(printable(name.value, limit: 60))'",
            near.map { "did you mean '\($0)'?" } ?? there)
    }

    /// Where it would be declared.
    private static func nothing(called name: String, _ what: String) -> String {
        let examples = [
            ("probe or stream", "add probes: or streams: to the service"),
            ("probe", "add probes: { \(name): { http: URL, every: 10s } } to the service"),
            ("stream", "add streams: { \(name): { file: PATH } } to the service"),
            ("trigger", "add triggers: [ { name: \(name), when: …, severity: … } ]"),
            ("channel", "add channels: { \(name): { slack: \"${credential:NAME}\" } }"),
            ("route", "add routes: { \(name): [ { to: [CHANNEL] } ] }"),
            ("plan", "add plans: { \(name): { methods: [ … ] } }"),
            ("service", "add services: { \(name): { … } }"),
        ]
        let example = examples.first { what.hasPrefix($0.0) }
        return example.map { "there is none: \($0.1)" } ?? "there is none"
    }

    /// What may stand in the argument of a unit: the charset of versions.
    static func isUnitArgument(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || [46, 95, 43, 45].contains(byte)
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}
