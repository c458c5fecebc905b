// One mapping of the configuration, read against its table: unknown keys are reported when it is
// opened, wrong values when they are asked for. A reader that found a mistake goes on with the
// default, so that all problems come out in one run.

import WatchCore

struct Section {
    let place: Place
    let table: KeyTable
    let problems: Problems
    private let values: [String: YAMLValue.Entry]
    /// Whether a key was refused, so that what it was meant to say is not missed besides.
    let hadRefused: Bool
    /// Which `${NAME}` have a value here.
    var variables = Templates.Variables.none

    /// nil, and a diagnostic, when the value is no mapping.
    /// - Parameter owner: what the mapping belongs to, where that has a name: missing keys are
    ///   reported there.
    init?(
        _ value: YAMLValue, _ table: KeyTable, _ problems: Problems, owner: Place? = nil
    ) {
        guard let entries = value.entries else {
            let known = table.names.prefix(6).joined(separator: ", ")
            problems.error(
                value.place, "\(table.what) is a mapping, this is \(value.kindName)",
                "give it keys: \(known)")
            return nil
        }
        place = value.place
        self.table = table
        self.problems = problems
        var values: [String: YAMLValue.Entry] = [:]
        for entry in entries {
            if table.key(entry.key) == nil {
                Self.refuse(entry, table, problems)
            } else if values[entry.key] == nil {
                values[entry.key] = entry
            }
        }
        self.values = values
        hadRefused = entries.contains { table.key($0.key) == nil }
        for key in table.keys where key.isRequired && values[key.name] == nil {
            guard !Self.isRefusedAnyway(entries, table) else { continue }
            problems.error(
                owner ?? place, "\(table.what) needs '\(key.name)'",
                "add '\(key.name):' (\(key.note.trimmingFullStop))")
        }
    }

    private static func refuse(
        _ entry: YAMLValue.Entry, _ table: KeyTable, _ problems: Problems
    ) {
        let known = table.names.joined(separator: ", ")
        if table.notBuilt.contains(entry.key) {
            problems.error(
                entry.keyPlace, "'\(entry.key)' of \(table.what) is not built yet",
                "remove it; known here: \(known)")
            return
        }
        let near = Suggestion.nearest(to: entry.key, among: table.names)
        problems.error(
            entry.keyPlace, "unknown key '\(printable(entry.key, limit: 60))' in \(table.what)",
            near.map { "did you mean '\($0)'?" } ?? "known here: \(known)")
    }

    /// What a kind that is not built yet leaves out, or a misspelt key stands for, is not missing
    /// besides.
    private static func isRefusedAnyway(_ entries: [YAMLValue.Entry], _ table: KeyTable) -> Bool {
        let missing = table.keys.filter { key in
            key.isRequired && !entries.contains { $0.key == key.name }
        }.map(\.name)
        return entries.contains { entry in
            guard table.key(entry.key) == nil else { return false }
            if table.notBuilt.contains(entry.key) { return true }
            return Suggestion.nearest(to: entry.key, among: table.names).map(missing.contains)
                ?? false
        }
    }

    // MARK: - Values

    /// The value of a key; nil when it is not given.
    func value(_ key: String) -> YAMLValue? {
        assert(table.key(key) != nil, "'\(key)' is missing in the table of \(table.what)")
        return values[key]?.value
    }

    func keyPlace(_ key: String) -> Place? { values[key]?.keyPlace }

    /// Where `key` stands, or the section.
    func place(_ key: String) -> Place { values[key]?.value.place ?? place }

    func has(_ key: String) -> Bool { value(key) != nil }

    /// Those of `keys` that are given, in the order of `keys`.
    func given(_ keys: [String]) -> [String] { keys.filter { values[$0] != nil } }
}

extension String {
    fileprivate var trimmingFullStop: Substring { hasSuffix(".") ? dropLast() : self[...] }
}
