// One place where the running version can be read.

import WatchCore

struct VersionSourceReader {
    private let problems: Problems

    init(_ problems: Problems) { self.problems = problems }

    func read(_ value: YAMLValue) -> VersionSource? {
        guard let section = Section(value, .versionSource, problems) else { return nil }
        let kinds = section.given(["symlink", "file", "command", "http"])
        guard let kind = kinds.first, kinds.count == 1 else {
            if kinds.isEmpty, section.hadRefused { return nil }
            problems.error(
                kinds.dropFirst().first.flatMap(section.keyPlace) ?? value.place,
                kinds.isEmpty
                    ? "a version source says where to read"
                    : "a version source has one of symlink, file, command and http, not several",
                kinds.isEmpty
                    ? "write one of symlink: PATH, file: PATH, command: [PROGRAM], http: URL"
                    : "make a source of each: the first that answers counts")
            return nil
        }
        refuseForeignKeys(section, kind)
        let every = section.duration(
            "every", ["symlink", "file"].contains(kind) ? .seconds(2) : .seconds(15),
            in: .milliseconds(10)...Duration.days(1))
        let timeout = section.duration(
            "timeout", .seconds(5), in: .milliseconds(1)...Duration.hours(1))
        guard let source = self.kind(kind, section) else { return nil }
        return VersionSource(kind: source, every: every, timeout: timeout)
    }

    private func kind(_ kind: String, _ section: Section) -> VersionSource.Kind? {
        switch kind {
        case "symlink": return section.path("symlink").map { .symlink(path: $0) }
        case "file":
            let pattern = section.pattern("pattern")
            return section.path("file").map { .file(path: $0, pattern: pattern) }
        case "command":
            let arguments = ProgramReader(problems).arguments(section, "command")
            let output = output(section)
            guard let arguments, let output else { return nil }
            return .command(arguments, output)
        default:
            let request = section.request()
            let extraction = extraction(section)
            guard let request, let extraction else { return nil }
            return .http(request, extraction)
        }
    }

    private func refuseForeignKeys(_ section: Section, _ kind: String) {
        let own = ["every", "timeout", kind]
        let allowed: [String]
        switch kind {
        case "symlink": allowed = own
        case "file": allowed = own + ["pattern"]
        case "command": allowed = own + ["json", "pattern"]
        default: return
        }
        for name in KeyTable.versionSource.names where !allowed.contains(name) {
            guard let place = section.keyPlace(name) else { continue }
            problems.error(
                place, "'\(name)' means nothing for a \(kind)",
                kind == "command"
                    ? "remove it; a command has json, pattern, every and timeout"
                    : "remove it, or make an http source of its own")
        }
    }

    private func output(_ section: Section) -> VersionSource.Output? {
        let given = section.given(["json", "pattern"])
        guard given.count <= 1 else {
            refuseBoth(section, given)
            return nil
        }
        switch given.first {
        case "json": return fields(section).map { .json($0) }
        case "pattern": return section.pattern("pattern").map { .pattern($0) }
        default: return .firstLine
        }
    }

    private func refuseBoth(_ section: Section, _ given: [String]) {
        problems.error(
            section.keyPlace(given[1]) ?? section.place,
            "'\(given[0])' and '\(given[1])' are both given", "keep one of them")
    }

    private func extraction(_ section: Section) -> VersionSource.Extraction? {
        let given = section.given(["json", "header", "pattern"])
        guard given.count <= 1 else {
            refuseBoth(section, given)
            return nil
        }
        switch given.first {
        case "json": return fields(section).map { .json($0) }
        case "header":
            guard let name = section.text("header") else { return nil }
            guard HeaderName.isValid(name) else {
                problems.error(
                    section.place("header"),
                    "'\(printable(name, limit: 60))' is no header name",
                    "as in header: X-Version")
                return nil
            }
            return .header(name)
        case "pattern": return section.pattern("pattern").map { .pattern($0) }
        default:
            problems.error(
                section.place("http"), "where in the answer the version stands is missing",
                "add json: { version: $.version }, header: NAME, or pattern: PATTERN")
            return nil
        }
    }

    private func fields(_ section: Section) -> [String: JSONPath]? {
        var fields: [String: JSONPath] = [:]
        for entry in section.named("json") {
            guard Names.isPlain(entry.key), !entry.key.contains(".") else {
                problems.error(
                    entry.keyPlace, "'\(printable(entry.key, limit: 60))' cannot name a field",
                    "use letters, digits, '_' and '-'; plans say ${to.NAME}")
                continue
            }
            guard let text = Scalars.text(entry.value, entry.key, limit: 1024, problems) else {
                continue
            }
            fields[entry.key] = Paths.read(text, entry.value.place, problems)
        }
        guard section.value("json")?.entries != nil else { return nil }
        if section.value("json")?.entries?.contains(where: { $0.key == "version" }) != true {
            problems.error(
                section.place("json"), "'json' does not say where the version is",
                "add version: $.version")
            return nil
        }
        return fields
    }
}
