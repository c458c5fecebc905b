// Where the lines of a stream come from.

import WatchCore

struct StreamKindReader {
    static let kinds = ["file", "journal", "command", "syslog", "drain"]
    /// Units, identifiers or values in one list; more is another stream.
    private static let listLimit = 64

    let section: Section
    let owner: Place
    let problems: Problems

    /// nil, and a diagnostic, when it is not known where to read.
    func read() -> StreamConfiguration.Kind? {
        let given = section.given(Self.kinds)
        guard let kind = given.first, given.count == 1 else {
            refuse(given)
            return nil
        }
        switch kind {
        case "file": return section.path("file").map(file)
        case "journal": return journal().map { .journal($0) }
        case "syslog": return SyslogReader(problems: problems).read(section).map { .syslog($0) }
        case "drain": return DrainReader(problems: problems).read(section).map { .drain($0) }
        default: return command().map { .command($0) }
        }
    }

    private func refuse(_ given: [String]) {
        let all = Self.kinds.dropLast().joined(separator: ", ") + " or \(Self.kinds.last ?? "")"
        if let second = given.dropFirst().first {
            problems.error(
                section.keyPlace(second) ?? owner,
                "a stream has one of \(all), not several", "make a stream of each")
        } else if !section.hadRefused {
            problems.error(
                owner, "a stream needs \(all)",
                "add file: /var/log/…, journal: { unit: NAME.service }, or command: [/path]")
        }
    }

    // MARK: - Files

    private func file(_ path: String) -> StreamConfiguration.Kind {
        guard path.contains(where: { "*?[".contains($0) }) else { return .file(path: path) }
        if path.hasSuffix("*") {
            problems.error(
                section.place("file"),
                "the pattern '\(printable(path, limit: 60))' names rotated "
                    + "files, too",
                "end it as the names of the logs end, as in *.log")
        }
        if let place = section.keyPlace("multiline") {
            problems.error(
                place, "the lines of several files cannot be joined", "make a stream of each file")
        }
        return .files(pattern: path)
    }

    // MARK: - Journal

    private func journal() -> JournalSelection? {
        guard let value = section.value("journal"),
            let journal = Section(value, .journal, problems)
        else { return nil }
        var selection = JournalSelection()
        selection.units = units(journal)
        selection.identifiers = bounded(journal, "identifiers").map(\.value)
        selection.priority = journal.choice("priority", as: JournalSelection.Priority.self)
        selection.matches = journal.named("match").compactMap { match($0) }
        selection.directory = journal.path("directory")
        let says = ["unit", "units", "identifiers", "priority", "match", "directory"]
        if journal.given(says).isEmpty, !journal.hadRefused {
            problems.error(
                value.place, "'journal' does not say which entries",
                "add unit: shop.service, identifiers: [NAME], or match: { FIELD: VALUE }")
        }
        return selection
    }

    private func bounded(_ journal: Section, _ key: String) -> [Placed<String>] {
        let texts = journal.texts(key)
        if texts.count > Self.listLimit {
            problems.error(
                journal.place(key), "\(texts.count) \(key) are too many",
                "keep \(Self.listLimit) or fewer, or make two streams")
        }
        return texts
    }

    private func units(_ journal: Section) -> [String] {
        var placed = bounded(journal, "units")
        if let text = journal.text("unit", limit: 256) {
            placed.insert(Placed(text, journal.place("unit")), at: 0)
        }
        return placed.compactMap(unit)
    }

    /// systemd.unit(5), "String Escaping for Inclusion in Unit Names" and "Description".
    private func unit(_ text: Placed<String>) -> String? {
        let shown = printable(text.value, limit: 60)
        if text.value.contains(where: { "*?[".contains($0) }) {
            problems.error(
                text.place, "'\(shown)' is a pattern, and units are not searched for",
                "name each in units: [ … ], or match: { _SYSTEMD_SLICE: NAME.slice }")
            return nil
        }
        let isName = text.value.utf8.allSatisfy {
            Names.isAlphanumeric($0) || [46, 95, 45, 64, 58, 92].contains($0)
        }
        guard isName, text.value.utf8.count < 256 else {
            problems.error(
                text.place, "'\(shown)' is no name of a unit", "as in unit: shop.service")
            return nil
        }
        // As systemctl(1) does.
        return Self.suffixes.contains { text.value.hasSuffix($0) }
            ? text.value : text.value + ".service"
    }

    private static let suffixes = [
        ".service", ".scope", ".socket", ".mount", ".swap", ".timer", ".slice", ".target", ".path",
        ".device", ".automount",
    ]

    private func match(_ entry: YAMLValue.Entry) -> JournalSelection.Match? {
        let name = entry.key
        let isField =
            name.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }
            && !(name.first?.isNumber ?? true) && name.utf8.count <= 64
        guard isField else {
            let upper = name.uppercased()
            problems.error(
                entry.keyPlace, "'\(printable(name, limit: 60))' is no field of the journal",
                upper != name
                    ? "did you mean '\(printable(upper, limit: 60))'?"
                    : "see systemd.journal-fields(7), or journalctl --fields")
            return nil
        }
        let items = entry.value.items ?? [entry.value]
        let values = items.compactMap { Scalars.text($0, name, limit: 1024, problems) }
        guard !items.isEmpty, items.count <= Self.listLimit else {
            problems.error(
                entry.value.place,
                items.isEmpty ? "'\(name)' has no value" : "\(items.count) values are too many",
                items.isEmpty ? "write \(name): VALUE" : "keep \(Self.listLimit) or fewer")
            return nil
        }
        return values.isEmpty ? nil : JournalSelection.Match(name, values)
    }

    // MARK: - Command

    private func command() -> [String]? {
        guard let arguments = ProgramReader(problems).arguments(section, "command") else {
            return nil
        }
        warnOfHistory(arguments)
        return arguments
    }

    /// `kubectl logs -f` and `docker logs -f` begin with all there is, at each start again.
    private func warnOfHistory(_ arguments: [String]) {
        let follows = arguments.contains { ["-f", "--follow", "--follow=true"].contains($0) }
        let begins = arguments.contains { argument in
            ["--tail", "--since", "-n"].contains { argument.hasPrefix($0) }
        }
        guard arguments.contains("logs"), follows, !begins else { return }
        problems.warning(
            section.place("command"),
            "'logs' prints the whole log at each start, so lines would count again",
            "add --tail=0")
    }
}
