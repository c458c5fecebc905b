// Where the values of a line stand: `$variable`, JSON path, logfmt key or group, as the format has
// it.

import WatchCore
import WatchStreams

struct StreamFieldReader {
    typealias Field = StreamConfiguration.Field
    typealias Role = StreamConfiguration.Role

    let format: StreamFormat
    let problems: Problems

    // MARK: - Roles

    /// What is given, and for a regex what its groups are called.
    func roles(_ section: Section) -> [Role: Field] {
        var roles: [Role: Field] = [:]
        for role in Role.allCases {
            if let value = section.value(role.rawValue) {
                roles[role] = field(role, value)
            } else if case .regex = format.format, format.names.contains(role.rawValue) {
                roles[role] = Field(.name(role.rawValue))
            }
        }
        return roles
    }

    private func field(_ role: Role, _ value: YAMLValue) -> Field? {
        guard value.entries != nil else {
            guard let source = source(value, role.rawValue) else { return nil }
            return checked(Field(source), role, value.place)
        }
        guard let section = Section(value, .field, problems) else { return nil }
        let unit = section.choice("unit", as: StreamConfiguration.Unit.self)
        if section.has("unit"), role != .latency, role != .time {
            problems.error(
                section.keyPlace("unit") ?? section.place, "a \(role.rawValue) has no unit",
                "remove it")
        }
        guard let text = section.value("field") else {
            guard let usual = usual(role) else {
                if !section.hadRefused {
                    problems.error(
                        section.place, "where the \(role.rawValue) stands is missing",
                        "add field: \(example)")
                }
                return nil
            }
            return checked(Field(.name(usual), unit: unit), role, section.place("unit"))
        }
        guard let source = source(text, role.rawValue) else { return nil }
        return checked(Field(source, unit: unit), role, text.place)
    }

    /// Where it stands unless something else is said.
    private func usual(_ role: Role) -> String? {
        switch format.format {
        case .regex: return format.names.contains(role.rawValue) ? role.rawValue : nil
        case .nginx:
            switch role {
            case .latency:
                return ["request_time", "upstream_response_time"].first(
                    where: format.names.contains)
            case .time:
                return ["msec", "time_iso8601", "time_local"].first(where: format.names.contains)
            case .status, .level, .route: return nil
            }
        case .json, .logfmt, .lines: return nil
        }
    }

    private func checked(_ field: Field, _ role: Role, _ place: Place) -> Field? {
        guard case .nginx = format.format, case .name(let name) = field.source else { return field }
        if role == .status, LogFormat.isList(name) {
            problems.error(
                place, "$\(name) can hold several values", "use $status, which holds one")
            return nil
        }
        if field.unit != nil, LogFormat.isMeasuredByNginx(name) {
            problems.error(
                place, "nginx itself says in which unit it writes $\(name)", "remove the unit")
            return nil
        }
        return field
    }

    // MARK: - Own fields

    func named(_ section: Section) -> [StreamConfiguration.NamedField] {
        var fields: [StreamConfiguration.NamedField] = []
        for entry in section.named("fields") {
            checkName(entry.key, entry.keyPlace)
            if let source = source(entry.value, entry.key) {
                fields.append(StreamConfiguration.NamedField(entry.key, source))
            }
        }
        if case .regex = format.format {
            let taken = Set(fields.map(\.name) + Role.allCases.map(\.rawValue))
            for name in format.names where !taken.contains(name) {
                checkName(name, section.place("format"))
                fields.append(StreamConfiguration.NamedField(name, .name(name)))
            }
        }
        if fields.count > StreamConfiguration.fieldLimit {
            let isRegex = if case .regex = format.format { true } else { false }
            problems.error(
                section.keyPlace("fields") ?? section.place("format"),
                "\(fields.count) fields are too many",
                "keep \(StreamConfiguration.fieldLimit) or fewer: those that affected() or filters "
                    + "name" + (isRegex ? "; a group without a name, (…), is none" : ""))
        }
        return fields
    }

    private func checkName(_ name: String, _ place: Place) {
        guard FilterReader.words.contains(name) else {
            return Names.checkSignal(name, "a field", place, problems)
        }
        problems.error(
            place, "'\(name)' is no name for a field of your own",
            name == "line"
                ? "give it another name" : "write '\(name):' beside 'fields', or another name")
    }

    // MARK: - Sources

    private func source(_ value: YAMLValue, _ key: String) -> Field.Source? {
        guard let text = Scalars.text(value, key, limit: 1024, problems) else { return nil }
        switch format.format {
        case .json: return Paths.read(text, value.place, problems).map { .path($0) }
        case .nginx: return variable(text, value.place)
        case .logfmt:
            guard text.utf8.allSatisfy({ $0 > 32 && $0 != 34 && $0 != 61 }) else {
                problems.error(
                    value.place, "'\(printable(text, limit: 60))' is no key of logfmt",
                    "write it without spaces, quotes and '='")
                return nil
            }
            return .name(text)
        case .regex:
            guard format.names.contains(text) else {
                Names.unknown(
                    Placed(text, value.place), "group", among: format.names, problems)
                return nil
            }
            return .name(text)
        case .lines:
            problems.error(
                value.place, "without a format a line has no values",
                "add format: json, logfmt, { regex: PATTERN } or another")
            return nil
        }
    }

    private func variable(_ text: String, _ place: Place) -> Field.Source? {
        let isBraced = text.hasPrefix("${") && text.hasSuffix("}")
        let name = String(isBraced ? text.dropFirst(2).dropLast() : text.dropFirst())
        guard text.hasPrefix("$") else {
            problems.error(
                place, "'\(printable(text, limit: 60))' is no variable of nginx",
                format.names.contains(text) ? "write $\(text)" : "as in \(example)")
            return nil
        }
        guard format.names.contains(name) else {
            let near = Suggestion.nearest(to: name, among: format.names)
            problems.error(
                place, "the format has no $\(printable(name, limit: 60))",
                near.map { "did you mean '$\($0)'?" }
                    ?? "add it to nginx's log_format and to 'format'")
            return nil
        }
        return .name(name)
    }

    private var example: String {
        switch format.format {
        case .nginx: "$request_time"
        case .json: "$.took_ms"
        case .logfmt, .regex, .lines: "duration"
        }
    }
}
