// `only:` and `ignore:` of a stream: lists of what to ask and the pattern it must match.

import WatchCore

struct FilterReader {
    /// So many in one list.
    static let limit = 32
    /// What a line has besides fields of the stream's own.
    static let words = ["line"] + StreamConfiguration.Role.allCases.map(\.rawValue)

    let stream: StreamConfiguration
    /// Whether the stream knows the value.
    let has: (StreamConfiguration.Role) -> Bool
    let problems: Problems

    func read(_ key: String, _ section: Section) -> [LineFilter] {
        let items = section.list(key)
        if items.count > Self.limit {
            problems.error(
                section.place(key), "\(items.count) filters are too many",
                "join them with '|' in one pattern; \(Self.limit) are allowed")
        }
        return items.compactMap { filter($0, key) }
    }

    private func filter(_ item: YAMLValue, _ key: String) -> LineFilter? {
        guard let entries = item.entries, !entries.isEmpty else {
            problems.error(
                item.place, "a filter says what to ask and a pattern, this is \(item.kindName)",
                item.text.map { "write { line: '\(printable($0, limit: 60))' }" }
                    ?? "as in \(key): [ { route: '^/health' } ]")
            return nil
        }
        return LineFilter(entries.compactMap(part))
    }

    private func part(_ entry: YAMLValue.Entry) -> LineFilter.Part? {
        guard let subject = subject(entry),
            let text = Scalars.text(entry.value, entry.key, limit: PatternCheck.limit, problems),
            PatternCheck.check(text, entry.value, problems)
        else { return nil }
        return LineFilter.Part(subject, text)
    }

    private func subject(_ entry: YAMLValue.Entry) -> LineFilter.Subject? {
        if entry.key == "line" { return .line }
        if stream.fieldNames.contains(entry.key) { return .field(entry.key) }
        guard let role = StreamConfiguration.Role(rawValue: entry.key) else {
            let known = Self.words.filter { !["latency", "time"].contains($0) }
            let near = Suggestion.nearest(to: entry.key, among: known + stream.fieldNames)
            problems.error(
                entry.keyPlace, "a line has no '\(printable(entry.key, limit: 60))'",
                near.map { "did you mean '\($0)'?" }
                    ?? "add it to 'fields', or ask \((known + stream.fieldNames).joined(separator: ", "))"
            )
            return nil
        }
        switch role {
        case .latency, .time:
            problems.error(
                entry.keyPlace, "a \(role.rawValue) is no text, so no pattern can be asked of it",
                "ask line, status, level, route or a field")
            return nil
        case .status, .level, .route:
            guard has(role) else {
                problems.error(
                    entry.keyPlace, "the stream has no \(role.rawValue)",
                    "add '\(role.rawValue):' and where it stands")
                return nil
            }
            return .role(role)
        }
    }
}
