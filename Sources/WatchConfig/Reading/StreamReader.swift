// One log stream and how its lines are read.

import WatchCore
import WatchStreams

struct StreamReader {
    private let problems: Problems

    /// Named formats as nginx log_format strings (ngx_http_log_module; Apache mod_log_config).
    static let formats = [
        "nginx-combined": LogFormat.nginxCombined, "apache-combined": LogFormat.apacheCombined,
        "apache-common": LogFormat.apacheCommon,
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

    /// The scanner itself says whether it can read the format.
    private func checked(_ text: String, _ value: YAMLValue) -> Bool {
        do {
            _ = try LogFormat(text)
            return true
        } catch {
            problems.error(value.place(ofByte: error.position), error.message, error.remedy)
            return false
        }
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
