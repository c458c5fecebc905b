// One log stream and how its lines are read.

import WatchCore

struct StreamReader {
    private let problems: Problems

    /// Named formats as nginx log_format strings (ngx_http_log_module; Apache mod_log_config).
    static let formats = [
        "nginx-combined":
            #"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "#
            + #""$http_referer" "$http_user_agent""#,
        "apache-combined":
            #"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "#
            + #""$http_referer" "$http_user_agent""#,
        "apache-common":
            #"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent"#,
    ]

    init(_ problems: Problems) { self.problems = problems }

    func read(_ entry: YAMLValue.Entry) -> StreamConfiguration? {
        Names.checkSignal(entry.key, "a stream", entry.keyPlace, problems)
        guard let section = Section(entry.value, .stream, problems, owner: entry.keyPlace) else {
            return nil
        }
        let path = section.path("file")
        let format = section.value("format").flatMap(format)
        let errorStatus = section.value("error").flatMap(errorStatus) ?? 500
        let noDataAfter = section.optionalDuration(
            "no_data_after", in: .seconds(1)...Duration.days(30))
        return StreamConfiguration(
            name: entry.key, kind: .file(path: path ?? "/"), format: format ?? .nginx(""),
            errorStatus: errorStatus, noDataAfter: noDataAfter)
    }

    private func format(_ value: YAMLValue) -> StreamConfiguration.Format? {
        if let kind = value.entries?.first?.key {
            problems.error(
                value.place, "the format '\(printable(kind, limit: 40))' is not built yet",
                Self.remedy)
            return nil
        }
        guard let text = Scalars.text(value, "format", limit: 4096, problems) else { return nil }
        if let known = Self.formats[text] { return .nginx(known) }
        if text.contains("$") { return checked(text, value) ? .nginx(text) : nil }
        if ["json", "logfmt", "regex", "syslog"].contains(text) {
            problems.error(
                value.place, "the format '\(text)' is not built yet", Self.remedy)
            return nil
        }
        let near = Suggestion.nearest(to: text, among: Self.formats.keys.sorted())
        problems.error(
            value.place, "no format '\(printable(text, limit: 60))'",
            near.map { "did you mean '\($0)'?" } ?? Self.remedy)
        return nil
    }

    private static let remedy =
        "write nginx-combined, apache-combined, apache-common, or the log_format string of nginx"

    private func checked(_ text: String, _ value: YAMLValue) -> Bool {
        let format = LogFormat(text)
        if let both = format.adjacent {
            problems.error(
                value.place(ofByte: both.offset),
                "'\(both.first)' and '\(both.second)' have nothing between them",
                "put a space or another separator there, in nginx's log_format too")
            return false
        }
        guard format.variables.contains("status") else {
            let near = Suggestion.nearest(to: "status", among: format.variables)
            problems.error(
                value.place, "the format has no $status, so no line could be an error",
                near.map { "did you mean $status where '$\($0)' stands?" }
                    ?? "add $status to nginx's log_format and here")
            return false
        }
        return true
    }

    /// `status >= N`.
    private func errorStatus(_ value: YAMLValue) -> Int? {
        let words = value.text?.split(separator: " ").map(String.init) ?? []
        let joined = words.joined()
        if joined.hasPrefix("status>="), let status = Int(joined.dropFirst(8)),
            (100...599).contains(status)
        {
            return status
        }
        let other = words.contains("or") || words.contains("and") || words.contains("level")
        problems.error(
            value.place,
            other
                ? "other conditions than a status are not built yet"
                : "'error' says which lines are errors",
            "write error: \"status >= 500\"")
        return nil
    }
}

/// The variables of a log_format string, as far as a configuration check needs them.
private struct LogFormat {
    var variables: [String] = []
    /// Two variables without anything between them: no line could be split.
    var adjacent: (first: String, second: String, offset: Int)?

    init(_ text: String) {
        let bytes = Array(text.utf8)
        var at = 0
        var previousEnd = -1
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "$") else {
                at += 1
                continue
            }
            let start = at
            at += 1
            let braced = at < bytes.count && bytes[at] == UInt8(ascii: "{")
            if braced { at += 1 }
            let nameStart = at
            while at < bytes.count, Self.isNameByte(bytes[at]) { at += 1 }
            let name = String(decoding: bytes[nameStart..<at], as: UTF8.self)
            if braced, at < bytes.count { at += 1 }
            if start == previousEnd, adjacent == nil, let last = variables.last {
                adjacent = ("$\(last)", "$\(name)", start)
            }
            variables.append(name)
            previousEnd = at
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            || byte == 95
    }
}
