// One log stream and how its lines are read.

import WatchCore
import WatchStreams

struct StreamReader {
    private let problems: Problems

    init(_ problems: Problems) { self.problems = problems }

    func read(_ entry: YAMLValue.Entry) -> StreamConfiguration? {
        Names.checkSignal(entry.key, "a stream", entry.keyPlace, problems)
        guard let section = Section(entry.value, .stream, problems, owner: entry.keyPlace) else {
            return nil
        }
        let kind = StreamKindReader(
            section: section, owner: entry.keyPlace, problems: problems
        ).read()
        let format = format(section, owner: entry.keyPlace)
        var stream = StreamConfiguration(
            name: entry.key, kind: kind ?? .file(path: "/"), format: format?.format ?? .lines,
            noDataAfter: section.optionalDuration(
                "no_data_after", in: .seconds(1)...Duration.days(30)))
        stream.patterns = patterns(section)
        stream.multiline = multiline(section)
        stream.countsRoutes = section.boolean("routes", false)
        // What else is wrong cannot be known while the format is not.
        guard let format else { return stream }
        let fields = StreamFieldReader(format: format, problems: problems)
        stream.roles = fields.roles(section)
        stream.fields = fields.named(section)
        let has = { Self.has($0, section, stream, format) }
        // That of an entry of the journal is no text that a filter could ask.
        let outer = { $0 == .level && stream.hasOuterLevel || has($0) }
        stream.error = error(section, outer)
        let filters = FilterReader(stream: stream, has: has, problems: problems)
        stream.only = filters.read("only", section)
        stream.ignore = filters.read("ignore", section)
        if stream.countsRoutes, !has(.route) {
            problems.error(
                section.place("routes"), "nothing says where the route stands",
                "add 'route:', as in route: $.path")
        }
        return stream
    }

    /// nil, and a diagnostic, when there is none that can be used.
    private func format(_ section: Section, owner: Place) -> StreamFormat? {
        guard let value = section.value("format") else {
            if section.has("patterns") { return StreamFormat(format: .lines) }
            // An entry has a level without a format.
            if section.has("journal"), section.has("error") { return StreamFormat(format: .lines) }
            let isAboutKind = section.given(StreamKindReader.kinds).isEmpty
            if !section.hadRefused, !isAboutKind {
                problems.error(
                    owner, "a stream needs 'format', or 'patterns' to look for in its lines",
                    "add format: nginx-combined, or as in patterns: { panic: '^panic:' }")
            }
            return nil
        }
        let status = section.value("status")?.text
        return StreamFormat.read(
            value, status: status.flatMap { $0.hasPrefix("$") ? String($0.dropFirst()) : nil },
            problems)
    }

    /// Whether a line of this stream can have the value. One that was given and refused counts.
    private static func has(
        _ role: StreamConfiguration.Role, _ section: Section, _ stream: StreamConfiguration,
        _ format: StreamFormat
    ) -> Bool {
        if stream.roles[role] != nil || section.has(role.rawValue) { return true }
        guard case .nginx = format.format else { return false }
        switch role {
        case .status: return true
        case .route: return LogFormat.routeVariables.contains(where: format.names.contains)
        case .latency, .time, .level: return false
        }
    }

    /// `java`, `python`, or where a record starts.
    private func multiline(_ section: Section) -> MultilineRule? {
        guard let value = section.value("multiline") else { return nil }
        guard value.entries != nil else {
            switch value.text {
            case "java": return MultilineRule(.java)
            case "python": return MultilineRule(.python)
            default:
                let text = value.text ?? value.kindName
                let near = Suggestion.nearest(to: text, among: ["java", "python"])
                problems.error(
                    value.place, "'\(printable(text, limit: 60))' is no kind of multi-line record",
                    near.map { "did you mean '\($0)'?" }
                        ?? "write java, python, or { start: PATTERN } for what begins a record")
                return nil
            }
        }
        guard let rule = Section(value, .multiline, problems), let start = rule.pattern("start")
        else { return nil }
        var multiline = MultilineRule(.start(start))
        multiline.lines = rule.integer("lines", multiline.lines)
        multiline.wait = rule.duration(
            "wait", multiline.wait, in: .milliseconds(25)...Duration.seconds(30))
        return multiline
    }

    // MARK: - Patterns

    private func patterns(_ section: Section) -> [StreamConfiguration.NamedPattern] {
        let entries = section.named("patterns")
        if entries.count > StreamConfiguration.patternLimit {
            problems.error(
                section.place("patterns"), "\(entries.count) patterns are too many",
                "keep \(StreamConfiguration.patternLimit) or fewer, or make two streams")
        }
        return entries.compactMap { entry in
            Names.checkSignal(entry.key, "a pattern", entry.keyPlace, problems)
            guard
                let text = Scalars.text(
                    entry.value, entry.key, limit: PatternCheck.limit, problems),
                PatternCheck.check(text, entry.value, problems)
            else { return nil }
            return StreamConfiguration.NamedPattern(entry.key, text)
        }
    }

    // MARK: - Errors

    /// nil: the lines cannot tell.
    private func error(
        _ section: Section, _ has: (StreamConfiguration.Role) -> Bool
    ) -> LineCondition? {
        guard let value = section.value("error") else { return has(.status) ? .serverError : nil }
        guard let text = Scalars.text(value, "error", limit: 4096, problems) else { return nil }
        let condition: LineCondition
        do {
            condition = try LineCondition(text)
        } catch {
            problems.error(
                value.place(ofByte: error.offset), error.message,
                error.remedy ?? "as in status >= 400 or level == error")
            return nil
        }
        for subject in LineCondition.Subject.allCases where condition.subjects.contains(subject) {
            guard let role = StreamConfiguration.Role(rawValue: subject.rawValue), !has(role)
            else { continue }
            problems.error(
                Expressions.place(of: subject.rawValue, in: value),
                "the stream has no \(subject.rawValue)",
                "add '\(subject.rawValue):' and where it stands, or leave it out here")
        }
        return condition
    }
}
