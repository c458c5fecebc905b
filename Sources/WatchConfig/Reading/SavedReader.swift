// What is taken out of an answer under a name, for journeys and for the steps of plans.

import WatchCore

struct SavedReader {
    private let problems: Problems
    /// Where in an answer values can stand.
    private let table: KeyTable

    init(_ problems: Problems, _ table: KeyTable = .saved) {
        self.problems = problems
        self.table = table
    }

    func read(_ entry: YAMLValue.Entry) -> JourneyCheck.Saved? {
        guard Names.isPlain(entry.key), !entry.key.contains(".") else {
            problems.error(
                entry.keyPlace, "'\(printable(entry.key, limit: 60))' cannot name what is saved",
                "use letters, digits, '_' and '-'; later steps say ${NAME}")
            return nil
        }
        let source =
            entry.value.entries == nil
            ? path(entry.value, entry.key) : source(entry.value, entry.keyPlace)
        return source.map { JourneyCheck.Saved(name: entry.key, source: $0) }
    }

    private func path(_ value: YAMLValue, _ key: String) -> JourneyCheck.Saved.Source? {
        guard let text = Scalars.text(value, key, limit: 1024, problems) else { return nil }
        return Paths.read(text, value.place, problems).map { .json($0) }
    }

    private func source(_ value: YAMLValue, _ owner: Place) -> JourneyCheck.Saved.Source? {
        guard let section = Section(value, table, problems, owner: owner) else { return nil }
        let given = section.given(table.names)
        guard let key = given.first, given.count == 1 else {
            if given.isEmpty, section.hadRefused { return nil }
            problems.error(
                given.dropFirst().first.flatMap(section.keyPlace) ?? value.place,
                given.isEmpty
                    ? "where in the answer the value stands is missing"
                    : "a value stands in one place, not in \(given.joined(separator: " and "))",
                "write one of "
                    + table.keys.map { "\($0.name): \(Self.example($0.name))" }
                    .joined(separator: ", "))
            return nil
        }
        switch key {
        case "json": return section.value(key).flatMap { path($0, key) }
        case "pattern": return section.pattern(key).map { .pattern($0) }
        default:
            // A cookie's name is a token, too (RFC 6265 §4.1.1).
            guard let name = section.text(key) else { return nil }
            guard HeaderName.isValid(name) else {
                problems.error(
                    section.place(key), "'\(printable(name, limit: 60))' is no \(key) name",
                    "write it as in \(key): \(key == "cookie" ? "session" : "X-Token")")
                return nil
            }
            return key == "cookie" ? .cookie(name) : .header(name)
        }
    }

    private static func example(_ key: String) -> String {
        switch key {
        case "json": "PATH"
        case "pattern": "REGEX"
        default: "NAME"
        }
    }
}
